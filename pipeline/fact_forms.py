"""What people enter to pause a lead, to take a contact back, to write and to merge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from pipeline.forms import NOTE_LENGTH, ActForm, DateInput
from pipeline.models import Lead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from definitions.content import PauseReason


class PauseForm(ActForm):
    """Why the promises stand still, and until when; the reasons are those of the agreement."""

    reason = forms.ChoiceField(
        label="Reason", widget=forms.RadioSelect, error_messages={"required": "Choose a reason."}
    )
    until = forms.DateField(
        label="Go on on",
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

    def __init__(self, data: Any = None, *, reasons: Sequence[PauseReason], **words: Any) -> None:
        super().__init__(data, **words)
        self.reasons = list(reasons)
        field: Any = self.fields["reason"]
        field.choices = [(reason.code, reason.label) for reason in self.reasons]

    @property
    def reason_choices(self) -> list[dict[str, Any]]:
        """The reasons as radio cards with their meaning and cap."""
        chosen = self["reason"].value()
        return [
            {
                "value": reason.code,
                "label": reason.label,
                "hint": f"{reason.meaning} At most {reason.cap_business_days} business days.",
                "checked": reason.code == chosen,
            }
            for reason in self.reasons
        ]

    @property
    def reason_error(self) -> str:
        """The first thing wrong with the reason."""
        return next((str(error) for error in self.errors.get("reason", ())), "")


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
