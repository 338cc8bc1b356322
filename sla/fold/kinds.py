"""What starts, stops and cancels each kind of clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sla.choices import ClockKind, DispositionValue, EvidenceKind, PauseReason
from sla.fold.facts import FINAL

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence
    from datetime import datetime

    from sla.fold.facts import Fact, Promise
    from sla.fold.timeline import Cycle

# Read for every clock: an attribute of an enumeration costs a call.
ROUTING, FIRST_CONTACT, ATTEMPTS = ClockKind.ROUTING, ClockKind.FIRST_CONTACT, ClockKind.ATTEMPTS
SAL_REVIEW, FINAL_DISPOSITION = ClockKind.SAL_REVIEW, ClockKind.FINAL_DISPOSITION
MQL, ASSIGNED, RECALLED = EvidenceKind.MQL, EvidenceKind.ASSIGNED, EvidenceKind.RECALLED
SQL = DispositionValue.SQL
PAUSABLE = frozenset(
    {
        ClockKind.FIRST_CONTACT,
        ClockKind.SAL_REVIEW,
        ClockKind.ATTEMPTS,
        ClockKind.DISPOSITION,
        ClockKind.FINAL_DISPOSITION,
    }
)
# Every other kind belongs to the lead as a whole or to marketing and has no holder.
HELD = PAUSABLE
CLOSED_BY_CLOSING = frozenset({FIRST_CONTACT, ATTEMPTS, ClockKind.DISPOSITION})
DECIDED = FINAL | {DispositionValue.ACCEPTED}
STOPPED_BY: dict[str, frozenset[str]] = {SAL_REVIEW: DECIDED, FINAL_DISPOSITION: FINAL}
"""The outcomes that stop a clock; every other kind stops at any outcome."""
FROM_MQL = frozenset({ROUTING, SAL_REVIEW})
FROM_ASSIGNMENT = frozenset({FIRST_CONTACT, ATTEMPTS, FINAL_DISPOSITION, ClockKind.LEAD_AGE})
Cancel = tuple["Fact", str]


def start_of(kind: str, cycle: Cycle) -> Fact | None:
    """Return the fact that starts the cycle's clock of a kind; None while it has not started."""
    if kind in FROM_MQL:
        return _first(cycle.of(MQL))
    assigned = _first(cycle.of(ASSIGNED))
    if kind in FROM_ASSIGNMENT:
        return assigned
    if assigned is None:
        return None if _is_own_find(cycle) else _first(cycle.attempts())
    return _between(cycle.attempts(), assigned.occurred_at)


def _is_own_find(cycle: Cycle) -> bool:
    """Return whether sales works a captured lead that nobody handed over: it owes no outcome."""
    return bool(cycle.of(EvidenceKind.CAPTURED)) and not cycle.of(MQL)


def stop_of(
    kind: str, promise: Promise, cycle: Cycle, *, start: datetime, before: datetime | None = None
) -> tuple[Fact | None, int | None]:
    """Return the fact that stops a clock and, for attempts, how many were counted.

    Args:
        kind: The kind of clock.
        promise: Its commitment; attempts read the number and what counts from it.
        cycle: The facts.
        start: Facts that occurred earlier stop nothing.
        before: Facts at or after this instant belong to the next holder.
    """
    if kind == ATTEMPTS:
        attempts = [
            fact
            for fact in cycle.attempts()
            if fact.occurred_at >= start and (before is None or fact.occurred_at < before)
        ]
        return _counted(promise, attempts)
    if kind == FIRST_CONTACT:
        return _between(cycle.attempts(), start, before), None
    if kind == ROUTING:
        return _between(cycle.of(ASSIGNED), start, before), None
    undone = cycle.undone if kind == FINAL_DISPOSITION else ()
    outcomes = cycle.dispositions()
    return _between(outcomes, start, before, values=STOPPED_BY.get(kind), undone=undone), None


def cancel_of(kind: str, cycle: Cycle, *, start: datetime) -> Cancel | None:
    """Return the first fact that takes a clock out of the counts, and why."""
    recalls = cycle.of(RECALLED)
    closings = cycle.closings() if kind in CLOSED_BY_CLOSING else ()
    if kind == ATTEMPTS:
        sold = [fact for fact in cycle.dispositions() if fact.value == SQL]
        closings = [*closings, *sold]
    if not recalls and not closings:
        return None
    found: list[Cancel] = [(fact, "recalled") for fact in recalls]
    found += [(fact, "terminal_disposition") for fact in closings]
    return _earliest(found, start)


