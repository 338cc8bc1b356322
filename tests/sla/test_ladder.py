"""The escalation ladder: the right people, at the step's instant, once."""

import os
import time
from datetime import timedelta

import pytest
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st

from revops.outbox.models import Message
from revops.people.choices import Role
from revops.people.models import Absence, Team
from sla import services
from sla.choices import ClockStatus, EscalationOutcome, EvidenceKind, Unit
from sla.clock import BusinessCalendar
from sla.fold import Promise, Step
from sla.fold.deadlines import deadline
from sla.fold.ladder import step_at
from sla.models import Clock, Escalation
from sla.services import escalating
from tests.factories.people import UserFactory
from tests.factories.pipeline import LeadFactory, RepFactory
from tests.factories.sla import NEW_YORK, TUESDAY, commitment_in_force

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WARNED = TUESDAY + 3 * HOUR
DUE = TUESDAY + 4 * HOUR
HOURS = BusinessCalendar.from_dict(NEW_YORK)
MISSED = Step(label="Missed", percent=100)


def told(lead, kind, occurred_at, *, at=None, **fields):
    return services.record_evidence(
        lead_id=lead.pk,
        kind=kind,
        occurred_at=occurred_at,
        actor="system:test",
        at=at or occurred_at,
        **fields,
    )


@pytest.fixture
def sam(db):
    return RepFactory(name="Sam Ortiz")


@pytest.fixture
def lead(sam):
    commitment_in_force()
    lead = LeadFactory()
    told(lead, EvidenceKind.ASSIGNED, TUESDAY, rep_id=sam.pk)
    return lead


def steps():
    return list(Escalation.objects.order_by("step").values_list("step", "outcome"))


def notices(kind):
    return list(Message.objects.filter(kind=kind, channel="app").order_by("id"))


@given(
    quarters=st.integers(1, 20),
    percent=st.sampled_from([25, 50, 75]),
    minutes=st.integers(0, 60 * 24 * 30),
)
def test_a_step_is_the_deadline_of_its_share(quarters, percent, minutes):
    start = TUESDAY + minutes * MINUTE
    whole = Promise(
        key=1, kind="first_contact", unit=Unit.BUSINESS_HOURS, version=1, amount=4 * quarters
    )
    part = Promise(
        key=1,
        kind="first_contact",
        unit=Unit.BUSINESS_HOURS,
        version=1,
        amount=quarters * percent // 25,
    )

    reached = step_at(
        step=Step(label="", percent=percent), promise=whole, calendar=HOURS, start=start
    )
    missed = step_at(step=MISSED, promise=part, calendar=HOURS, start=start)

    expected = deadline(promise=part, calendar=HOURS, start=start)
    assert (reached, missed) == (expected.due_at, expected.breach_at)


@pytest.mark.parametrize(
    ("start", "amount", "expected"),
    [
        pytest.param(TUESDAY, 4, DUE + DAY, id="same time next day"),
        pytest.param(TUESDAY, 7, TUESDAY + 47 * HOUR, id="due at closing counts from opening"),
        pytest.param(TUESDAY + 3 * DAY, 4, DUE + 6 * DAY - HOUR, id="over weekend and DST"),
    ],
)
def test_a_business_day_later(start, amount, expected):
    promise = Promise(
        key=1, kind="first_contact", unit=Unit.BUSINESS_HOURS, version=1, amount=amount
    )
    step = Step(label="", percent=100, plus_business_days=1)

    assert step_at(step=step, promise=promise, calendar=HOURS, start=start) == expected


def test_the_first_run_plans_and_tells_nobody(lead):
    services.sweep(at=TUESDAY)

    clock = Clock.objects.get()
    assert (clock.ladder_step, clock.ladder_at) == (0, WARNED)
    assert not Message.objects.exists()


def test_the_owner_is_warned_once(lead, sam):
    for minutes in (0, 1, 2):
        services.sweep(at=WARNED + minutes * MINUTE)

    [notice] = notices("sla.due_soon")
    assert (notice.payload["rep"], notice.payload["to"]) == (sam.pk, [])
    assert steps() == [(0, EscalationOutcome.SENT)]
    assert Clock.objects.get().ladder_at == DUE


def test_the_miss_goes_to_owner_and_manager_and_a_day_later_to_revops(lead, sam):
    vera = UserFactory(role=Role.SALES_LEADER)
    rita = UserFactory(role=Role.REVOPS)

    for at in (TUESDAY, WARNED, DUE, DUE + MINUTE, DUE + DAY, DUE + 2 * DAY):
        services.sweep(at=at)

    missed, later = notices("sla.escalated")
    assert (missed.payload["rep"], missed.payload["to"]) == (sam.pk, [vera.pk])
    assert missed.created_at == DUE + MINUTE
    assert (later.payload["rep"], later.payload["to"]) == (None, [rita.pk])
    assert later.created_at == DUE + DAY
    assert Clock.objects.get().ladder_at == escalating.NEVER


def test_leaders_of_the_holders_team_come_before_the_others(sam, lead):
    west = Team.objects.create(name="West", side="sales")
    UserFactory(role=Role.SALES_LEADER)
    vera = UserFactory(role=Role.SALES_LEADER, team=west)
    sam.team = west
    sam.save()

    services.sweep(at=DUE + MINUTE)

    assert notices("sla.escalated")[0].payload["to"] == [vera.pk]


