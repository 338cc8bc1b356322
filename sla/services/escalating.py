"""The ladder: who hears of a clock, each step once, however often and late this runs.

A step's instant is planned from the evidence as the deadline is, so pauses, handovers and planned
again deadlines move it. What was told stays told: a step is a row, and a clock has it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from revops.outbox.services import Notice, announce
from sla import fold
from sla.choices import ClockStatus, EscalationOutcome
from sla.models import Escalation
from sla.selectors.audience import Asked, audiences
from sla.selectors.facts import facts_of, family_of, rows_of
from sla.services import projecting
from sla.services.batches import BATCH, swept
from sla.services.calendars import current_terms
from sla.services.months import month_outcomes
from sla.services.refolding import identity_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sla.clock import BusinessCalendar
    from sla.services.projecting import StoredClock

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Kept as the next step's instant where there is none."""
TOO_OLD_BUSINESS_DAYS = 5
RUNNING = {str(ClockStatus.PENDING), str(ClockStatus.BREACHED_OPEN)}

# The condition of the index `sla_clock_on_ladder`.
_ON_LADDER = (
    "c.status IN ('pending', 'breached_open') AND c.scope = 'lead' AND c.enforced"
    " AND c.breach_at IS NOT NULL"
)
CLAIM_REACHED = (
    f"{projecting.SELECT} WHERE {_ON_LADDER} AND c.ladder_at <= %s"
    " AND (c.retry_at IS NULL OR c.retry_at < %s)"
    " ORDER BY c.ladder_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED"
)
CLAIM_UNPLANNED = (
    f"{projecting.SELECT} WHERE {_ON_LADDER} AND c.ladder_at IS NULL AND %s IS NOT NULL"
    " AND (c.retry_at IS NULL OR c.retry_at < %s)"
    " LIMIT %s FOR NO KEY UPDATE SKIP LOCKED"
)
PLAN = """
UPDATE sla_clock c SET ladder_step = v.step, ladder_at = v.at
FROM unnest(%s::bigint[], %s::smallint[], %s::timestamptz[]) v(id, step, at) WHERE c.id = v.id
"""


@dataclass(frozen=True, slots=True)
class Reached:
    """A step a clock has come to and nobody has taken."""

    clock: StoredClock
    number: int
    step: fold.Step
    at: datetime
    outcome: EscalationOutcome


def escalate(*, at: datetime, limit: int = BATCH) -> bool:
    """Plan and take the steps of up to `limit` clocks of each claim.

    Clocks are claimed with SKIP LOCKED and their evidence is read in a second statement. The row
    of a step and its notice are written in the same transaction.

    Returns:
        Whether there may be more to do at this instant.
    """
    done = [swept(claim, _climb, at=at, limit=limit) for claim in (CLAIM_UNPLANNED, CLAIM_REACHED)]
    return any(batch.claimed == limit and batch.found for batch in done)


def _climb(clocks: list[StoredClock], at: datetime) -> tuple[list[int], set[int]]:
    """Take every step locked clocks have reached and plan the next; a constant number of reads.

    Returns:
        Ids of the clocks planned, and leads whose stored clocks the evidence contradicts.
    """
    if not clocks:
        return [], set()
    terms = current_terms(at=at)
    outcomes, known_at = _read(clocks, terms, at=at)
    taken = _taken(clocks)
    plans: dict[int, tuple[int, datetime]] = {}
    reached: list[Reached] = []
    stale: set[int] = set()
    for clock in clocks:
        outcome = outcomes.get(clock.identity)
        if outcome is None or str(outcome.status) not in RUNNING:
            stale.add(clock.columns["lead_id"])
            continue
        steps = fold.steps_of(outcome, terms=terms)
        ladder = terms.ladder_of(outcome.promise.version)
        hours = terms.calendar_version(outcome.calendar_version).hours
        found = [
            Reached(clock, number, ladder[number], instant, EscalationOutcome.SENT)
            for number, instant in steps.items()
            if instant is not None and number not in taken.get(clock.id, ())
        ]
        due = [one for one in found if _is_due(one, at=at)]
        reached += [_judged(one, known_at.get(clock.id), hours, at=at) for one in due]
        left = [one.at for one in found if one not in due]
        behind = len(taken.get(clock.id, ())) + len(due)
        plans[clock.id] = behind, min(left, default=NEVER)
    _take(reached, at=at)
    _plan(plans)
    return list(plans), stale - {None}


