"""The shape of what people enter; what is allowed, the services decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from pipeline.choices import ActivityKind, ActivityOutcome, FeedbackAnswer, Stage
from pipeline.models import Channel
from revops.people.models import Rep

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from definitions.content import CheckItem
    from pipeline.selectors.feedback import Item

NOTE_LENGTH = 4000
REASON_OPTIONS = 40


class DateInput(forms.DateInput):
    """The browser's own date picker."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _note(label: str = "Note", *, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=NOTE_LENGTH,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ActForm(forms.Form):
    """What every act on a lead carries: which transition the person saw, and where to go on."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)


class NoteForm(ActForm):
    """An act with nothing but a note."""

    note = _note()


class ReasonForm(ActForm):
    """An act that needs an entry of a list; the entries are those of the definitions in use."""

    reason = forms.ChoiceField(
        label="Reason", widget=forms.RadioSelect, error_messages={"required": "Choose a reason."}
    )
    note = _note(help_text="Needed where the reason asks for it.")

    def __init__(self, data: Any = None, *, reasons: Sequence[Any], **words: Any) -> None:
        super().__init__(data, **words)
        self.reasons = list(reasons)
        field: Any = self.fields["reason"]
        field.choices = [(reason.code, reason.label) for reason in self.reasons]

    def hint_of(self, reason: Any) -> str:
        """Return what the entry means, an example, and what it asks for."""
        asks = []
        if reason.minimum_attempts:
            asks.append(f"at least {reason.minimum_attempts} attempts")
        if reason.needs_note:
            asks.append("a note")
        if reason.needs_date:
            asks.append("a date")
        if reason.needs_competitor:
            asks.append("the competitor")
        told = [reason.meaning]
        if reason.example:
            told.append(f"Example: {reason.example}")
        if asks:
            told.append(f"Needs {' and '.join(asks)}.")
        return " ".join(told)

    @property
    def reason_choices(self) -> list[dict[str, Any]]:
        """The entries as radio cards with their meaning."""
        chosen = self["reason"].value()
        return [
            {
                "value": reason.code,
                "label": reason.label,
                "hint": self.hint_of(reason),
                "checked": reason.code == chosen,
            }
            for reason in self.reasons
        ]

    @property
    def reason_error(self) -> str:
        """The first thing wrong with the reason."""
        return next((str(error) for error in self.errors.get("reason", ())), "")


class RejectForm(ReasonForm):
    """Why sales turns a lead down, and when to try again where there is a later."""

    recycle_on = forms.DateField(
        label="Try again on",
        required=False,
        widget=DateInput(),
        help_text="For reasons that are about time.",
    )


class RecycleForm(ReasonForm):
    """Why a lead goes back to marketing, and until when."""

    recycle_on = forms.DateField(label="Try again on", widget=DateInput())


class LoseForm(ReasonForm):
    """Why a deal was lost."""

    competitor = forms.CharField(label="Competitor", required=False, max_length=120)


class ContactForm(ActForm):
    """An attempt to reach a lead."""

    kind = forms.ChoiceField(
        label="How", choices=ActivityKind.choices, widget=forms.RadioSelect, initial="call"
    )
    outcome = forms.ChoiceField(
        label="What came of it",
        choices=ActivityOutcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say what came of it."},
    )
    occurred_at = forms.DateTimeField(
        label="When",
        required=False,
        help_text="Empty means now.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    note = _note()

    @property
    def outcome_choices(self) -> list[dict[str, Any]]:
        """The outcomes as radio cards."""
        chosen = self["outcome"].value()
        return [
            {"value": value, "label": label, "checked": value == chosen}
            for value, label in ActivityOutcome.choices
        ]


class SqlForm(ActForm):
    """The discovery checklist of the definitions in use, each line to be confirmed."""

    note = _note()

    def __init__(self, data: Any = None, *, items: Iterable[CheckItem], **words: Any) -> None:
        super().__init__(data, **words)
        self.items = list(items)
        for item in self.items:
            self.fields[f"check_{item.code}"] = forms.BooleanField(
                label=item.label, required=False
            )

    @property
    def checklist(self) -> dict[str, bool]:
        """The answers by code."""
        return {item.code: self.cleaned_data[f"check_{item.code}"] for item in self.items}

    @property
    def check_fields(self) -> list[forms.BoundField]:
        """The bound fields of the checklist."""
        return [self[f"check_{item.code}"] for item in self.items]


class OpportunityForm(ActForm):
    """A deal; what is missing is flagged, not refused."""

    name = forms.CharField(label="Name", max_length=200)
    amount = forms.DecimalField(
        label="Amount", required=False, min_value=0, max_digits=16, decimal_places=2
    )
    currency = forms.CharField(label="Currency", min_length=3, max_length=3)
    expected_close_on = forms.DateField(label="Expected close", required=False, widget=DateInput())
    next_step = forms.CharField(label="Next step", required=False, max_length=200)

    def clean_currency(self) -> str:
        """Return the code in capitals."""
        return str(self.cleaned_data["currency"]).upper()


class AssignForm(ActForm):
    """Who gets a lead; nobody named is the next in turn."""

    rep = forms.ModelChoiceField(
        label="Rep", queryset=Rep.objects.none(), required=False, empty_label="Next in turn"
    )

    def __init__(self, data: Any = None, **words: Any) -> None:
        super().__init__(data, **words)
        field: Any = self.fields["rep"]
        field.queryset = Rep.objects.active().filter(takes_leads=True).order_by("name", "pk")


_ANSWER_MEANINGS = {
    FeedbackAnswer.RULE_CHANGE: "The definition or the score let it through; a draft changes it.",
    FeedbackAnswer.SOURCE_FIXED: "The campaign, form or list that brought it was corrected.",
    FeedbackAnswer.DATA_FIXED: "The record was wrong and has been corrected.",
    FeedbackAnswer.DISPUTED: "It met the definition as signed; RevOps looks at it.",
    FeedbackAnswer.NOTED: "Read and kept for the quarterly review; nothing changes now.",
}


class FeedbackForm(ActForm):
    """What marketing does about a lead sales turned down."""

    answer = forms.ChoiceField(
        label="Answer",
        choices=FeedbackAnswer.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose an answer."},
    )
    items = forms.MultipleChoiceField(
        label="What is answered",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what you answer."},
    )
    note = _note()

    def __init__(
        self, data: Any = None, *, items: Sequence[Item], chosen: str = "", **words: Any
    ) -> None:
        super().__init__(data, **words)
        if len(items) <= 1:
            del self.fields["items"]
            return
        field: Any = self.fields["items"]
        field.choices = [(str(item.id), item.said.reason) for item in items]
        known = {str(item.id) for item in items}
        field.initial = [chosen] if chosen in known else sorted(known)
        self._items = items

    @property
    def item_choices(self) -> list[dict[str, Any]]:
        """What may be answered, each with its words; empty where there is one thing only."""
        if "items" not in self.fields:
            return []
        chosen = {str(value) for value in self["items"].value() or ()}
        return [
            {"id": item.id, "said": item.said, "checked": str(item.id) in chosen}
            for item in self._items
        ]

    @property
    def answered(self) -> list[int]:
        """The ids of what was chosen; none where there was no choice."""
        return [int(value) for value in self.cleaned_data.get("items", ())]

    @property
    def answer_choices(self) -> list[dict[str, Any]]:
        """The answers as radio cards with their meaning."""
        chosen = self["answer"].value()
        return [
            {
                "value": answer.value,
                "label": answer.label,
                "hint": _ANSWER_MEANINGS[answer],
                "checked": answer.value == chosen,
            }
            for answer in FeedbackAnswer
        ]

    @property
    def answer_error(self) -> str:
        """The first thing wrong with the answer."""
        return next((str(error) for error in self.errors.get("answer", ())), "")


class DesignateForm(ActForm):
    """Why a person makes a lead an MQL."""

    reason = forms.CharField(
        label="Why it qualifies",
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It is marked as designated by hand in every number.",
    )


class LeadFilterForm(forms.Form):
    """What a list of leads is narrowed to; an unknown value narrows nothing."""

    q = forms.CharField(label="Name, company or id", required=False, max_length=120)
    stage = forms.ChoiceField(
        label="Stage", required=False, choices=[("", "Any stage"), *Stage.choices]
    )
    channel = forms.ModelChoiceField(
        label="Source",
        required=False,
        queryset=Channel.objects.order_by("name"),
        empty_label="Any source",
    )


class DealFilterForm(forms.Form):
    """What a list of deals is narrowed to."""

    q = forms.CharField(label="Deal or company", required=False, max_length=120)
    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[
            ("", "Open"), ("waiting", "Waits for sales"), ("won", "Won"), ("lost", "Lost"),
            ("all", "All"),
        ],
    )  # fmt: skip
