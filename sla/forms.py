"""The form of a calendar's hours, the choice of public holidays, and the choice of a re-plan."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms

from revops.people.selectors import ZONE_NAMES
from sla import openings
from sla.choices import ReplanReason
from sla.hours import DAY_NAMES, read_ranges, typed
from sla.openings import WEEKDAYS, CalendarError
from sla.selectors.public_holidays import FIRST_YEAR, LAST_YEAR, countries, regions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.forms import BoundField

    from sla.openings import Openings

MOST_ROWS = 200
TYPED = 120
LONGEST_NAME = 160
"""The longest public holiday of the list takes 123."""
RANGES_HINT = "such as 09:00-12:30, 13:30-17:00"
_ROW = re.compile(r"(exception|holiday)-(\d{1,3})-(?:on|hours|name)")
_PARTS = {"exception": ("on", "hours"), "holiday": ("on", "name")}


class RangesField(forms.CharField):
    """The open ranges of one day as a person types them; cleaned to pairs of times."""

    def __init__(self, **kwargs: Any) -> None:
        """Offer what is usual, 24:00 as an end included."""
        super().__init__(
            required=False,
            max_length=TYPED,
            widget=forms.TextInput(attrs={"list": "usual-hours", "autocomplete": "off"}),
            **kwargs,
        )

    def clean(self, value: Any) -> list[list[str]]:
        """Return the ranges; none when the day is closed."""
        try:
            return read_ranges(super().clean(value))
        except CalendarError as error:
            raise forms.ValidationError(_sentence(str(error))) from error


class DayField(forms.DateField):
    """A date people plan for."""

    def __init__(self, **kwargs: Any) -> None:
        """Show the browser's own calendar."""
        super().__init__(
            required=False,
            input_formats=["%Y-%m-%d"],
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            error_messages={"invalid": "Write a date such as 2026-12-25."},
            **kwargs,
        )

    def clean(self, value: Any) -> date | None:
        """Return the date; refuse years nobody plans for."""
        found: date | None = super().clean(value)
        if found is not None and not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise forms.ValidationError(f"Choose a year from {FIRST_YEAR} to {LAST_YEAR}.")
        return found


