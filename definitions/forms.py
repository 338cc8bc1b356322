"""Shapes of sending for signature, signing and declining."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from definitions.services import DECISIONS
from revops.people.models import Organization, User

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Far from the ends of the calendar, where a day more or a zone apart is no date.
_YEARS = [MinValueValidator(date(1990, 1, 1)), MaxValueValidator(date(2200, 1, 1))]


class SendForm(forms.Form):
    """From when a draft is to hold, and why it may come early."""

    effective_on = forms.DateField(
        label="Takes effect on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=_YEARS,
        help_text="Empty: as soon as the last of the signers has signed.",
    )
    exceptional_reason = forms.CharField(
        label="Reason for an exception",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Only for a change that comes sooner than the agreement allows.",
    )

    report = forms.CharField(
        label="The data it follows from",
        required=False,
        max_length=500,
        help_text="The address of a report, or of a page here such as /breaches/.",
    )

    def __init__(self, *args: Any, needs_report: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if needs_report:
            self.fields["report"].required = True
            self.fields["report"].help_text = (
                "Needed, because a signed version changes by data only. "
                "The address of a report, or of a page here such as /breaches/."
            )

    @property
    def effective_from(self) -> datetime | None:
        """The first instant of the chosen day in the organisation's zone."""
        day: date | None = self.cleaned_data["effective_on"]
        if day is None:
            return None
        return _midnight(day)


class SignForm(forms.Form):
    """The typed name, the password once more, and the hash of the text that was shown."""

    document_sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    agrees = forms.BooleanField(label="I have read this version and agree to it")
    typed_name = forms.CharField(
        label="Your full name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label="Your password again",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, statement: str = "", **kwargs: Any) -> None:
        """Show the sentence that is agreed to."""
        super().__init__(*args, **kwargs)
        self.fields["agrees"].help_text = statement


class DeclineForm(forms.Form):
    """Why not."""

    reason = forms.CharField(
        label="Why do you decline?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The authors read it. The draft opens again and what is in force stays.",
    )


class DelegationForm(forms.Form):
    """Who signs instead, from which day through which, why, and the password once more."""

    substitute = forms.ModelChoiceField(User.objects.none(), label="Who signs for you")
    starts_on = forms.DateField(
        label="First day", widget=forms.DateInput(attrs={"type": "date"}), validators=_YEARS
    )
    ends_on = forms.DateField(
        label="Last day",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="At most 60 days in all.",
        validators=_YEARS,
    )
    reason = forms.CharField(
        label="Reason", max_length=300, help_text="Everybody can read it, such as: parental leave."
    )
    password = forms.CharField(
        label="Your password again",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(
        self, *args: Any, substitutes: QuerySet[User], at: datetime, **words: Any
    ) -> None:
        """Offer only people who may be named."""
        super().__init__(*args, **words)
        self.at = at
        chosen = self.fields["substitute"]
        assert isinstance(chosen, forms.ModelChoiceField)  # noqa: S101 - tells the type checker
        chosen.queryset = substitutes

    @property
    def starts_at(self) -> datetime:
        """The first instant of the first day in the organisation's zone; today begins now."""
        day: date = self.cleaned_data["starts_on"]
        return self.at if day == _today(at=self.at) else _midnight(day)

    @property
    def ends_at(self) -> datetime:
        """The first instant after the last day."""
        day: date = self.cleaned_data["ends_on"]
        return _midnight(day + timedelta(days=1))


def _today(*, at: datetime) -> date:
    return at.astimezone(_zone()).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=_zone()).astimezone(UTC)


def _zone() -> ZoneInfo:
    return ZoneInfo(Organization.objects.values_list("timezone", flat=True).first() or "UTC")


class WithdrawForm(forms.Form):
    """Why a version is taken out of use."""

    reason = forms.CharField(
        label="Why is it withdrawn?", max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class CommentForm(forms.Form):
    """A remark on a clause."""

    text = forms.CharField(
        label="Your comment", max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReadForm(forms.Form):
    """The word to have read a version; the number is the one that was shown."""

    number = forms.IntegerField(min_value=1, max_value=1_000_000, widget=forms.HiddenInput())


class GiveUpForm(forms.Form):
    """Why a draft is closed without being signed."""

    reason = forms.CharField(
        label="Why is it given up?", max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReviewForm(forms.Form):
    """How a review of the definitions ended, and by which data."""

    decision = forms.ChoiceField(
        label="Decision", choices=list(DECISIONS.items()), widget=forms.RadioSelect
    )
    report = forms.CharField(
        label="The data it relied on",
        max_length=500,
        help_text="The address of a report, or of a page here such as /breaches/.",
    )
