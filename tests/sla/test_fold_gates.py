"""What marketing promises of a handoff: judged once, by what the evidence said then."""

from datetime import UTC, datetime, timedelta

import pytest

from sla.choices import ClockKind, ClockStatus, EvidenceKind, Unit
from sla.clock import BusinessCalendar
from sla.fold import Agreement, CalendarVersion, Fact, Promise, Terms, fold

MONDAY = datetime(2026, 2, 2, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURS = BusinessCalendar.from_dict(
    {"timezone": "America/New_York", "weekly": {"mon": [["09:00", "17:00"]]}, "holidays": [],
     "exceptions": {}}
)  # fmt: skip


def terms(*, enforced=True):
    promises = tuple(
        Promise(key=kind, kind=kind, unit=Unit.AT_HANDOFF, version=1, side="marketing", calendar=1)
        for kind in (ClockKind.MINIMUM_FIT, ClockKind.CONTEXT)
    )
    start = MONDAY - timedelta(days=90)
    return Terms(
        agreements=[
            Agreement(version=1, effective_from=start, enforced=enforced, promises=promises)
        ],
        calendars=[CalendarVersion(key=1, calendar=1, effective_from=start, hours=HOURS)],
    )


def fact(key, kind, at=MONDAY, **payload):
    return Fact(
        key=key, lead=1, kind=kind, occurred_at=at, recorded_at=at, source="t",
        source_id=str(key), payload=payload,
    )  # fmt: skip


def mql(at=MONDAY, **payload):
    return fact(1, EvidenceKind.MQL, at, **payload)


def assigned(key=2, at=MONDAY, **payload):
    return fact(key, EvidenceKind.ASSIGNED, at, **payload)


def judged(*facts, kind, **options):
    found = fold(facts=facts, terms=terms(**options), at=MONDAY + 9 * HOUR, only={kind})
    return found[0] if found else None


@pytest.mark.parametrize(
    ("payload", "status", "measure"),
    [
        pytest.param({}, "met", {}, id="decided by the definition"),
        pytest.param(
            {"fit": 50, "fit_threshold": 50}, "met", {"fit": 50, "fit_threshold": 50},
            id="exactly the threshold",
        ),
        pytest.param(
            {"fit": 49, "fit_threshold": 50}, "breached_closed",
            {"fit": 49, "fit_threshold": 50}, id="one point below",
        ),
        pytest.param({"fit": None, "fit_threshold": 50}, "not_started", {}, id="fit unknown"),
    ],
)  # fmt: skip
def test_minimum_fit_is_read_from_the_evidence_of_the_mql(payload, status, measure):
    found = judged(mql(**payload), assigned(), kind=ClockKind.MINIMUM_FIT)

    assert (found.status, found.measure) == (status, measure)


@pytest.mark.parametrize(
    ("payload", "status", "measure"),
    [
        pytest.param({}, "met", {}, id="nothing lacked"),
        pytest.param({"missing": []}, "met", {}, id="an empty list"),
        pytest.param(
            {"missing": ["form_text", "company"]}, "breached_closed",
            {"missing": ["form_text", "company"]}, id="two items lacked",
        ),
    ],
)  # fmt: skip
def test_context_is_read_from_the_evidence_of_the_assignment(payload, status, measure):
    found = judged(mql(), assigned(**payload), kind=ClockKind.CONTEXT)

    assert (found.status, found.measure) == (status, measure)


def test_a_gate_stands_at_the_instant_of_the_handoff():
    found = judged(mql(), assigned(at=MONDAY + HOUR, missing=["company"]), kind=ClockKind.CONTEXT)

    instants = {found.started_at, found.due_at, found.breach_at, found.stopped_at}
    assert instants == {MONDAY + HOUR}
    assert (found.started_by, found.stopped_by, found.rep, found.missed) == (2, 2, None, True)


def test_a_lead_assigned_before_it_was_an_mql_is_handed_over_with_the_mql():
    found = judged(
        assigned(missing=["company"]), mql(MONDAY + HOUR), kind=ClockKind.CONTEXT
    )  # fmt: skip

    assert (found.due_at, found.started_by) == (MONDAY + HOUR, 2)


def test_only_the_first_assignment_is_judged():
    found = judged(
        mql(), assigned(), assigned(3, MONDAY + HOUR, missing=["company"]), kind=ClockKind.CONTEXT
    )

    assert found.status == ClockStatus.MET


def test_an_assignment_taken_back_leaves_the_next_one_to_be_judged():
    void = Fact(
        key=4, lead=1, kind=EvidenceKind.VOIDED, occurred_at=MONDAY + HOUR,
        recorded_at=MONDAY + HOUR, payload={"source": "t", "source_id": "2"},
    )  # fmt: skip

    found = judged(
        mql(), assigned(missing=["company"]), void, assigned(3, MONDAY + 2 * HOUR),
        kind=ClockKind.CONTEXT,
    )  # fmt: skip

    assert (found.status, found.due_at) == (ClockStatus.MET, MONDAY + 2 * HOUR)


def test_stage_change_and_assignment_of_one_handoff_are_told_together():
    found = judged(mql(), assigned(), assigned(3, missing=["company"]), kind=ClockKind.CONTEXT)

    assert found.measure == {"missing": ["company"]}


@pytest.mark.parametrize("kind", [ClockKind.MINIMUM_FIT, ClockKind.CONTEXT])
@pytest.mark.parametrize(
    "facts",
    [
        pytest.param([assigned(missing=["company"])], id="no MQL: sales found it itself"),
        pytest.param([mql(fit=1, fit_threshold=50)], id="not handed over yet"),
    ],
)
def test_nothing_is_judged_without_a_handoff_of_an_mql(facts, kind):
    assert judged(*facts, kind=kind) is None


def test_an_unsigned_sla_measures_a_gate_and_never_breaches():
    found = judged(mql(), assigned(missing=["company"]), kind=ClockKind.CONTEXT, enforced=False)

    assert (found.status, found.missed, found.breaches) == ("breached_closed", True, False)


def test_imported_history_measures_a_gate_and_never_breaches():
    found = judged(mql(), assigned(missing=["company"], measure_only=True), kind=ClockKind.CONTEXT)

    assert not found.breaches


def test_a_missed_gate_can_be_excused():
    excuse = fact(5, EvidenceKind.EXCUSED, MONDAY + HOUR, reason="outage", clock="context")

    found = judged(mql(), assigned(missing=["company"]), excuse, kind=ClockKind.CONTEXT)

    assert (found.status, found.missed) == (ClockStatus.EXCUSED, True)


def test_the_second_cycle_is_judged_by_its_own_handoff():
    facts = [
        mql(),
        assigned(missing=["company"]),
        fact(3, EvidenceKind.DISPOSITION, MONDAY + HOUR, value="recycled", reason="not_now"),
        fact(4, EvidenceKind.MQL, MONDAY + 48 * HOUR),
        fact(5, EvidenceKind.ASSIGNED, MONDAY + 48 * HOUR),
    ]

    found = fold(
        facts=facts, terms=terms(), at=MONDAY + 60 * HOUR, only=frozenset({ClockKind.CONTEXT})
    )

    assert [(one.cycle, one.status) for one in found] == [(1, "breached_closed"), (2, "met")]
