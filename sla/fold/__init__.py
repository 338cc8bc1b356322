"""The fold: evidence and promises in, clock outcomes out. Pure; a stored clock is its projection.

The order in which facts arrived, and when a job happened to look, never change the outcome: only
when things occurred does. `at` decides no more than whether a promise still running is missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sla.choices import ClockKind, ClockStatus, EvidenceKind, Scope
from sla.fold import kinds, timeline
from sla.fold.age import lead_age
from sla.fold.facts import (
    Agreement,
    CalendarVersion,
    Fact,
    Outcome,
    Promise,
    Step,
    Terms,
    side_of,
)
from sla.fold.gates import GATES, gates
from sla.fold.judge import Run, plan_of
from sla.fold.ladder import is_history, steps_of
from sla.fold.ledger import Change, Entry, FutureEvidenceError, clamped, settle
from sla.fold.months import MonthKept, is_kept, missed_months, missed_streak
from sla.fold.plans import VECTOR_FROM, told
from sla.fold.volume import Pace, closes_at, first_of_next, months_of, pace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sla.fold.plans import Plan
    from sla.fold.timeline import Cycle

__all__ = [
    "Agreement",
    "CalendarVersion",
    "Change",
    "Entry",
    "Fact",
    "FutureEvidenceError",
    "MonthKept",
    "Outcome",
    "Pace",
    "Promise",
    "Step",
    "Terms",
    "clamped",
    "closes_at",
    "first_of_next",
    "fold",
    "is_history",
    "is_kept",
    "missed_months",
    "missed_streak",
    "months_of",
    "pace",
    "settle",
    "side_of",
    "steps_of",
]

ALL = frozenset(ClockKind.values)
SCOPES = (Scope.LEAD, Scope.OWNER)
# Read for every clock: an attribute of an enumeration costs a call.
ROUTING, LEAD = ClockKind.ROUTING, Scope.LEAD
PER_CYCLE = (
    ClockKind.ROUTING,
    ClockKind.FIRST_CONTACT,
    ClockKind.SAL_REVIEW,
    ClockKind.ATTEMPTS,
    ClockKind.DISPOSITION,
    ClockKind.FINAL_DISPOSITION,
)


def fold(
    *,
    facts: Iterable[Fact],
    terms: Terms,
    at: datetime,
    only: frozenset[str] = ALL,
    vector_from: int = VECTOR_FROM,
) -> list[Outcome]:
    """Return the outcome of every clock of the leads the facts belong to.

    Leads joined by a merge are folded together under the surviving lead, which takes the earliest
    start and the earliest stop of both; the merged lead keeps its own clocks, marked merged.

    Args:
        facts: All evidence of the leads, and of leads merged into them, in any order.
        terms: Every agreement and calendar version they may meet.
        at: The instant up to which nothing more is known to have happened.
        only: The kinds of clocks asked for.
        vector_from: From so many clocks on their sums are made on arrays; the outcomes are equal.

    Returns:
        Lead and owner clocks, not the monthly volume (`pace`); clocks that have not started are
        included with `started_by` None.
    """
    families, merged = timeline.families(facts)
    plans: list[Outcome | Plan] = []
    for lead, members in families.items():
        plans.extend(_lead(members, lead=lead, terms=terms, at=at, only=only))
    for members in merged.values():
        plans.extend(_merged(members, terms, only))
    return told(plans, terms=terms, vector_from=vector_from)


def _merged(facts: list[Fact], terms: Terms, only: frozenset[str]) -> Iterator[Outcome]:
    """Yield the clocks of a lead that was merged away, as they stood then."""
    merge = next(fact for fact in facts if fact.kind == EvidenceKind.MERGED)
    plans = _lead(facts, lead=merge.lead, terms=terms, at=merge.occurred_at, only=only)
    for outcome in told(plans, terms=terms):
        outcome.status, outcome.missed = ClockStatus.MERGED, False
        outcome.paused_since = outcome.pause_until = None
        outcome.pause_reason = ""
        yield outcome


def _lead(
    facts: list[Fact], *, lead: Any, terms: Terms, at: datetime, only: frozenset[str]
) -> Iterator[Outcome | Plan]:
    """Yield the clocks of one lead, most of them as plans."""
    for cycle in timeline.cycles(facts, lead=lead):
        raised = any(fact.payload.get("hand_raiser") for fact in cycle.facts)
        for kind in PER_CYCLE:
            if kind in only:
                yield from _kind(kind, cycle, lead=lead, terms=terms, at=at, raised=raised)
        if ClockKind.LEAD_AGE in only:
            yield from lead_age(cycle, lead=lead, terms=terms)
        for kind in GATES:
            if kind in only:
                yield from gates(cycle, kind=kind, lead=lead, terms=terms)
        items = kinds.feedback_items(cycle) if ClockKind.MARKETING_FEEDBACK in only else []
        for item in items:
            run = _feedback(item, cycle, lead=lead, terms=terms)
            if run is not None:
                yield plan_of(run, cycle=cycle, terms=terms, at=at)


def _feedback(item: Fact, cycle: Cycle, *, lead: Any, terms: Terms) -> Run | None:
    """Return the clock of one feedback item."""
    agreement = terms.agreement_at(item.occurred_at)
    promise = agreement.promise(ClockKind.MARKETING_FEEDBACK) if agreement else None
    if agreement is None or promise is None:
        return None
    return Run(
        lead=lead,
        kind=ClockKind.MARKETING_FEEDBACK,
        agreement=agreement,
        promise=promise,
        started_by=item,
        start=item.occurred_at,
        stop=kinds.answer_of(item, cycle),
        cancel=kinds.withdrawal_of(item, cycle),
    )


def _kind(
    kind: str, cycle: Cycle, *, lead: Any, terms: Terms, at: datetime, raised: bool
) -> Iterator[Outcome | Plan]:
    """Yield the lead clock of one kind and the owner clocks beside it."""
    started_by = kinds.start_of(kind, cycle)
    if started_by is None:
        yield from _not_started(kind, cycle, lead=lead, terms=terms, raised=raised)
        return
    agreement = terms.agreement_at(started_by.occurred_at)
    if agreement is None:
        return
    start = started_by.occurred_at
    for scope in SCOPES:
        promise = agreement.promise(kind, scope=scope, raised=raised)
        if promise is None:
            continue
        stop, counted = kinds.stop_of(kind, promise, cycle, start=start)
        if kind == ROUTING:
            stop = _already_assigned(cycle, start) or stop
        run = Run(
            lead=lead,
            kind=kind,
            agreement=agreement,
            promise=promise,
            started_by=started_by,
            start=start,
            stop=stop,
            cancel=kinds.cancel_of(kind, cycle, start=start),
            counted=counted,
        )
        runs = (run,) if scope == LEAD else _holds(run, cycle)
        for each in runs:
            yield plan_of(each, cycle=cycle, terms=terms, at=at)


def _not_started(
    kind: str, cycle: Cycle, *, lead: Any, terms: Terms, raised: bool
) -> Iterator[Outcome]:
    """Yield the clock of a lead in hand that nothing has started yet."""
    since = cycle.of(EvidenceKind.ASSIGNED) or cycle.of(EvidenceKind.MQL)
    agreement = terms.agreement_at(since[0].occurred_at) if since else None
    promise = agreement.promise(kind, raised=raised) if agreement else None
    if agreement is not None and promise is not None:
        calendar = kinds.calendar_of(promise, cycle, start=since[0].occurred_at)
        version = terms.calendar_at(calendar, since[0].occurred_at)
        yield Outcome(
            lead=lead,
            cycle=cycle.number,
            kind=kind,
            promise=promise,
            enforced=agreement.enforced,
            calendar_version=version.key,
        )


def _already_assigned(cycle: Cycle, start: datetime) -> Fact | None:
    """Return the assignment that stood when the lead became an MQL: it was routed before."""
    before = [fact for fact in cycle.of(EvidenceKind.ASSIGNED) if fact.occurred_at <= start]
    return before[-1] if before else None


def _holds(run: Run, cycle: Cycle) -> Iterator[Run]:
    """Yield one run per person who held the lead while the lead clock ran."""
    holds: list[Fact] = []
    for fact in cycle.of(EvidenceKind.ASSIGNED):
        if not holds:
            holds.append(fact)
        elif holds[-1].rep is None and holds[-1].occurred_at == fact.occurred_at:
            # The stage change and the assignment of one handoff; the latter knows the person.
            holds[-1] = fact
        elif fact.rep is not None and holds[-1].rep != fact.rep:
            holds.append(fact)
    ended = [fact.order for fact in (run.stop, run.cancel and run.cancel[0]) if fact]
    for index, hold in enumerate(holds):
        handover = holds[index + 1] if index + 1 < len(holds) else None
        if handover is not None and handover.occurred_at <= run.start:
            continue
        if ended and min(ended) < hold.order:
            break
        late = hold.occurred_at > run.start
        start = hold.occurred_at if late else run.start
        before = handover.occurred_at if handover else None
        stop, counted = kinds.stop_of(run.kind, run.promise, cycle, start=start, before=before)
        yield Run(
            lead=run.lead,
            kind=run.kind,
            agreement=run.agreement,
            promise=run.promise,
            started_by=hold if late else run.started_by,
            start=start,
            stop=stop,
            cancel=kinds.cancel_of(run.kind, cycle, start=start),
            handover=handover,
            rep=hold.rep,
            counted=counted,
        )
