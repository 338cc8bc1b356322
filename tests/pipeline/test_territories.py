"""Promises that follow territories count in the hours of whoever holds the lead at the start."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.choices import Origin
from pipeline.rows import LeadRow
from pipeline.services.assignments import assign_rounds
from pipeline.services.intake import take_in
from pipeline.services.rows import AssignmentRow
from sla import services
from sla.choices import Scope, Unit
from sla.models import Clock, Evidence
from sla.services.refolding import refold
from tests.factories.pipeline import HOUR, NOON, RepFactory, assigned, mql
from tests.factories.sla import (
    CalendarVersionFactory,
    CommitmentFactory,
    TerritoryFactory,
    commitment_in_force,
)

pytestmark = pytest.mark.django_db

# At NOON it is 10:00 in New York and 15:00 in London, which closes two hours later.
FOUR_HOURS_IN_LONDON = datetime(2026, 3, 4, 11, tzinfo=UTC)


@pytest.fixture
def territory(agreement):
    return TerritoryFactory()


@pytest.fixture
def london(territory):
    return RepFactory(name="Lena Ash", team=territory.team)


def promised(**fields):
    return commitment_in_force(
        allowance_amount=4, unit=Unit.BUSINESS_HOURS, follows_territory=True, **fields
    )


def arrive():
    row = LeadRow.model_validate(
        {
            "external_id": "web-1",
            "channel": "Paid search",
            "email": "priya@halden.example",
            "first_name": "Priya",
            "last_name": "Nair",
            "company": "Halden",
            "company_domain": "halden.example",
            "company_size": 400,
            "industry": "software",
            "country": "US",
            "title": "VP Operations",
            "seniority": "vp",
            "technology": ["salesforce"],
            "fit_score": 90,
            "hand_raiser": True,
        }
    )
    (result,) = take_in(
        rows=[row],
        actor="system:test",
        source_system="website",
        origin=Origin.API,
        at=NOON,
    )
    return result


def give(lead, rep, *, at):
    (result,) = assign_rounds(
        rows=[AssignmentRow(lead_id=lead.pk, rep_id=rep.pk)],
        actor="system:test",
        origin=Origin.API,
        at=at,
    )
    return result


def test_clock_counts_in_the_holders_territory(london, territory):
    promised()

    lead = assigned(london)

    clock = Clock.objects.get(lead=lead, kind="first_contact")
    assert clock.calendar_version.calendar == territory.calendar
    assert Evidence.objects.filter(lead=lead, payload__calendar=territory.calendar_id).exists()


def test_promise_that_follows_none_counts_in_its_own_hours(london):
    commitment = commitment_in_force()

    lead = assigned(london)

    clock = Clock.objects.get(lead=lead, kind="first_contact")
    assert clock.calendar_version.calendar == commitment.calendar


def test_team_without_a_territory_counts_in_the_promises_hours(territory):
    commitment = promised()

    lead = assigned(RepFactory())

    clock = Clock.objects.get(lead=lead, kind="first_contact")
    assert clock.calendar_version.calendar == commitment.calendar


def test_intake_starts_clocks_in_the_territory_of_whom_it_chose(london, territory):
    promised()

    arrive()

    clock = Clock.objects.get(kind="first_contact")
    assert clock.due_at == FOUR_HOURS_IN_LONDON
    assert clock.calendar_version.calendar == territory.calendar


def test_intake_says_what_folding_again_says(london):
    promised()
    arrive()
    before = list(Clock.objects.order_by("id").values())

    refold(lead_ids=[before[0]["lead_id"]], at=NOON)

    assert list(Clock.objects.order_by("id").values()) == before
    assert list(services.reconcile_clocks(at=NOON)) == []


def test_lead_clock_stays_and_owner_clock_moves_with_the_lead(london, territory):
    commitment = promised()
    promised_to_owner = CommitmentFactory(
        version=commitment.version, scope=Scope.OWNER, follows_territory=True
    )
    lead = assigned(london)

    give(lead, RepFactory(name="Ana Ruiz"), at=NOON + HOUR)

    of_lead = Clock.objects.get(lead=lead, kind="first_contact", scope=Scope.LEAD)
    owners = Clock.objects.filter(lead=lead, scope=Scope.OWNER).order_by("started_at")
    calendars = [clock.calendar_version.calendar for clock in owners]
    assert of_lead.calendar_version.calendar == territory.calendar
    assert calendars == [territory.calendar, promised_to_owner.calendar]


def test_lead_nobody_holds_at_the_start_counts_in_the_promises_hours(london):
    commitment = promised(kind="sal_review")
    lead = mql()

    give(lead, london, at=NOON + HOUR)

    assert Clock.objects.get(lead=lead).calendar_version.calendar == commitment.calendar


def test_territory_that_moves_to_other_hours_moves_no_clock(london, territory):
    promised()
    lead = assigned(london)
    before = Clock.objects.get(lead=lead).calendar_version
    territory.calendar = CalendarVersionFactory().calendar
    territory.save()

    refold(lead_ids=[lead.pk], at=NOON + HOUR)

    assert Clock.objects.get(lead=lead).calendar_version == before


def test_assignment_told_again_after_the_territory_moved_is_no_conflict(london, territory):
    fact = services.EvidenceRow(
        lead_id=assigned(london).pk,
        kind="outreach",
        occurred_at=NOON,
        source="dialer",
        source_id="1",
    )
    services.record_evidence_batch(rows=[fact], actor="system:test", at=NOON)
    moved = services.EvidenceRow(
        **{name: getattr(fact, name) for name in ("lead_id", "kind", "occurred_at")},
        source="dialer",
        source_id="1",
        payload={"calendar": territory.calendar_id},
    )

    assert services.record_evidence_batch(rows=[moved], actor="system:test", at=NOON) == 0
