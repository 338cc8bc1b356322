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
    times = deadline(promise=promise, calendar=version.hours, start=captured.occurred_at)
    age = handoff.occurred_at - captured.occurred_at
    outcome.started_at, outcome.due_at, outcome.breach_at = (
        captured.occurred_at,
        times.due_at,
        times.breach_at,
    )
    outcome.stopped_at, outcome.stopped_by = handoff.occurred_at, handoff.key
    outcome.measure = {"age_seconds": seconds(age)}
    outcome.business_seconds = seconds(
        version.hours.between(captured.occurred_at, handoff.occurred_at)
    )
    outcome.status = ClockStatus.MET
    if handoff.occurred_at > times.due_at:
        outcome.missed, outcome.status = True, ClockStatus.BREACHED_CLOSED
        over = handoff.occurred_at - times.due_at
        outcome.late_calendar_seconds = seconds(over)
        outcome.late_business_seconds = seconds(
            version.hours.between(times.due_at, handoff.occurred_at)
        )
        outcome.measure["over_by_seconds"] = seconds(over)
        if is_excused(ClockKind.LEAD_AGE, cycle):
            outcome.status = ClockStatus.EXCUSED
    yield outcome