def _read(
    clocks: list[StoredClock], terms: fold.Terms, *, at: datetime
) -> tuple[dict[tuple[object, ...], fold.Outcome], dict[int, datetime]]:
    """Return what the evidence says of the clocks, and when each came to be known."""
    leads = {clock.columns["lead_id"] for clock in clocks} - {None}
    facts = facts_of(family_of(leads)) if leads else []
    kinds = frozenset(clock.columns["kind"] for clock in clocks)
    outcomes = fold.fold(facts=facts, terms=terms, at=at, only=kinds)
    months = [clock for clock in clocks if clock.columns["month"] is not None]
    outcomes += month_outcomes(clocks=months, terms=terms, at=at)
    recorded = {fact.key: fact.recorded_at for fact in facts}
    known = {
        clock.id: recorded[clock.columns["started_by_id"]]
        for clock in clocks
        if clock.columns["started_by_id"] in recorded
    }
    return {identity_of(outcome): outcome for outcome in outcomes}, known


def _taken(clocks: Iterable[StoredClock]) -> dict[int, set[int]]:
    """Return the steps behind each clock."""
    found: dict[int, set[int]] = {}
    rows = Escalation.objects.filter(clock_id__in=[clock.id for clock in clocks])
    for clock_id, step in rows.values_list("clock_id", "step"):
        found.setdefault(clock_id, set()).add(step)
    return found


def _is_due(one: Reached, *, at: datetime) -> bool:
    """Return whether a step is reached; one after the miss waits for the ledger's entry."""
    flagged = one.clock.columns["status"] == ClockStatus.BREACHED_OPEN
    return one.at <= at and (flagged or not one.step.is_after_miss)


def _judged(
    one: Reached, known_at: datetime | None, hours: BusinessCalendar, *, at: datetime
) -> Reached:
    """Return the step with what it comes to: told, or too late to help anybody."""
    missed = one.clock.columns["status"] == ClockStatus.BREACHED_OPEN
    overtaken = missed and not one.step.is_after_miss
    history = known_at is not None and fold.is_history(reached=one.at, known_at=known_at)
    old = at > hours.same_time(hours.opening(one.at), TOO_OLD_BUSINESS_DAYS)
    if overtaken or history or old:
        return Reached(one.clock, one.number, one.step, one.at, EscalationOutcome.TOO_LATE)
    return one


def _take(reached: list[Reached], *, at: datetime) -> None:
    """Write the steps and the notices of those somebody is to hear of."""
    told = [one for one in reached if one.outcome == EscalationOutcome.SENT]
    asked = [
        Asked(one.clock.columns["side"], one.clock.columns["rep_id"], one.step.notify)
        for one in told
    ]
    heard = dict(zip(map(id, told), audiences(asked, at=at) if told else (), strict=True))
    nobody = {key for key, audience in heard.items() if audience.is_empty}
    Escalation.objects.bulk_create(
        Escalation(
            clock_id=one.clock.id,
            step=one.number,
            outcome=EscalationOutcome.NOBODY if id(one) in nobody else one.outcome,
            reached_at=one.at,
            recorded_at=at,
        )
        for one in reached
    )
    notices = [
        Notice(
            key=f"sla.ladder:{one.clock.id}:{one.number}",
            kind="sla.escalated" if one.step.is_after_miss else "sla.due_soon",
            payload={
                "clock": one.clock.id,
                "step": one.number,
                "to": list(heard[id(one)].users),
                "rep": heard[id(one)].rep_id,
            },
        )
        for one in told
    ]
    if notices:
        announce(notices=notices, at=at)


def _plan(plans: dict[int, tuple[int, datetime]]) -> None:
    """Store how far each clock has come and when its next step is."""
    if plans:
        steps, instants = zip(*plans.values(), strict=True)
        rows_of(PLAN, [list(plans), list(steps), list(instants)])
