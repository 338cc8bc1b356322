"""The shape of absences, backups and calendar files as people enter them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms

from pipeline.forms import DateInput
from pipeline.models import Lead
from revops.people.absences.services import Dates
from revops.people.models import Absence, Rep

if TYPE_CHECKING:
    from revops.people.models import User

LATEST: Final = date(2100, 1, 1)


class AbsenceForm(forms.Form):
    """Who is out, from the first to the last day, and who covers."""

    rep = forms.ModelChoiceField(label="Who is out", queryset=Rep.objects.none())
    starts_on = forms.DateField(label="First day out", widget=DateInput())
    last_on = forms.DateField(label="Last day out", widget=DateInput())
    cover = forms.ModelChoiceField(
        label="Who covers",
        queryset=Rep.objects.none(),
        required=False,
        empty_label="The backup, else the next in turn",
    )
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=Absence._meta.get_field("reason").max_length,
        help_text="Only the person, their leader and RevOps read it. It need not be said.",
    )
    is_sure = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, by: User, rep: Rep | None = None, **words: Any
    ) -> None:
        super().__init__(data, **words)
        kept = Rep.objects.active().kept_by(by).order_by("name", "pk")
        who: Any = self.fields["rep"]
        cover: Any = self.fields["cover"]
        who.queryset = Rep.objects.filter(pk=rep.pk) if rep is not None else kept
        cover.queryset = Rep.objects.active().order_by("name", "pk")
        if rep is not None:
            cover.queryset = cover.queryset.exclude(pk=rep.pk)
            self.initial["rep"] = rep.pk
            who.widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        """Refuse days no calendar of people reaches."""
        told = super().clean() or {}
        for name in ("starts_on", "last_on"):
            if (told.get(name) or date.min) >= LATEST:
                self.add_error(name, "Choose a day before 2100.")
        return told

    @property
    def dates(self) -> Dates:
        """What was told, half-open."""
        told = self.cleaned_data
        return Dates(
            starts_on=told["starts_on"],
            ends_on=told["last_on"] + timedelta(days=1),
            cover=told["cover"],
            reason=told["reason"],
        )


class BackupForm(forms.Form):
    """Who stands in for one person where an absence names nobody."""

    backup = forms.ModelChoiceField(
        label="Backup", queryset=Rep.objects.none(), required=False, empty_label="Nobody"
    )

    def __init__(self, data: Any = None, *, rep: Rep, **words: Any) -> None:
        super().__init__(data, **words)
        field: Any = self.fields["backup"]
        field.queryset = Rep.objects.active().exclude(pk=rep.pk).order_by("name", "pk")
        field.widget.attrs["aria-label"] = f"Backup of {rep.name}"
        self.initial.setdefault("backup", rep.backup_id)


class ReassignForm(forms.Form):
    """Which leads of one person go to whom."""

    leads = forms.ModelMultipleChoiceField(
        label="Leads",
        queryset=Lead.objects.none(),
        error_messages={"required": "Choose at least one lead."},
    )
    to = forms.ModelChoiceField(
        label="Give them to",
        queryset=Rep.objects.none(),
        empty_label="Choose a person",
        error_messages={"required": "Choose who gets them."},
    )

    def __init__(self, data: Any = None, *, leads: Any, holder: Rep, **words: Any) -> None:
        super().__init__(data, **words)
        which: Any = self.fields["leads"]
        which.queryset = leads
        to: Any = self.fields["to"]
        takers = Rep.objects.active().filter(takes_leads=True).exclude(pk=holder.pk)
        to.queryset = takers.order_by("name", "pk")


class CalendarForm(forms.Form):
    """A calendar file, and whose it is."""

    file = forms.FileField(
        label="Calendar file",
        help_text="An .ics file of up to 1 MB and 300 events, as calendars export it.",
        widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"}),
        error_messages={"required": "Choose a file first.", "empty": "The file is empty."},
    )
    rep = forms.ModelChoiceField(
        label="Whose absences",
        queryset=Rep.objects.none(),
        required=False,
        empty_label="By the mail addresses in the events",
    )

    def __init__(self, data: Any = None, files: Any = None, *, by: User, own: Rep | None) -> None:
        super().__init__(data, files)
        who: Any = self.fields["rep"]
        who.queryset = Rep.objects.active().kept_by(by).order_by("name", "pk")
        if own is not None:  # who speaks only for oneself has nothing to choose
            del self.fields["rep"]
