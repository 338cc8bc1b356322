"""The smallest valid promises, clocks and breaches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from definitions.choices import DocumentKind
from definitions.defaults import default_content
from definitions.models import Activation, Version
from revops.people.choices import Side
from revops.people.models import Team
from sla.choices import BreachCause, ClockKind, ClockStatus, EvidenceKind, Scope, Unit
from sla.fold import side_of
from sla.models import (
    Breach,
    Calendar,
    CalendarVersion,
    Clock,
    Commitment,
    Evidence,
    Territory,
)
from tests.factories.pipeline import LeadFactory

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# A Tuesday, ten in the morning in New York.
TUESDAY = datetime(2026, 3, 3, 15, tzinfo=UTC)
NEW_YORK = {
    "timezone": "America/New_York",
    "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": ["2026-02-16", "2026-05-25"],
    "exceptions": {},
}


class CalendarFactory(DjangoModelFactory):
    """A calendar without hours."""

    name = factory.Sequence("Hours {}".format)

    class Meta:
        model = Calendar


class CalendarVersionFactory(DjangoModelFactory):
    """New York's hours, known since long ago."""

    calendar = factory.SubFactory(CalendarFactory)
    number = 1
    spec = NEW_YORK
    created_at = LONG_AGO
    actor = "system:test"

    class Meta:
        model = CalendarVersion


LADDER = [
    {"label": "Running out", "share": "0.75", "notify": ["owner"]},
    {"label": "Missed", "share": "1", "notify": ["owner", "manager"]},
    {"label": "A day later", "share": "1", "plus_business_days": 1, "notify": ["revops"]},
]


class SlaVersionFactory(DjangoModelFactory):
    """A frozen SLA that asks for no context; its commitments are rows of their own."""

    kind = DocumentKind.SLA
    number = factory.Sequence(lambda number: 900 + number)
    content: dict[str, object] = {
        **default_content(DocumentKind.SLA),
        "ladder": LADDER,
        "handoff_context": [],
    }
    canonical_text = "for tests"
    sha256 = factory.Sequence(lambda number: f"{number:064x}")
    frozen_at = LONG_AGO
    actor = "system:test"

    class Meta:
        model = Version


class ActivationFactory(DjangoModelFactory):
    """A signed SLA in force after every other one."""

    kind = DocumentKind.SLA
    version = factory.SubFactory(SlaVersionFactory)
    is_signed = True
    activated_at = LONG_AGO
    actor = "system:test"

    class Meta:
        model = Activation

    @factory.lazy_attribute
    def effective_from(self):
        last = Activation.objects.filter(kind=DocumentKind.SLA).order_by("-effective_from").first()
        return LONG_AGO if last is None else last.effective_from + timedelta(microseconds=1)


class CommitmentFactory(DjangoModelFactory):
    """Four business hours to the first contact."""

    version = factory.SubFactory(SlaVersionFactory)
    key = factory.SelfAttribute("kind")
    kind = ClockKind.FIRST_CONTACT
    side = factory.LazyAttribute(lambda row: side_of(row.kind))
    scope = Scope.LEAD
    allowance_amount = 4
    unit = Unit.BUSINESS_HOURS
    target_rate = "0.9"
    calendar = factory.LazyFunction(lambda: CalendarVersionFactory().calendar)
    position = 1
    title = "First contact"
    sentence = "Every lead is contacted in time."

    class Meta:
        model = Commitment


def commitment_in_force(**fields):
    """Store a commitment of a signed SLA that is in force for every start."""
    commitment = CommitmentFactory(**fields)
    ActivationFactory(version=commitment.version)
    return commitment


class EvidenceFactory(DjangoModelFactory):
    """A lead was assigned on Tuesday morning."""

    lead = factory.SubFactory(LeadFactory)
    kind = EvidenceKind.ASSIGNED
    occurred_at = TUESDAY
    recorded_at = factory.SelfAttribute("occurred_at")
    actor = "system:test"

    class Meta:
        model = Evidence


class ClockFactory(DjangoModelFactory):
    """A running first-contact clock of an SLA in force."""

    kind = ClockKind.FIRST_CONTACT
    scope = Scope.LEAD
    started_by = factory.SubFactory(EvidenceFactory)
    lead = factory.SelfAttribute("started_by.lead")
    commitment = factory.LazyFunction(commitment_in_force)
    calendar_version = factory.LazyAttribute(
        lambda row: row.commitment.calendar.versions.order_by("number").last()
    )
    side = factory.LazyAttribute(lambda row: side_of(row.kind))
    status = ClockStatus.PENDING
    enforced = True
    started_at = TUESDAY
    due_at = TUESDAY + timedelta(hours=4)
    breach_at = TUESDAY + timedelta(hours=4)
    warn_at = TUESDAY + timedelta(hours=3)

    class Meta:
        model = Clock


class BreachFactory(DjangoModelFactory):
    """The ledger's row of a missed clock."""

    clock = factory.SubFactory(ClockFactory, status=ClockStatus.BREACHED_OPEN)
    commitment = factory.SelfAttribute("clock.commitment")
    side = factory.SelfAttribute("clock.side")
    status = factory.SelfAttribute("clock.status")
    cause = BreachCause.NOTHING_DONE
    due_at = factory.SelfAttribute("clock.due_at")
    breach_at = factory.SelfAttribute("clock.breach_at")
    detected_at = factory.LazyAttribute(lambda row: row.breach_at + timedelta(minutes=1))
    actor = "system:test"

    class Meta:
        model = Breach


class TerritoryFactory(DjangoModelFactory):
    """A sales team in London hours."""

    team = factory.LazyFunction(lambda: Team.objects.create(name="Europe", side=Side.SALES))
    calendar = factory.LazyFunction(
        lambda: CalendarVersionFactory(spec=NEW_YORK | {"timezone": "Europe/London"}).calendar
    )

    class Meta:
        model = Territory
