"""Months are closed once, corrected in the open, and lead to a revision when missed in a row."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from sla import fold, selectors, services
from sla.choices import (
    ClockKind,
    ClockStatus,
    EvidenceKind,
    ExcuseCause,
    RevisionKind,
    Scope,
    Unit,
)
from sla.fold import MonthKept
from sla.models import (
    BreachRevision,
    Clock,
    MonthAdjustment,
    MonthResult,
)
from sla.selectors import Attainment
from sla.selectors.months import closed_months
from sla.services.excuses import ask_excuse, grant_excuse
from tests.factories.people import person
from tests.factories.pipeline import LeadFactory, RepFactory
from tests.factories.sla import (
    BreachFactory,
    ClockFactory,
    EvidenceFactory,
    commitment_in_force,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("three_misses")]

HOUR = timedelta(hours=1)
FEBRUARY, MARCH, APRIL = date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)
# The third business day of April 2026 in New York is the 3rd; it closes at 21:00 UTC.
MARCH_CLOSES = datetime(2026, 4, 3, 21, tzinfo=UTC)
AFTER_MARCH = MARCH_CLOSES + timedelta(minutes=1)


@pytest.fixture
def commitment(calendar):
    """First contact within four business hours, nine times of ten, in force since long ago."""
    return commitment_in_force(calendar=calendar)


def clock(commitment, status, *, due_at, **fields):
    """Store a clock of a team that fell due."""
    started_at = due_at - 4 * HOUR
    evidence = EvidenceFactory(lead=LeadFactory(), occurred_at=started_at)
    if status == ClockStatus.CANCELLED:
        fields["cancel_reason"] = "recalled"
    return ClockFactory(
        **{
            "commitment": commitment, "started_by": evidence, "status": status,
            "started_at": started_at, "due_at": due_at, "breach_at": due_at,
            "warn_at": due_at - HOUR, **fields,
        }
    )  # fmt: skip


def due(month, day=10):
    """Return an instant of a day at noon in New York."""
    return datetime(2026, month, day, 16, tzinfo=UTC)


def months(kind=ClockKind.FIRST_CONTACT):
    """Return the closed months of a kind."""
    return [one for one in closed_months() if one.kind == kind]


@pytest.mark.parametrize(
    ("kept", "streak"),
    [
        pytest.param([True, False, False], 2, id="two running"),
        pytest.param([False, False, True], 0, id="kept last"),
        pytest.param([False, None, False], 2, id="a month without data neither breaks nor counts"),
        pytest.param([], 0, id="nothing yet"),
    ],
)
def test_misses_in_a_row_are_counted_up_to_the_newest(kept, streak):
    months = [MonthKept(date(2026, number, 1), held) for number, held in enumerate(kept, start=1)]

    assert fold.missed_streak(months=months) == streak


@pytest.mark.parametrize(
    ("met", "judged", "kept"),
    [
        pytest.param(9, 10, True, id="exactly the promised share"),
        pytest.param(89, 100, False, id="one short"),
        pytest.param(0, 0, None, id="nothing fell due"),
    ],
)
def test_a_month_is_kept_at_the_promised_share(met, judged, kept):
    assert fold.is_kept(met=met, judged=judged, target_rate="0.9") is kept


def test_a_month_is_frozen_after_its_third_business_day_and_once(commitment):
    clock(commitment, ClockStatus.MET, due_at=due(3))
    clock(commitment, ClockStatus.MET_LATE, due_at=due(3, 11))
    clock(commitment, ClockStatus.EXCUSED, due_at=due(3, 12))
    clock(commitment, ClockStatus.CANCELLED, due_at=due(3, 13))
    clock(commitment, ClockStatus.MET, due_at=due(3), scope=Scope.OWNER)
    clock(commitment, ClockStatus.MET, due_at=due(4, 2))

    early = services.close_months(at=MARCH_CLOSES)
    closed = services.close_months(at=AFTER_MARCH)
    again = services.close_months(at=AFTER_MARCH + HOUR)

    assert (early, closed, again) == (0, 1, 0)
    row = MonthResult.objects.get()
    assert (row.month, row.kind, row.side) == (MARCH, "first_contact", "sales")
    assert (row.met, row.late, row.missed, row.excused, row.cancelled) == (1, 1, 0, 1, 1)
    assert (row.is_enforced, row.is_kept) == (True, False)


def test_a_deadline_belongs_to_the_month_of_the_companys_zone(commitment):
    # 02:00 UTC on 1 April is still March in New York.
    clock(commitment, ClockStatus.MET, due_at=datetime(2026, 4, 1, 2, tzinfo=UTC))

    services.close_months(at=AFTER_MARCH)

    assert MonthResult.objects.get().month == MARCH


def test_a_month_in_which_nothing_fell_due_is_neither_kept_nor_missed(commitment):
    clock(commitment, ClockStatus.MET, due_at=due(2))

    services.close_months(at=AFTER_MARCH)

    assert [(one.month, one.is_kept) for one in months()] == [(FEBRUARY, True), (MARCH, None)]


def test_only_what_was_promised_counts_once_an_sla_is_in_force(commitment):
    clock(commitment, ClockStatus.BREACHED_CLOSED, due_at=due(3), enforced=False)
    clock(commitment, ClockStatus.MET, due_at=due(3))

    services.close_months(at=AFTER_MARCH)

    assert (months()[0].frozen.met, months()[0].frozen.judged) == (1, 1)


def test_later_evidence_becomes_an_adjustment_and_no_edit(commitment):
    held = clock(commitment, ClockStatus.BREACHED_OPEN, due_at=due(3))
    breach = BreachFactory(clock=held)
    services.close_months(at=AFTER_MARCH)
    Clock.objects.filter(pk=held.pk).update(status=ClockStatus.MET)
    BreachRevision.objects.create(
        breach=breach, kind=RevisionKind.RESCINDED, old_status="breached_open", new_status="met",
        at=AFTER_MARCH + HOUR, actor="system:test",
    )  # fmt: skip

    services.close_months(at=AFTER_MARCH + 2 * HOUR)
    services.close_months(at=AFTER_MARCH + 3 * HOUR)

    row = MonthAdjustment.objects.get()
    assert (row.met, row.missed, row.clocks) == (1, -1, [held.pk])
    assert MonthResult.objects.get().missed == 1
    month = months()[0]
    assert (month.was_kept, month.is_kept, month.is_restated) == (False, True, True)


@pytest.fixture
def missed_in_march(commitment):
    """A lead nobody called in March, flagged, and the month closed."""
    lead, rep = LeadFactory(), RepFactory()
    services.record_evidence(
        lead_id=lead.pk, kind="assigned", occurred_at=due(3), actor="system:test", at=due(3),
        rep_id=rep.pk,
    )  # fmt: skip
    services.sweep(at=AFTER_MARCH)
    services.close_months(at=AFTER_MARCH)
    return Clock.objects.get(scope=Scope.LEAD)


def test_a_call_logged_after_the_close_is_an_adjustment(missed_in_march):
    later = AFTER_MARCH + HOUR
    services.record_evidence(
        lead_id=missed_in_march.lead_id, kind=EvidenceKind.OUTREACH, occurred_at=due(3) + HOUR,
        actor="system:test", at=later, payload={"channel": "call"},
    )  # fmt: skip

    services.close_months(at=later + HOUR)

    row = MonthAdjustment.objects.get()
    assert (row.met, row.missed, row.clocks) == (1, -1, [missed_in_march.pk])
    assert services.reconcile_clocks(at=later + HOUR) == []


def test_an_excuse_granted_after_the_close_is_an_adjustment(missed_in_march):
    later = AFTER_MARCH + HOUR
    asked = ask_excuse(
        breach=missed_in_march.breach, cause=ExcuseCause.OUTAGE, by=person("vera"), at=later
    )
    grant_excuse(request=asked, by=person("carla"), at=later + HOUR)

    services.close_months(at=later + 2 * HOUR)

    row = MonthAdjustment.objects.get()
    assert (row.excused, row.missed, row.clocks) == (1, -1, [missed_in_march.pk])
    assert months()[0].now.judged == 0
    assert services.reconcile_clocks(at=later + 2 * HOUR) == []


def test_a_late_import_adjusts_a_closed_month_and_closes_earlier_ones(commitment):
    clock(commitment, ClockStatus.MET, due_at=due(3))
    services.close_months(at=AFTER_MARCH)
    clock(commitment, ClockStatus.BREACHED_CLOSED, due_at=due(3, 12))
    clock(commitment, ClockStatus.MET, due_at=due(2))

    services.close_months(at=AFTER_MARCH + HOUR)

    assert [(one.month, one.frozen.met, one.now.missed) for one in months()] == [
        (FEBRUARY, 1, 0),
        (MARCH, 1, 1),
    ]


def test_reconcile_compares_closed_months_with_their_clocks(calendar, capsys):
    commitment_in_force(calendar=calendar)
    lead = LeadFactory()
    start = due(3)
    services.record_evidence(
        lead_id=lead.pk, kind="assigned", occurred_at=start, actor="system:test", at=start
    )
    services.sweep(at=AFTER_MARCH)
    services.close_months(at=AFTER_MARCH)
    call_command("reconcile")
    said = capsys.readouterr().out
    MonthAdjustment.objects.create(
        result=MonthResult.objects.get(kind="first_contact"), met=1, late=0, missed=0, excused=0,
        cancelled=0, still_open=0, at=AFTER_MARCH, actor="system:test",
    )  # fmt: skip

    found = services.reconcile_clocks(at=AFTER_MARCH)

    assert "agree" in said
    assert [str(one) for one in found] == [
        "first_contact in 2026-03: stored met 1, the evidence says met 0"
    ]


def test_the_volume_of_a_month_is_judged_by_its_own_clock(calendar):
    held = commitment_in_force(
        calendar=calendar, kind=ClockKind.MQL_VOLUME, unit=Unit.PER_MONTH, allowance_amount=None,
        count=2,
    )  # fmt: skip
    opened_at = datetime(2026, 3, 2, 15, tzinfo=UTC)
    services.open_months(at=opened_at)
    lead = LeadFactory()
    services.record_evidence(
        lead_id=lead.pk, kind=EvidenceKind.MQL, occurred_at=due(3), actor="system:test", at=due(3)
    )
    waits = services.close_months(at=AFTER_MARCH)
    services.sweep(at=AFTER_MARCH)

    services.close_months(at=AFTER_MARCH)
    second = LeadFactory()
    services.record_evidence(
        lead_id=second.pk, kind=EvidenceKind.MQL, occurred_at=due(3, 20), actor="system:test",
        at=AFTER_MARCH + HOUR,
    )  # fmt: skip
    services.close_months(at=AFTER_MARCH + 2 * HOUR)

    assert held.count == 2
    assert waits == 0
    month = months(ClockKind.MQL_VOLUME)[0]
    assert (month.counted, month.target, month.was_kept) == (1, 2, False)
    assert (month.counted_now, month.is_kept) == (2, True)


STATUSES = [status for status in ClockStatus if status != ClockStatus.NOT_STARTED]
ENDS = st.lists(
    st.tuples(
        st.sampled_from(STATUSES), st.booleans(), st.sampled_from(["", "merged", "voided", "test"])
    ),
    max_size=12,
)


@given(ends=ENDS)
def test_what_was_opened_ended_somewhere_whatever_happened(ends):
    Clock.objects.all().delete()
    commitment = commitment_in_force()
    for status, is_late, fate in ends:
        held = clock(commitment, status, due_at=due(3 if is_late else 5))
        fates = {
            "merged": {"merged_into": LeadFactory()}, "voided": {"voided_at": due(3)},
            "test": {"is_test": True}, "": {},
        }  # fmt: skip
        for name, value in fates[fate].items():
            setattr(held.lead, name, value)
        held.lead.save()

    opened = selectors.opened_clocks()
    whole = selectors.attainment(clocks=opened, at=AFTER_MARCH)
    parts = selectors.attainment_by(clocks=opened, at=AFTER_MARCH, by=("kind",))

    assert whole.balance == 0
    assert whole.opened == sum(fate != "test" for _, _, fate in ends)
    assert sum(parts.values(), start=Attainment()) == whole
    counted = selectors.attainment(clocks=selectors.team_clocks(), at=AFTER_MARCH)
    assert (counted.met, counted.judged) == (whole.met, whole.judged)


def test_a_roster_without_leads_closes_nothing(calendar):
    RepFactory()

    assert services.close_months(at=AFTER_MARCH) == 0
