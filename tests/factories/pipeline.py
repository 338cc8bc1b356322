"""The smallest valid leads; `mql`, `assigned` and `accepted` bring one there by the services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from pipeline.choices import Origin, SourceGroup, Stage
from pipeline.models import Channel, Company, Lead
from pipeline.services.assignments import assign_rounds
from pipeline.services.moves import move_rounds
from pipeline.services.rows import AssignmentRow, Move
from revops.people.models import Rep

# A Tuesday, ten in the morning in New York.
NOON = datetime(2026, 3, 3, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class RepFactory(DjangoModelFactory):
    """A rep on the roster who takes leads."""

    external_id = factory.Sequence("rep-{}".format)
    name = "Sam Ortiz"
    takes_leads = True

    class Meta:
        model = Rep


class CompanyFactory(DjangoModelFactory):
    """A company."""

    match_key = factory.Sequence("company{}.example".format)
    name = "Halden Robotics"

    class Meta:
        model = Company


class ChannelFactory(DjangoModelFactory):
    """A marketing channel; a second call with the same key returns the first's row."""

    key = "paid_search"
    name = "Paid search"
    source_group = SourceGroup.MARKETING

    class Meta:
        model = Channel
        django_get_or_create = ["key"]


class LeadFactory(DjangoModelFactory):
    """A lead in nurture."""

    source_system = "hubspot"
    external_id = factory.Sequence("lead-{}".format)
    company = factory.SubFactory(CompanyFactory)
    first_name = "Priya"
    last_name = "Nair"
    email = "priya@halden.example"
    captured_at = NOON - DAY
    recorded_at = NOON - DAY
    changed_at = NOON - DAY

    class Meta:
        model = Lead


def moved(lead, to, *, at=NOON, is_history=False, **fields):
    """Move the lead and return it as stored; a refusal fails the test."""
    origin = Origin.IMPORT if is_history else Origin.FORM
    (result,) = move_rounds(
        moves=[Move(lead_id=lead.pk, to=to, **fields)],
        actor="system:test",
        origin=origin,
        at=at,
        is_history=is_history,
    )
    assert result.code is None, result.message
    return Lead.objects.get(pk=lead.pk)


def mql(*, at=NOON, **fields):
    """Store a lead that became MQL at `at` and waits among the unassigned."""
    return moved(LeadFactory(**fields), Stage.MQL, at=at)


def assigned(rep, *, at=NOON, **fields):
    """Store a lead that was assigned to `rep` at `at`."""
    lead = mql(at=at, **fields)
    (result,) = assign_rounds(
        rows=[AssignmentRow(lead_id=lead.pk, rep_id=rep.pk)],
        actor="system:test",
        origin=Origin.JOB,
        at=at,
    )
    assert result.code is None, result.message
    return Lead.objects.get(pk=lead.pk)


def accepted(rep, *, at=NOON, **fields):
    """Store a lead that sales accepted at `at`."""
    return moved(assigned(rep, at=at, **fields), Stage.ACCEPTED, at=at)
