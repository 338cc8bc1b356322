"""Opening hours in words: read as people type them, said as people read them. Pure.

A range is written `09:00-17:00`; several of one day are separated by a comma, and no text means
closed. Durations and instants are not the subject here, see `sla.clock`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sla import openings
from sla.openings import WEEKDAYS, CalendarError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sla.openings import Openings, Ranges

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CLOSED = "closed"
MOST_RANGES = 6
NAMED = 12
_RANGE = re.compile(r"\s*(\S+?)\s*(?:-|\u2013|\u2014|\bto\b)\s*(\S+)\s*")
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?")


@dataclass(frozen=True, slots=True)
class DayHours:
    """A stretch of weekdays with the same hours; `blocks` are (start, length) in minutes."""

    days: str
    hours: str
    blocks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class OddDate:
    """A date on which the usual hours do not hold."""

    on: date
    hours: str
    name: str
    is_holiday: bool

    @property
    def words(self) -> str:
        """The date and what it is: `Fri 25 Dec 2026, Christmas Day`."""
        return f"{day_words(self.on)}, {self.name or self.hours}"


def day_words(day: date) -> str:
    """Return a date with its weekday, such as `Fri 25 Dec 2026`."""
    return f"{day:%a} {day.day} {day:%b} {day.year}"


def read_ranges(text: str) -> list[list[str]]:
    """Return the ranges a person typed for one day; empty when it is closed.

    Args:
        text: Such as `9-12:30, 13:30-17`; `closed` or nothing for a closed day.

    Raises:
        CalendarError: A part is no range, a range ends before it starts or at 00:00, or there
            are too many.
    """
    parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    if not parts or [part.lower() for part in parts] == [CLOSED]:
        return []
    if len(parts) > MOST_RANGES:
        raise CalendarError(f"write at most {MOST_RANGES} ranges for a day")
    rows = [_range(part) for part in parts]
    try:
        openings.parse({"timezone": "UTC", "exceptions": {"2000-01-01": rows}})
    except CalendarError as error:
        raise CalendarError(str(error).removeprefix("2000-01-01: ")) from None
    return rows


def _range(text: str) -> list[str]:
    found = _RANGE.fullmatch(text)
    if found is None:
        raise CalendarError(f'"{text[:40]}" is not a range such as 09:00-17:00')
    return [_time(found[1]), _time(found[2])]


def _time(text: str) -> str:
    found = _TIME.fullmatch(text)
    if found is None:
        raise CalendarError(f'"{text[:20]}" is not a time such as 09:00')
    return f"{int(found[1]):02}:{found[2] or '00'}"


def range_words(ranges: Ranges) -> str:
    """Return the ranges of a day: `09:00-12:30, 13:30-17:00` with dashes, or `closed`."""
    return ", ".join(f"{_clock(a)}\u2013{_clock(b)}" for a, b in ranges) or CLOSED


def typed(ranges: Ranges) -> str:
    """Return the ranges of a day as a person types them; empty when closed."""
    return ", ".join(f"{_clock(a)}-{_clock(b)}" for a, b in ranges)


def _clock(second: int) -> str:
    """Return a second of the day as `09:00`; the seconds only where there are some."""
    hour, rest = divmod(second, 3600)
    minute, odd = divmod(rest, 60)
    return f"{hour:02}:{minute:02}" + (f":{odd:02}" if odd else "")


def week(hours: Openings) -> list[DayHours]:
    """Return the week, neighbours with the same hours as one: Mon-Fri, Sat, Sun."""
    found = []
    for ranges, places in groupby(range(len(WEEKDAYS)), key=lambda place: hours.weekly[place]):
        days = list(places)
        name = DAY_NAMES[days[0]][:3]
        if len(days) > 1:
            name += f"\u2013{DAY_NAMES[days[-1]][:3]}"
        blocks = tuple((a // 60, (b - a) // 60) for a, b in ranges)
        found.append(DayHours(name, range_words(ranges), blocks))
    return found


def week_words(hours: Openings) -> str:
    """Return the open part of the week as one phrase: `Mon-Fri 09:00-17:00; Sat 10:00-14:00`."""
    return "; ".join(f"{row.days} {row.hours}" for row in week(hours) if row.hours != CLOSED)


def odd_dates(hours: Openings) -> list[OddDate]:
    """Return holidays and exceptions by date; a holiday hides the exception of its date."""
    found = [
        OddDate(date.fromordinal(day), CLOSED, name or "holiday", is_holiday=True)
        for day, name in hours.holidays.items()
    ]
    found += [
        OddDate(date.fromordinal(day), range_words(ranges), "", is_holiday=False)
        for day, ranges in hours.exceptions.items()
        if day not in hours.holidays
    ]
    return sorted(found, key=lambda row: row.on)


def spec_of(hours: Openings) -> dict[str, Any]:
    """Return the specification of hours in one form, so that equal hours are equal text."""
    return {
        "timezone": hours.zone.key,
        "weekly": {
            day: _rows(ranges)
            for day, ranges in zip(WEEKDAYS, hours.weekly, strict=True)
            if ranges
        },
        "holidays": [
            {"date": date.fromordinal(day).isoformat(), "name": name}
            for day, name in sorted(hours.holidays.items())
        ],
        "exceptions": {
            date.fromordinal(day).isoformat(): _rows(ranges)
            for day, ranges in sorted(hours.exceptions.items())
        },
    }


def canonical(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a specification in that form.

    Raises:
        CalendarError: It is none.
    """
    return spec_of(openings.parse(spec))


