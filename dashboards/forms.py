"""What people fill in on the pages of the SLA."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django import forms

from dashboards.selectors.what_if import Question
from dashboards.services import SHARED_DAYS
from sla.choices import ExcuseCause, ExcuseDecision
from sla.models import Calendar
from sla.selectors.what_if import LARGEST_AMOUNT, TIMED, UNITS
from sla.services.process import LONGEST_ANSWER

if TYPE_CHECKING:
    from collections.abc import Mapping


class RevisionForm(forms.Form):
    """Why a promise was missed and what changes; how long an answer is is the service's rule."""

    cause = forms.CharField(
        label="Why was it missed?",
        required=False,
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What in the process led there, not who.",
    )
    change = forms.CharField(
        label="What changes in the process?",
        required=False,
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What will be done differently, by whom, from when.",
    )


class ShareForm(forms.Form):
    """For how long a read-only address of the page is open."""

    days = forms.TypedChoiceField(
        label="Open for", coerce=int, initial=30,
        choices=[(days, f"{days} days") for days in SHARED_DAYS],
    )  # fmt: skip


NOTE_LENGTH = 500


class AskForm(forms.Form):
    """Why a miss should be excused."""

    cause = forms.ChoiceField(
        label="Cause",
        choices=ExcuseCause.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a cause."},
    )
    note = forms.CharField(
        label="What happened?",
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Whoever decides reads this. Needed for another cause.",
    )

    @property
    def cause_choices(self) -> list[dict[str, object]]:
        """The causes as radio cards."""
        chosen = self["cause"].value()
        return [
            {"value": value, "label": label, "checked": value == chosen}
            for value, label in ExcuseCause.choices
        ]


class DecideForm(forms.Form):
    """Whether a miss is excused, and why."""

    decision = forms.ChoiceField(
        choices=ExcuseDecision.choices, error_messages={"required": "Grant it or decline it."}
    )
    note = forms.CharField(
        label="Why?",
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Who asked reads this. Needed to decline.",
    )


UNASKED = "Choose one of the list."
QUARTER = timedelta(days=91)
EARLIEST = date(2000, 1, 1)


class WhatIfForm(forms.Form):
    """One promise with another allowance, over a span of the past; the address is the state."""

    commitment = forms.ChoiceField(
        label="Promise",
        choices=[(kind.value, kind.label) for kind in TIMED],
        error_messages={"invalid_choice": UNASKED},
    )
    amount = forms.IntegerField(
        label="Time allowed", min_value=1, max_value=LARGEST_AMOUNT, initial=2
    )
    unit = forms.ChoiceField(
        label="Counted in",
        choices=[(unit.value, unit.label) for unit in UNITS],
        error_messages={"invalid_choice": UNASKED},
    )
    calendar = forms.ModelChoiceField(
        label="Hours of",
        queryset=Calendar.objects.none(),
        to_field_name="name",
        required=False,
        empty_label="The calendar promised",
        error_messages={"invalid_choice": "There is no calendar of that name."},
    )
    first = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Mapping[str, Any] | None = None, *, today: date) -> None:
        """Offer every calendar, and the last full quarter of days before `today`."""
        super().__init__(data, initial={"first": today - QUARTER, "last": today})
        self.today = today
        self.fields["calendar"].queryset = Calendar.objects.order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a span that ends before it begins, or lies where no clock can have begun."""
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first is not None and not EARLIEST <= first <= self.today:
            self.add_error("first", f"Choose a day from {EARLIEST:%Y} to today.")
        elif first is not None and last is not None and last < first:
            self.add_error("last", "The last day is before the first.")
        elif last is not None and last > self.today + QUARTER:
            self.add_error("last", "Nothing has happened there yet.")
        return cleaned

    def question(self) -> Question:
        """Return what is asked, once the form is valid."""
        asked = self.cleaned_data
        return Question(
            kind=asked["commitment"],
            amount=asked["amount"],
            unit=asked["unit"],
            calendar=asked["calendar"],
            first=asked["first"],
            last=asked["last"],
        )
