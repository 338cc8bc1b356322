"""What people fill in on the pages of the SLA."""

from __future__ import annotations

from django import forms

from dashboards.services import SHARED_DAYS
from sla.choices import ExcuseCause, ExcuseDecision
from sla.services.process import LONGEST_ANSWER


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