class CalendarForm(forms.Form):
    """Name, zone, week, exceptions and holidays; one input for each day and each date.

    Exceptions and holidays are rows of two inputs; a row with both empty is left out. What was
    typed comes back as it was, whatever is wrong with it.
    """

    name = forms.CharField(label="Name", max_length=80)
    timezone = forms.CharField(
        label="Zone",
        max_length=64,
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
    )
    version = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1
    )
    confirm = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, add: str = "", first_year: int = 0, **kwargs: Any) -> None:
        """Make an input for each day, and for the dates in the data with blank ones after them.

        Args:
            *args: As of any form.
            add: `exception` or `holiday` for one more blank row.
            first_year: Holidays of earlier years are shown apart.
            **kwargs: As of any form.
        """
        super().__init__(*args, **kwargs)
        self.first_year = first_year
        for key, label in zip(WEEKDAYS, DAY_NAMES, strict=True):
            self.fields[key] = RangesField(label=label)
        source = self.data if self.is_bound else self.initial
        self._rows = {kind: _row_numbers(kind, source) for kind in _PARTS}
        for kind, numbers in self._rows.items():
            first = max(numbers, default=-1) + 1
            blank = range(first, min(first + 1 + (add == kind), MOST_ROWS))
            numbers.extend(blank)
            for number in numbers:
                self._add_row(kind, number)
        self.openings: Openings | None = None
        self.questions: list[str] = []

    def _add_row(self, kind: str, number: int) -> None:
        self.fields[f"{kind}-{number}-on"] = DayField(label="Date")
        if kind == "exception":
            self.fields[f"{kind}-{number}-hours"] = RangesField(label="Open")
        else:
            self.fields[f"{kind}-{number}-name"] = forms.CharField(
                label="Name", max_length=LONGEST_NAME, required=False
            )

    @property
    def days(self) -> list[BoundField]:
        """The inputs of the week."""
        return [self[key] for key in WEEKDAYS]

    @property
    def exceptions(self) -> list[tuple[BoundField, BoundField]]:
        """The rows of dates with other hours."""
        return self._pairs("exception")

    @property
    def holidays(self) -> list[tuple[BoundField, BoundField]]:
        """The rows of named closed dates that somebody may want to change."""
        return [pair for pair in self._pairs("holiday") if not self._is_past(pair)]

    @property
    def past_holidays(self) -> list[tuple[BoundField, BoundField]]:
        """The rows of years gone by; clocks of those days keep the versions they began with."""
        return [pair for pair in self._pairs("holiday") if self._is_past(pair)]

    def _is_past(self, pair: tuple[BoundField, BoundField]) -> bool:
        """Return whether a row lies before the year shown first, and nothing is wrong with it."""
        text = str(pair[0].value() or "")
        return bool(text) and text[:4] < str(self.first_year) and not any(f.errors for f in pair)

    def _pairs(self, kind: str) -> list[tuple[BoundField, BoundField]]:
        first, second = _PARTS[kind]
        return [
            (self[f"{kind}-{number}-{first}"], self[f"{kind}-{number}-{second}"])
            for number in self._rows[kind]
        ]

    def clean_timezone(self) -> str:
        """Return a zone that exists; one in use that is listed no more may stay."""
        zone = str(self.cleaned_data["timezone"])
        if zone not in ZONE_NAMES and zone != self.initial.get("timezone"):
            raise forms.ValidationError("Choose a zone from the list, such as Europe/Berlin.")
        return zone

    def clean(self) -> dict[str, Any]:
        """Read the hours as a whole, and ask back what a careful person would question."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        exceptions = self._dated("exception", "hours")
        holidays = self._dated("holiday", "name")
        for day in exceptions.keys() & holidays.keys():
            number, _ = exceptions[day]
            self.add_error(f"exception-{number}-on", "This day is a holiday, which wins.")
        if self.errors:
            return cleaned
        spec = {
            "timezone": cleaned["timezone"],
            "weekly": {key: cleaned[key] for key in WEEKDAYS},
            "holidays": [
                {"date": day.isoformat(), "name": name} for day, (_, name) in holidays.items()
            ],
            "exceptions": {day.isoformat(): rows for day, (_, rows) in exceptions.items()},
        }
        try:
            self.questions = [_sentence(words) for words in openings.validate(spec)]
            self.openings = openings.parse(spec)
        except CalendarError as error:
            self.add_error("mon", _sentence(str(error)))
        if self.questions and cleaned.get("confirm") != self.seal:
            self.add_error("confirm", "Read the question below and confirm.")
        return cleaned

    def _dated(self, kind: str, part: str) -> dict[date, tuple[int, Any]]:
        """Return the complete rows by date; note what is wrong at its input."""
        found: dict[date, tuple[int, Any]] = {}
        for number in self._rows[kind]:
            on, value = (f"{kind}-{number}-{name}" for name in ("on", part))
            if on in self.errors or value in self.errors:
                continue
            day = self.cleaned_data.get(on)
            if day is None and self.cleaned_data.get(value):
                self.add_error(on, "Which day?")
            elif day in found:
                self.add_error(on, "This date stands above already.")
            elif day is not None:
                found[day] = (number, self.cleaned_data.get(value))
        return found

    @property
    def seal(self) -> str:
        """What confirms exactly these questions."""
        return hashlib.sha256("\n".join(self.questions).encode()).hexdigest()


def _row_numbers(kind: str, source: Mapping[str, Any]) -> list[int]:
    """Return the numbers of the rows that say something."""
    found = set()
    for key, value in source.items():
        row = _ROW.fullmatch(key) if isinstance(key, str) else None
        if row and row[1] == kind and str(value).strip() and int(row[2]) < MOST_ROWS:
            found.add(int(row[2]))
    return sorted(found)


def initial_of(hours: Openings, *, name: str, number: int) -> dict[str, Any]:
    """Return what the form shows of stored hours."""
    found: dict[str, Any] = {"name": name, "timezone": hours.zone.key, "version": number}
    found |= {key: typed(ranges) for key, ranges in zip(WEEKDAYS, hours.weekly, strict=True)}
    for place, (day, ranges) in enumerate(sorted(hours.exceptions.items())):
        found[f"exception-{place}-on"] = date.fromordinal(day)
        found[f"exception-{place}-hours"] = typed(ranges)
    for place, (day, title) in enumerate(sorted(hours.holidays.items())):
        found[f"holiday-{place}-on"] = date.fromordinal(day)
        found[f"holiday-{place}-name"] = title
    return found


def _sentence(words: str) -> str:
    """Return words as a sentence that stands alone."""
    words = re.sub(
        r"^(mon|tue|wed|thu|fri|sat|sun)\b",
        lambda found: DAY_NAMES[WEEKDAYS.index(found[1])],
        words,
    )
    return f"{words[:1].upper()}{words[1:]}" + ("" if words.endswith(".") else ".")


class HolidaysForm(forms.Form):
    """Which public holidays to look at."""

    country = forms.ChoiceField(label="Country")
    region = forms.ChoiceField(label="Region", required=False)
    year = forms.IntegerField(label="Year", min_value=FIRST_YEAR, max_value=LAST_YEAR)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the countries, and the regions of the chosen one."""
        super().__init__(*args, **kwargs)
        source = self.data if self.is_bound else self.initial
        country, region = self.fields["country"], self.fields["region"]
        if isinstance(country, forms.ChoiceField) and isinstance(region, forms.ChoiceField):
            country.choices = list(countries())
            offered = regions(str(source.get("country") or ""))
            region.choices = [("", "The whole country"), *offered]

    def clean_region(self) -> str:
        """Return the region."""
        return str(self.cleaned_data.get("region") or "")


class ReplanForm(forms.Form):
    """Why deadlines that run are planned again."""

    reason = forms.ChoiceField(label="Why", choices=ReplanReason.choices)
