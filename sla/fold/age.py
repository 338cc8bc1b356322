"""The age of a lead at handoff: judged once and frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sla.choices import ClockKind, ClockStatus, EvidenceKind
from sla.fold import kinds
from sla.fold.deadlines import deadline
from sla.fold.facts import Outcome
from sla.fold.judge import is_excused, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sla.clock import BusinessCalendar
    from sla.fold.facts import Terms
    from sla.fold.timeline import Cycle

UNKNOWN = "capture_unknown"


def lead_age(cycle: Cycle, *, lead: Any, terms: Terms) -> Iterator[Outcome]:
    """Yield how old the lead was when it was first assigned; at most one outcome.

    The age is elapsed time since the first conversion of the cycle. Without one it is unknown and
    counted apart, never zero.
    """
    handoff = kinds.start_of(ClockKind.LEAD_AGE, cycle)
    agreement = terms.agreement_at(handoff.occurred_at) if handoff else None
    promise = agreement.promise(ClockKind.LEAD_AGE) if agreement else None
    if handoff is None or agreement is None or promise is None:
        return
    version = terms.calendar_at(promise.calendar, handoff.occurred_at)
    outcome = Outcome(
        lead=lead,
        cycle=cycle.number,
        kind=ClockKind.LEAD_AGE,
        promise=promise,
        enforced=agreement.enforced and not handoff.payload.get("measure_only"),
        calendar_version=version.key,
        started_by=handoff.key,
    )
    captured = next(
        (
            fact
            for fact in cycle.of(EvidenceKind.CAPTURED)
            if fact.occurred_at <= handoff.occurred_at
        ),
        None,
    )
    if captured is None:
        outcome.cancel_reason = UNKNOWN
        yield outcome
        return
    _judge(outcome, captured.occurred_at, handoff.occurred_at, version.hours)
    if outcome.missed and is_excused(ClockKind.LEAD_AGE, cycle):
        outcome.status = ClockStatus.EXCUSED
    yield outcome


def _judge(
    outcome: Outcome, captured_at: datetime, handed_at: datetime, hours: BusinessCalendar
) -> None:
    """Fill in the age, and by how much it is over the limit."""
    times = deadline(promise=outcome.promise, calendar=hours, start=captured_at)
    outcome.started_at, outcome.due_at, outcome.breach_at = (
        captured_at,
        times.due_at,
        times.breach_at,
    )
    outcome.stopped_at, outcome.stopped_by = handed_at, outcome.started_by
    outcome.measure = {"age_seconds": seconds(handed_at - captured_at)}
    outcome.business_seconds = seconds(hours.between(captured_at, handed_at))
    outcome.status = ClockStatus.MET
    if handed_at > times.due_at:
        over = handed_at - times.due_at
        outcome.missed, outcome.status = True, ClockStatus.BREACHED_CLOSED
        outcome.late_calendar_seconds = seconds(over)
        outcome.late_business_seconds = seconds(hours.between(times.due_at, handed_at))
        outcome.measure["over_by_seconds"] = seconds(over)