def test_the_cover_hears_in_place_of_who_is_away(lead, sam):
    cover = RepFactory()
    Absence.objects.create(
        rep=sam, starts_on=TUESDAY.date(), ends_on=TUESDAY.date() + DAY, cover=cover
    )

    services.sweep(at=WARNED)

    assert notices("sla.due_soon")[0].payload["rep"] == cover.pk


def test_marketings_leaders_answer_for_what_nobody_holds(db):
    carla = UserFactory(role=Role.MARKETING_LEADER)
    commitment_in_force(kind="routing", allowance_amount=60, unit=Unit.CALENDAR_MINUTES)
    told(LeadFactory(), EvidenceKind.MQL, TUESDAY)

    services.sweep(at=TUESDAY + 50 * MINUTE)

    assert notices("sla.due_soon")[0].payload["to"] == [carla.pk]


def test_a_step_nobody_hears_says_so(lead):
    services.sweep(at=DUE + MINUTE)
    services.sweep(at=DUE + DAY)

    assert steps()[-1] == (2, EscalationOutcome.NOBODY)


def test_a_call_in_time_ends_the_climb(lead):
    services.sweep(at=TUESDAY)
    told(lead, EvidenceKind.OUTREACH, TUESDAY + HOUR, payload={"channel": "call"})

    services.sweep(at=DUE + DAY)

    assert steps() == []


def test_after_an_outage_the_warning_is_too_late_and_the_miss_is_told(lead):
    services.sweep(at=DUE + HOUR)

    assert steps() == [(0, EscalationOutcome.TOO_LATE), (1, EscalationOutcome.SENT)]
    assert notices("sla.due_soon") == []


def test_imported_history_is_not_escalated(sam):
    commitment_in_force()
    told(LeadFactory(), EvidenceKind.ASSIGNED, TUESDAY, at=TUESDAY + 3 * DAY, rep_id=sam.pk)

    services.sweep(at=TUESDAY + 3 * DAY)

    assert {outcome for _, outcome in steps()} == {EscalationOutcome.TOO_LATE}


def test_a_pause_moves_the_next_step(lead):
    services.sweep(at=TUESDAY)
    told(lead, EvidenceKind.PAUSED, TUESDAY + HOUR, payload={"reason": "waiting_on_marketing"})
    services.sweep(at=WARNED)
    paused = Clock.objects.get().ladder_at
    told(lead, EvidenceKind.RESUMED, TUESDAY + 2 * HOUR)

    services.sweep(at=WARNED)

    assert (paused, Clock.objects.get().ladder_at) == (None, WARNED + HOUR)
    assert steps() == []


def test_an_unsigned_ladder_is_not_climbed(lead):
    Clock.objects.update(enforced=False)

    services.escalate(at=DUE + MINUTE)

    assert steps() == []


def test_a_clock_that_goes_takes_its_steps_along(lead):
    services.sweep(at=WARNED)
    told(
        lead,
        EvidenceKind.ASSIGNED,
        TUESDAY,
        source="crm",
        source_id="a-2",
        at=WARNED,
    )
    first = Clock.objects.get()
    services.projecting.delete([first.pk])

    assert not Escalation.objects.exists()


def test_reads_do_not_grow_with_clocks(lead, sam, django_assert_num_queries):
    services.sweep(at=TUESDAY)
    with connection.execute_wrapper(counted := Counter()):
        services.escalate(at=WARNED)
    one = counted.number
    for _ in range(5):
        told(LeadFactory(), EvidenceKind.ASSIGNED, TUESDAY + 2 * MINUTE, rep_id=sam.pk)
    services.escalate(at=TUESDAY + 2 * MINUTE)

    with connection.execute_wrapper(counted := Counter()):
        services.escalate(at=WARNED + 2 * MINUTE)

    assert Escalation.objects.count() == 6
    assert counted.number == one


class Counter:
    def __init__(self):
        self.number = 0

    def __call__(self, execute, *arguments):
        self.number += 1
        return execute(*arguments)


def escalator(at):
    """Start a process that escalates in small batches."""
    pid = os.fork()
    if pid:
        return pid
    try:
        connections.close_all()
        for _ in range(40):
            services.escalate(at=at, limit=7)
    finally:
        os._exit(0)


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_and_killed_ones_take_each_step_once():
    commitment_in_force()
    rep = RepFactory()
    leads = [LeadFactory() for _ in range(60)]
    for lead in leads:
        told(lead, EvidenceKind.ASSIGNED, TUESDAY, rep_id=rep.pk)
    services.flag_breaches(at=DUE + MINUTE)
    connections.close_all()

    victims = [escalator(DUE + MINUTE) for _ in range(3)]
    time.sleep(0.3)
    for pid in victims:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    for pid in [escalator(DUE + MINUTE) for _ in range(2)]:
        os.waitpid(pid, 0)

    assert Escalation.objects.filter(step=1, outcome="sent").count() == len(leads)
    assert Message.objects.filter(kind="sla.escalated", channel="app").count() == len(leads)
    assert set(Clock.objects.values_list("status", "ladder_at")) == {
        (ClockStatus.BREACHED_OPEN, DUE + DAY)
    }