def calendar_of(promise: Promise, cycle: Cycle, *, start: datetime) -> Any:
    """Return the calendar a clock that starts at `start` counts in, for good.

    It is the territory's of whoever holds the lead then, where the promise follows territories
    and there is one; a lead nobody holds yet counts in the promise's own.
    """
    if not promise.follows_territory:
        return promise.calendar
    held = [
        fact
        for fact in cycle.of(EvidenceKind.ASSIGNED)
        if fact.rep is not None and fact.occurred_at <= start
    ]
    # A handoff may be told by two facts of one instant, of which one knows the territory.
    last = [fact for fact in held if fact.occurred_at == held[-1].occurred_at]
    found = (fact.payload.get("calendar") for fact in last)
    return next((calendar for calendar in found if calendar), promise.calendar)


def feedback_items(cycle: Cycle) -> list[Fact]:
    """Return what marketing has to answer: notes, rejections, leads returned with a question."""
    found = [
        *cycle.of(EvidenceKind.FEEDBACK),
        *(fact for fact in cycle.dispositions() if fact.value == DispositionValue.REJECTED),
        *(
            fact
            for fact in cycle.of(EvidenceKind.PAUSED)
            if fact.reason == PauseReason.WAITING_ON_MARKETING
        ),
    ]
    return sorted(found, key=lambda fact: fact.order)


def answer_of(item: Fact, cycle: Cycle) -> Fact | None:
    """Return the first reply to a feedback item; a reply that names none answers all."""
    resumes = item.kind == EvidenceKind.PAUSED
    for fact in cycle.facts:
        if fact.occurred_at < item.occurred_at or fact.key == item.key:
            continue
        if fact.kind == EvidenceKind.FEEDBACK_ANSWERED and _names(fact, item):
            return fact
        if resumes and fact.kind == EvidenceKind.RESUMED:
            return fact
    return None


def withdrawal_of(item: Fact, cycle: Cycle) -> Cancel | None:
    """Return what takes a feedback item back."""
    found: list[Cancel] = [
        (fact, "withdrawn")
        for fact in cycle.of(EvidenceKind.FEEDBACK_WITHDRAWN)
        if _names(fact, item)
    ]
    found += [(fact, "recalled") for fact in cycle.of(EvidenceKind.RECALLED)]
    return _earliest(found, item.occurred_at)


def _names(fact: Fact, item: Fact) -> bool:
    """Return whether a reply concerns an item: it names its key or source id, or nothing."""
    answers = fact.payload.get("answers")
    if not answers:
        return True
    named = {str(answer) for answer in answers}
    return str(item.key) in named or (bool(item.source_id) and item.source_id in named)


def _counted(promise: Promise, attempts: Iterable[Fact]) -> tuple[Fact | None, int]:
    """Return the attempt that fulfils the number, and how many distinct ones there were.

    An attempt less than `collapse_minutes` after the last counted one on its channel is the same
    attempt. A conversation fulfils the promise at once: nobody is told to keep calling someone
    who answered.
    """
    window = timedelta(minutes=promise.collapse_minutes)
    needed = promise.count or 1
    last: dict[str, datetime] = {}
    distinct = 0
    first_counts = 0 if promise.includes_first else 1
    for fact in attempts:
        seen = last.get(fact.channel)
        if seen is None or fact.occurred_at - seen >= window:
            last[fact.channel] = fact.occurred_at
            distinct += 1
        counted = max(distinct - first_counts, 0)
        if counted >= needed or fact.is_conversation:
            return fact, counted
    return None, max(distinct - first_counts, 0)


def _first(facts: Sequence[Fact]) -> Fact | None:
    """Return the first fact, if any."""
    return facts[0] if facts else None


def _between(
    facts: Iterable[Fact],
    start: datetime,
    before: datetime | None = None,
    *,
    values: Container[str] | None = None,
    undone: Container[Any] = (),
) -> Fact | None:
    """Return the first fact at or after `start` and before `before`, with one of the values."""
    for fact in facts:
        if fact.occurred_at < start:
            continue
        if before is not None and fact.occurred_at >= before:
            return None
        if (values is None or fact.value in values) and fact.key not in undone:
            return fact
    return None


def _earliest(found: list[Cancel], start: datetime) -> Cancel | None:
    """Return the first of what occurred at or after `start`."""
    later = [cancel for cancel in found if cancel[0].occurred_at >= start]
    return min(later, key=lambda cancel: cancel[0].order, default=None)
