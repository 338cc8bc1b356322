"""The fold on arbitrary evidence: it never fails, arrival does not matter, rows can be stored."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sla import fold
from sla.choices import ClockKind, ClockStatus, PauseReason
from sla.clock import BusinessCalendar
from tests.sla.rule_words import NYC

MONDAY = datetime(2026, 2, 2, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
AT = MONDAY + 60 * timedelta(days=1)
KINDS = (
    ("captured", {}),
    ("mql", {}),
    ("assigned", {}),
    ("outreach", {"channel": "call"}),
    ("outreach", {"channel": "email", "outcome": "replied"}),
    ("outreach", {"channel": "call", "automatic": True}),
    ("disposition", {"value": "working"}),
    ("disposition", {"value": "accepted"}),
    ("disposition", {"value": "rejected", "reason": "not_icp"}),
    ("disposition", {"value": "rejected"}),
    ("disposition", {"value": "recycled"}),
    ("disposition", {"value": "sql"}),
    ("feedback", {}),
    ("feedback_answered", {}),
    ("feedback_withdrawn", {}),
    ("paused", {"reason": "waiting_on_marketing", "cap_business_days": 2}),
    ("paused", {"reason": "prospect_asked_later", "until": "2026-02-20"}),
    ("resumed", {}),
    ("recalled", {"reason": "test"}),
    ("merged", {"into": "A"}),
    ("merged", {"into": "B"}),
    ("voided", {"source": "crm", "source_id": "1"}),
    ("replanned", {}),
    ("excused", {"reason": "storm"}),
)
UNITS = {
    ClockKind.ROUTING: ("calendar_minutes", 5),
    ClockKind.FIRST_CONTACT: ("business_hours", 4),
    ClockKind.SAL_REVIEW: ("business_days", 2),
    ClockKind.ATTEMPTS: ("calendar_days", 7),
    ClockKind.DISPOSITION: ("business_days", 2),
    ClockKind.FINAL_DISPOSITION: ("calendar_days", 14),
    ClockKind.MARKETING_FEEDBACK: ("business_days", 5),
    ClockKind.LEAD_AGE: ("calendar_hours", 72),
}
TERMS = fold.Terms(
    agreements=[
        fold.Agreement(
            version=version,
            effective_from=since,
            enforced=version == 2,
            promises=tuple(
                fold.Promise(
                    key=(version, kind, scope),
                    kind=kind,
                    unit=unit,
                    version=version,
                    amount=amount,
                    scope=scope,
                    side=fold.side_of(kind),
                    count=3,
                    calendar="company",
                )
                for kind, (unit, amount) in UNITS.items()
                for scope in ("lead", "owner")
            ),
        )
        for version, since in ((1, MONDAY - 9000 * HOUR), (2, MONDAY + 60 * HOUR))
    ],
    calendars=[
        fold.CalendarVersion(
            key=key,
            calendar="company",
            effective_from=since,
            hours=BusinessCalendar.from_dict(spec),
        )
        for key, since, spec in (
            ("v1", MONDAY - 9000 * HOUR, NYC),
            ("v2", MONDAY + 100 * HOUR, NYC | {"holidays": ["2026-02-09", "2026-02-10"]}),
        )
    ],
)


@st.composite
def evidence(draw):
    found = []
    for key in range(draw(st.integers(1, 14))):
        kind, payload = draw(st.sampled_from(KINDS))
        occurred_at = MONDAY + draw(st.integers(0, 500)) * HOUR / 2
        known = kind in {"outreach", "disposition", "assigned"} and draw(st.booleans())
        found.append(
            fold.Fact(
                key=key,
                lead=draw(st.sampled_from("AB")),
                kind=kind,
                occurred_at=occurred_at,
                recorded_at=occurred_at + draw(st.integers(0, 48)) * HOUR,
                rep=draw(st.sampled_from([None, "ana", "bo"])) if kind == "assigned" else None,
                stated_cycle=draw(st.sampled_from([None, None, 1, 2, 3])),
                source="crm" if known else "",
                source_id=str(key) if known else "",
                payload=payload,
            )
        )
    return found


def essence(outcomes):
    return sorted(
        (repr(replace(outcome, promise=None)), outcome.promise.key) for outcome in outcomes
    )


@settings(max_examples=200, deadline=None)
@given(facts=evidence(), seed=st.randoms(use_true_random=False))
def test_order_of_reading_changes_nothing(facts, seed):
    told = essence(fold.fold(facts=facts, terms=TERMS, at=AT))
    seed.shuffle(facts)

    assert essence(fold.fold(facts=facts, terms=TERMS, at=AT)) == told


@settings(max_examples=200, deadline=None)
@given(facts=evidence(), hours=st.integers(0, 1000))
def test_every_outcome_can_be_stored(facts, hours):
    at = MONDAY + hours * HOUR
    outcomes = fold.fold(facts=facts, terms=TERMS, at=at)
    stored = [outcome for outcome in outcomes if outcome.started_by is not None]

    assert len({outcome.identity for outcome in stored}) == len(stored)
    for outcome in stored:
        pending = outcome.status == ClockStatus.PENDING
        paused = outcome.paused_since is not None
        assert outcome.breach_at is None or outcome.breach_at >= outcome.due_at
        assert not pending or outcome.stopped_at is None
        assert not pending or paused == (outcome.breach_at is None)
        assert paused == (outcome.pause_until is not None) == bool(outcome.pause_reason)
        assert outcome.pause_reason in {"", *PauseReason.values}
        assert outcome.stopped_by is None or outcome.stopped_at is not None
        assert outcome.status != ClockStatus.CANCELLED or outcome.cancel_reason
        assert not outcome.missed or (outcome.due_at and outcome.breach_at)
        for seconds in (outcome.business_seconds, outcome.late_business_seconds):
            assert seconds is None or seconds >= 0


@settings(max_examples=200, deadline=None)
@given(facts=evidence())
def test_the_ledger_settles_at_once(facts):
    for outcome in fold.fold(facts=facts, terms=TERMS, at=AT):
        change = fold.settle(entry=None, outcome=outcome)
        if change is not None:
            assert outcome.breaches
            assert fold.settle(entry=change.entry, outcome=outcome) is None
