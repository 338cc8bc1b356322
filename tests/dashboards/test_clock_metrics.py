"""Metrics over clocks, counted by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboards.registry import REGISTRY
from dashboards.selectors.promises import open_breaches
from sla.choices import ClockKind, ClockStatus, Scope, Unit
from tests.factories.dashboards import AT, asked, instant, lead_from
from tests.factories.sla import ClockFactory, EvidenceFactory, commitment_in_force

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agreement")]

START = instant("2026-11-02 09:00")


@pytest.fixture
def commitment(agreement):
    """Four business hours, of an SLA in force."""
    return commitment_in_force()


def clock(commitment, status, *, seconds=None, started_at=START, lead=None, **fields):
    """Store a clock due four hours after its start."""
    evidence = EvidenceFactory(lead=lead or lead_from(channel="social"), occurred_at=started_at)
    due_at = started_at + timedelta(hours=4)
    if status == ClockStatus.CANCELLED:
        fields["cancel_reason"] = "closed"
    stopped = {ClockStatus.MET, ClockStatus.MET_LATE}
    return ClockFactory(
        **{
            "commitment": commitment, "started_by": evidence, "status": status,
            "started_at": started_at, "due_at": due_at, "breach_at": due_at,
            "warn_at": due_at - timedelta(hours=1), "business_seconds": seconds,
            "stopped_at": started_at + timedelta(seconds=seconds) if status in stopped else None,
            **fields,
        }
    )  # fmt: skip


def test_response_counts_nobody_contacted_as_slower_than_all(commitment):
    clock(commitment, ClockStatus.MET, seconds=0)
    clock(commitment, ClockStatus.MET, seconds=600)
    clock(commitment, ClockStatus.MET_LATE, seconds=20_000)
    clock(commitment, ClockStatus.BREACHED_OPEN)

    total = REGISTRY["response_time"].total(asked("response_time"))

    assert (total.numerator, total.n) == (2, 4)
    assert total.value == 10_300
    assert total.details["p90"] is None
    assert (total.details["never_contacted"], total.details["within_promise"]) == (1, 0.5)
    assert total.details["mean_of_answered"] == pytest.approx(6866.67, abs=0.01)


def test_response_has_no_median_where_most_got_no_answer(commitment):
    clock(commitment, ClockStatus.MET, seconds=60)
    clock(commitment, ClockStatus.BREACHED_OPEN)
    clock(commitment, ClockStatus.BREACHED_CLOSED)

    assert REGISTRY["response_time"].total(asked("response_time")).value is None


def test_a_lead_still_in_time_is_not_judged(commitment):
    clock(commitment, ClockStatus.PENDING, started_at=AT - timedelta(hours=1))

    total = REGISTRY["response_time"].total(asked("response_time"))

    assert (total.n, total.excluded, total.value) == (0, 1, None)


def test_an_overdue_clock_counts_as_missed_before_any_sweep(commitment):
    clock(commitment, ClockStatus.PENDING)
    clock(commitment, ClockStatus.MET, seconds=60)

    total = REGISTRY["sla_attainment"].total(asked("sla_attainment"))

    assert (total.numerator, total.n) == (1, 2)
    assert open_breaches(at=AT).count == 1


def test_attainment_shows_excused_apart_and_forgets_cancelled(commitment):
    clock(commitment, ClockStatus.MET, seconds=60)
    clock(commitment, ClockStatus.MET_LATE, seconds=60_000)
    clock(commitment, ClockStatus.EXCUSED)
    clock(commitment, ClockStatus.CANCELLED)
    clock(commitment, ClockStatus.SUPERSEDED)
    clock(commitment, ClockStatus.MERGED)

    total = REGISTRY["sla_attainment"].total(asked("sla_attainment"))

    assert (total.numerator, total.n, total.excluded) == (1, 2, 1)
    assert (total.details["late"], total.details["excused"]) == (1, 1)


def test_personal_clocks_and_test_leads_never_count(commitment):
    clock(commitment, ClockStatus.MET, seconds=60, scope=Scope.OWNER)
    clock(commitment, ClockStatus.MET, seconds=60, lead=lead_from(channel="social", is_test=True))

    assert REGISTRY["sla_attainment"].total(asked("sla_attainment")).n == 0


def test_attainment_goes_by_commitment_and_side(commitment):
    clock(commitment, ClockStatus.MET, seconds=60)
    routing = commitment_in_force(kind=ClockKind.ROUTING)
    clock(routing, ClockStatus.BREACHED_CLOSED, kind=ClockKind.ROUTING)
    metric = REGISTRY["sla_attainment"]

    by_commitment = {
        found.key: found.value
        for found in metric.groups(asked("sla_attainment", group_by="commitment"))
    }
    only_sales = metric.total(asked("sla_attainment", side="sales"))

    assert by_commitment == {"first_contact": 1.0, "routing": 0.0}
    assert only_sales.n == 1


def test_clocks_of_a_provisional_sla_are_overdue_but_no_breaches(commitment):
    clock(commitment, ClockStatus.BREACHED_OPEN, enforced=False)

    found = open_breaches(at=AT)

    assert (found.count, found.unenforced_count) == (0, 1)


def handoff(kind, status, *, at=AT - timedelta(hours=3), measure=None, **fields):
    held = commitment_in_force(kind=kind, unit=Unit.AT_HANDOFF, allowance_amount=None)
    lead = lead_from(channel="social")
    evidence = EvidenceFactory(lead=lead, kind="assigned", occurred_at=at)
    instants = dict.fromkeys(("started_at", "due_at", "breach_at", "stopped_at"), at)
    if status == ClockStatus.NOT_STARTED:
        instants = dict.fromkeys(("due_at", "breach_at", "stopped_at")) | {"started_at": at}
    return ClockFactory(
        lead=lead, commitment=held, started_by=evidence, kind=kind, side="marketing",
        status=status, measure=measure or {}, warn_at=None, **instants | fields,
    )  # fmt: skip


def test_context_is_complete_where_nothing_lacked():
    handoff("context", ClockStatus.MET)
    handoff("context", ClockStatus.MET)
    missed = handoff("context", ClockStatus.BREACHED_CLOSED, measure={"missing": ["company"]})
    handoff("context", ClockStatus.EXCUSED, measure={"missing": ["company"]})

    metric = REGISTRY["context_completeness"]
    total = metric.total(asked("context_completeness"))

    assert (total.numerator, total.n, total.excluded) == (2, 3, 1)
    assert total.details["excused"] == 1
    assert missed.pk in metric.facts(asked("context_completeness")).values_list("pk", flat=True)


def test_an_age_nobody_knows_is_counted_apart():
    handoff("lead_age", ClockStatus.MET, measure={"age_seconds": 600})
    handoff("lead_age", ClockStatus.MET, measure={"age_seconds": 800})
    handoff("lead_age", ClockStatus.BREACHED_CLOSED, measure={"age_seconds": 400_000})
    handoff("lead_age", ClockStatus.NOT_STARTED, cancel_reason="capture_unknown")

    total = REGISTRY["lead_age"].total(asked("lead_age"))

    assert (total.numerator, total.n, total.excluded) == (2, 3, 1)
    assert (total.details["unknown"], total.details["median_age_seconds"]) == (1, 800)
