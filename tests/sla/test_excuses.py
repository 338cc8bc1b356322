"""Excuses: the side that missed asks, others decide, the breach stays and says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sla import fold, services
from sla.choices import ClockKind, ClockStatus, EvidenceKind, RevisionKind, Unit
from sla.fold.judge import excuse
from sla.fold.timeline import Cycle
from sla.models import Breach, BreachRevision, Clock, Evidence, ExcuseRequest
from sla.services import (
    ExcuseForbiddenError,
    ExcuseRefusedError,
    ExcuseStaleError,
    ask_excuse,
    decline_excuse,
    grant_excuse,
)
from tests.factories.people import person
from tests.factories.pipeline import RepFactory
from tests.factories.sla import TUESDAY, EvidenceFactory, commitment_in_force

pytestmark = pytest.mark.django_db
LATER = TUESDAY + timedelta(days=2)
HOUR = timedelta(hours=1)


@pytest.fixture
def sam():
    return person("sam")


@pytest.fixture
def breach(sam):
    """Sam was assigned a lead on Tuesday and nobody called."""
    commitment_in_force()
    rep = RepFactory(user=sam)
    lead = EvidenceFactory(rep=rep).lead
    services.refold(lead_ids=[lead.pk], at=LATER)
    return Breach.objects.get()


def ask(breach, by, *, cause="outage", note="", at=LATER):
    return ask_excuse(breach=breach, cause=cause, note=note, by=by, at=at)


def clock():
    return Clock.objects.get(kind=ClockKind.FIRST_CONTACT)


def test_asking_changes_nothing_yet(breach, sam):
    request = ask(breach, sam, note="The line was dead.")

    assert (request.decision, request.asked_by) == ("", sam)
    assert clock().status == ClockStatus.BREACHED_OPEN


def test_a_grant_excuses_the_clock_and_keeps_the_breach(breach, sam):
    carla = person("carla")
    request = ask(breach, sam)

    grant_excuse(request=request, by=carla, at=LATER + HOUR)

    request.refresh_from_db()
    revision = BreachRevision.objects.get(breach=breach)
    assert (request.decision, request.decided_by) == ("granted", carla)
    assert clock().status == ClockStatus.EXCUSED
    assert (revision.kind, revision.evidence.actor) == (RevisionKind.EXCUSED, f"user:{carla.pk}")
    assert revision.evidence.payload == {"clock": "first_contact", "reason": "outage"}
    assert Breach.objects.ledger().get() == breach
    assert services.reconcile_clocks(at=LATER + HOUR) == []


def test_a_declined_request_leaves_the_breach_and_may_be_asked_again(breach, sam):
    request = ask(breach, sam)
    decline_excuse(request=request, by=person("rita"), note="The line was fine.", at=LATER + HOUR)

    again = ask(breach, sam, at=LATER + 2 * HOUR)

    assert clock().status == ClockStatus.BREACHED_OPEN
    assert not Evidence.objects.filter(kind=EvidenceKind.EXCUSED).exists()
    assert again.pk != request.pk


@pytest.mark.parametrize("who", ["mara", "carla", "ed"])
def test_the_other_side_does_not_ask(breach, who):
    with pytest.raises(ExcuseForbiddenError, match="Sales missed it"):
        ask(breach, person(who))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"cause": "weather"}, "Choose a cause", id="an unknown cause"),
        pytest.param({"cause": "other"}, "Say in the note", id="another cause without words"),
    ],
)
def test_a_request_needs_its_cause(breach, sam, fields, message):
    with pytest.raises(ExcuseRefusedError, match=message):
        ask(breach, sam, **fields)


def test_one_request_is_open_at_a_time(breach, sam):
    ask(breach, sam)

    with pytest.raises(ExcuseStaleError, match="asked already"):
        ask(breach, person("vera"))


@pytest.mark.parametrize(
    ("who", "message"),
    [
        pytest.param("vera", "own side", id="the own leader"),
        pytest.param("mara", "Your role", id="a member of the other side"),
        pytest.param("ed", "Your role", id="a viewer"),
    ],
)
def test_who_does_not_decide(breach, sam, who, message):
    request = ask(breach, sam)

    with pytest.raises(ExcuseForbiddenError, match=message):
        grant_excuse(request=request, by=person(who), at=LATER + HOUR)

    assert ExcuseRequest.objects.get().decision == ""


def test_who_asked_does_not_decide(breach):
    rita = person("rita")
    request = ask(breach, rita)

    with pytest.raises(ExcuseForbiddenError, match="Who asks"):
        grant_excuse(request=request, by=rita, at=LATER + HOUR)


def test_a_decision_is_made_once(breach, sam):
    request = ask(breach, sam)
    grant_excuse(request=request, by=person("rita"), at=LATER + HOUR)

    with pytest.raises(ExcuseStaleError, match="granted already"):
        decline_excuse(request=request, by=person("carla"), note="No.", at=LATER + HOUR)
    with pytest.raises(ExcuseStaleError, match="excused already"):
        ask(breach, sam)


def test_declining_needs_words(breach, sam):
    request = ask(breach, sam)

    with pytest.raises(ExcuseRefusedError, match="Say why"):
        decline_excuse(request=request, by=person("rita"), note=" ", at=LATER + HOUR)


def test_a_breach_later_evidence_took_back_is_not_granted(breach, sam):
    request = ask(breach, sam)
    services.record_evidence(
        lead_id=breach.clock.lead_id,
        kind=EvidenceKind.OUTREACH,
        occurred_at=TUESDAY + HOUR,
        actor="key:1",
        at=LATER,
        payload={"channel": "call"},
    )

    with pytest.raises(ExcuseStaleError, match="took this breach back"):
        grant_excuse(request=request, by=person("rita"), at=LATER + HOUR)


def test_late_evidence_still_takes_an_excused_breach_back(breach, sam):
    grant_excuse(request=ask(breach, sam), by=person("rita"), at=LATER + HOUR)

    services.record_evidence(
        lead_id=breach.clock.lead_id,
        kind=EvidenceKind.OUTREACH,
        occurred_at=TUESDAY + HOUR,
        actor="key:1",
        at=LATER + 2 * HOUR,
        payload={"channel": "call"},
    )

    kinds = BreachRevision.objects.order_by("pk").values_list("kind", flat=True)
    assert clock().status == ClockStatus.MET
    assert list(kinds) == [RevisionKind.EXCUSED, RevisionKind.RESCINDED]


def test_an_excuse_of_one_feedback_item_leaves_the_other(sam):
    commitment_in_force(kind=ClockKind.MARKETING_FEEDBACK, allowance_amount=1)
    first = EvidenceFactory(kind=EvidenceKind.FEEDBACK)
    EvidenceFactory(kind=EvidenceKind.FEEDBACK, lead=first.lead, occurred_at=TUESDAY + HOUR)
    services.refold(lead_ids=[first.lead_id], at=LATER)
    missed = Breach.objects.get(clock__started_by=first)

    request = ask(missed, person("mara"))
    grant_excuse(request=request, by=person("vera"), at=LATER + HOUR)

    found = Clock.objects.order_by("started_at").values_list("status", flat=True)
    assert list(found) == [ClockStatus.EXCUSED, ClockStatus.BREACHED_OPEN]


def test_a_missed_month_is_excused_and_keeps_its_count():
    commitment_in_force(
        kind=ClockKind.MQL_VOLUME, unit=Unit.PER_MONTH, allowance_amount=None, count=120
    )
    services.open_months(at=TUESDAY)
    closed = datetime(2026, 4, 4, tzinfo=UTC)
    services.flag_breaches(at=closed)
    request = ask(Breach.objects.get(), person("carla"), at=closed)

    grant_excuse(request=request, by=person("vera"), at=closed + HOUR)

    month = Clock.objects.get()
    revision = BreachRevision.objects.get()
    assert (month.status, month.counted) == (ClockStatus.EXCUSED, 0)
    assert revision.evidence.payload["month"] == "2026-03-01"
    assert services.reconcile_clocks(at=closed + HOUR) == []


def test_an_excuse_without_a_clock_is_about_every_miss_of_the_cycle():
    outcome = fold.Outcome(
        lead=1, cycle=1, kind="attempts", promise=None, enforced=True, calendar_version=1
    )
    fact = fold.Fact(
        key=7, lead=1, kind="excused", occurred_at=TUESDAY, recorded_at=TUESDAY,
        payload={"reason": "outage"},
    )  # fmt: skip

    excuse(outcome, Cycle(1, [fact]))

    assert (outcome.status, outcome.excused_by) == (ClockStatus.EXCUSED, 7)
