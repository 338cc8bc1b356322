"""Shapes of the blind audit: questions, answers, gaps, and the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from definitions import selectors, services
from definitions.choices import GapKind, GapPriority
from definitions.models import Version
from definitions.services.audit import LONGEST_QUESTION, LONGEST_TEXT
from revops.people.models import User

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from definitions.models import AlignmentSession, Gap
    from definitions.selectors import Words

LARGEST_NUMBER = 2**31 - 1


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class RoundForm(forms.Form):
    """The two questions of a round."""

    marketing_question = forms.CharField(
        label="Marketing is asked", max_length=LONGEST_QUESTION, widget=_area(2)
    )
    sales_question = forms.CharField(
        label="Sales is asked",
        max_length=LONGEST_QUESTION,
        widget=_area(2),
        help_text="In other words than marketing's, so that nobody answers with a phrase.",
    )


class AnswerForm(forms.Form):
    """What a team writes; the criteria are an input of their own."""

    text = forms.CharField(
        label="Our answer",
        required=False,
        max_length=LONGEST_TEXT,
        strip=False,
        widget=_area(8),
        help_text="In your own words, as you would tell a new colleague.",
    )
    examples = forms.CharField(
        label="Real examples",
        required=False,
        max_length=LONGEST_TEXT,
        widget=_area(3),
        help_text="One per line: a lead that was right, and one that was not.",
    )
    revision = forms.IntegerField(
        min_value=0, max_value=LARGEST_NUMBER, widget=forms.HiddenInput, required=False
    )

    over = forms.IntegerField(min_value=0, max_value=LARGEST_NUMBER, required=False)

    @property
    def seen_revision(self) -> int:
        """The revision the person knows: that of the other text where it is written over."""
        over: int | None = self.cleaned_data["over"]
        seen: int | None = self.cleaned_data["revision"]
        return over if over is not None else seen or 0

    @classmethod
    def of(cls, words: Words) -> AnswerForm:
        """Return the form filled with what the team has so far."""
        return cls(
            initial={
                "text": words.text,
                "examples": "\n".join(words.examples),
                "revision": words.revision,
            }
        )

    def written(self, *, criteria: Any) -> services.Written:
        """Return what was handed in, with criteria read from their own input."""
        return services.Written(
            text=self.cleaned_data["text"].strip(),
            criteria=criteria,
            examples=tuple(
                line.strip() for line in self.cleaned_data["examples"].splitlines() if line.strip()
            ),
        )


class GapForm(forms.Form):
    """A gap in words."""

    title = forms.CharField(label="What differs", max_length=200)
    kind = forms.ChoiceField(label="Kind", choices=GapKind.choices)
    priority = forms.ChoiceField(
        label="Priority",
        choices=GapPriority.choices,
        help_text="High comes first, and needs a decision before the list is confirmed.",
    )
    marketing_view = forms.CharField(
        label="As marketing sees it", required=False, max_length=500, widget=_area(2)
    )
    sales_view = forms.CharField(
        label="As sales sees it", required=False, max_length=500, widget=_area(2)
    )

    @classmethod
    def of(cls, gap: Gap) -> GapForm:
        """Return the form filled with a gap."""
        return cls(initial={name: getattr(gap, name) for name in cls.base_fields})

    def difference(self) -> services.Difference:
        """Return the gap as it was worded."""
        held = self.cleaned_data
        return services.Difference(
            title=held["title"],
            kind=GapKind(held["kind"]),
            priority=GapPriority(held["priority"]),
            marketing_view=held["marketing_view"],
            sales_view=held["sales_view"],
        )


class NewGapForm(GapForm):
    """A gap and the term it is about."""

    term = forms.ChoiceField(label="Term")
    field_order = ["term"]

    def __init__(self, *args: Any, terms: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the terms that both teams have answered."""
        super().__init__(*args, **kwargs)
        field = self.fields["term"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = terms


class DecisionForm(forms.Form):
    """What both teams decided about a gap."""

    decision = forms.CharField(
        label="Decision",
        required=False,
        max_length=1000,
        widget=_area(3),
        help_text="What both teams will do, in one or two sentences.",
    )


class ResolveForm(forms.Form):
    """The signed version that settles a gap."""

    version = forms.ModelChoiceField(
        queryset=Version.objects.none(), label="Resolved in", empty_label="Choose a version"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the signed versions."""
        super().__init__(*args, **kwargs)
        field = self.fields["version"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = selectors.resolving_versions()


class ConfirmForm(forms.Form):
    """A word to go with the confirmation."""

    note = forms.CharField(label="Note", required=False, max_length=500, widget=_area(2))


class SessionForm(forms.Form):
    """The record of a session and the checklist that closes it."""

    held_on = forms.DateField(label="Held on", widget=forms.DateInput(attrs={"type": "date"}))
    facilitator = forms.CharField(
        label="Facilitator",
        max_length=120,
        help_text="Somebody neutral: neither marketing's nor sales's leader.",
    )
    attendees = forms.ModelMultipleChoiceField(
        queryset=User.objects.none(),
        label="Who was there",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    guests = forms.CharField(
        label="Guests",
        required=False,
        max_length=300,
        help_text="People without an account, separated by commas.",
    )
    notes = forms.CharField(label="Notes", required=False, max_length=20_000, widget=_area(4))
    has_written_sla = forms.BooleanField(label="The SLA is written", required=False)
    has_dashboard = forms.BooleanField(label="Both teams look at one dashboard", required=False)
    changed_metric = forms.CharField(
        label="The metric that changed",
        required=False,
        max_length=200,
        help_text="One figure that is counted differently from now on, and how.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer everybody who has an account."""
        super().__init__(*args, **kwargs)
        field = self.fields["attendees"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101 - declared above
        field.queryset = people()

    @classmethod
    def of(cls, session: AlignmentSession) -> SessionForm:
        """Return the form filled with a record."""
        initial = {name: getattr(session, name) for name in cls.base_fields}
        return cls(initial={**initial, "attendees": [each.pk for each in session.attendees.all()]})

    def minutes(self) -> services.Minutes:
        """Return what was written down."""
        return services.Minutes(
            **{name: value for name, value in self.cleaned_data.items() if name != "attendees"}
        )


def people() -> QuerySet[User]:
    """Return the people who may have been at a session."""
    return User.objects.filter(is_active=True).order_by("name", "pk")
