"""What people enter to pause a lead, to take a contact back, to write and to merge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from pipeline.forms import NOTE_LENGTH, ActForm, DateInput, ReasonForm
from pipeline.models import Lead

if TYPE_CHECKING:
    from django.db.models import QuerySet


class PauseForm(ReasonForm):
    """Why the promises stand still, and until when; the reasons are those of the agreement."""

    until = forms.DateField(
        label="Until",
        required=False,
        widget=DateInput(),
        help_text="Needed when the person named a day; otherwise it may end a pause sooner.",
    )
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed when marketing has to do something: say what.",
    )

    field_order = ["reason", "until", "note"]

    def hint_of(self, reason: Any) -> str:
        """Return what the reason means and how long it holds."""
        return f"{reason.meaning} At most {reason.cap_business_days} business days."


class VoidForm(ActForm):
    """Why a contact counts no longer."""

    note = forms.CharField(
        label="Why is it taken back?",
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why it is taken back."},
    )


class TellForm(ActForm):
    """What marketing should know of a lead."""

    note = forms.CharField(
        label="What should marketing know?",
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Marketing has to answer it; the lead stays where it is.",
        error_messages={"required": "Say what marketing should know."},
    )


class MergeForm(ActForm):
    """Which lead survives."""

    into = forms.ModelChoiceField(
        label="Lead that stays",
        queryset=Lead.objects.none(),
        widget=forms.HiddenInput,
        error_messages={"required": "Choose the lead that stays.",
                        "invalid_choice": "There is no such lead."},
    )  # fmt: skip

    def __init__(self, data: Any = None, *, leads: QuerySet[Lead], **words: Any) -> None:
        super().__init__(data, **words)
        field: Any = self.fields["into"]
        field.queryset = leads