def _rows(ranges: Ranges) -> list[list[str]]:
    return [[_clock(a), _clock(b)] for a, b in ranges]


def differences(old: Openings, new: Openings) -> list[str]:
    """Return what changed from one version to the next, in words; nothing when they are equal."""
    found = []
    if old.zone.key != new.zone.key:
        found.append(f"Zone: {new.zone.key}, before {old.zone.key}")
    changed = [
        (new.weekly[place], old.weekly[place], place)
        for place in range(len(WEEKDAYS))
        if new.weekly[place] != old.weekly[place]
    ]
    for (after, before), rows in groupby(changed, key=lambda row: row[:2]):
        days = [DAY_NAMES[place][:3] for _, _, place in rows]
        found.append(f"{', '.join(days)}: {range_words(after)}, before {range_words(before)}")
    found += _dated(old, new)
    return found


def _dated(old: Openings, new: Openings) -> Iterator[str]:
    """Yield the changes of holidays, then those of exceptions."""
    for verb, one, other in (("added", new, old), ("removed", old, new)):
        names = _names(one, other)
        if len(names) > NAMED:
            yield f"{len(names)} holidays {verb}, from {names[0]} to {names[-1]}"
        elif names:
            yield f"Holidays {verb}: {'; '.join(names)}"
    for day in sorted({*old.holidays} & {*new.holidays}):
        if old.holidays[day] != new.holidays[day]:
            name = new.holidays[day] or "without a name"
            yield f"Holiday {day_words(date.fromordinal(day))}: {name}"
    for day in sorted({*old.exceptions, *new.exceptions}):
        before, after = old.exceptions.get(day), new.exceptions.get(day)
        if before != after:
            words = "as usual" if after is None else range_words(after)
            past = "as usual" if before is None else range_words(before)
            yield f"{day_words(date.fromordinal(day))}: {words}, before {past}"


def _names(one: Openings, other: Openings) -> list[str]:
    """Return the holidays only `one` has."""
    return [
        day_words(date.fromordinal(day)) + (f" ({name})" if name else "")
        for day, name in sorted(one.holidays.items())
        if day not in other.holidays
    ]


def open_time(hours: Openings) -> timedelta:
    """Return the open time of a usual week."""
    return timedelta(seconds=sum(b - a for ranges in hours.weekly for a, b in ranges))
