"""What people fill in on the pages of the SLA."""

from __future__ import annotations

from django import forms

from dashboards.services import SHARED_DAYS
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
