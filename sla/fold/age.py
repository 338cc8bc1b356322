"""The age of a lead at handoff: judged once and frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sla.choices import ClockKind, ClockStatus, EvidenceKind
from sla.fold import kinds
from sla.fold.facts import Outcome
from sla.fold.judge import excuse
from sla.fold.plans import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sla.fold.deadlines import Deadline, Pause
    from sla.fold.facts import CalendarVersion, Promise, Terms
    from sla.fold.plans import Lengths, Plan
    from sla.fold.timeline import Cycle

UNKNOWN = "capture_unknown"


@dataclass(slots=True)
class AgePlan:
    """A lead handed over, captured at `start`; `frame` is its outcome but for the verdict."""

    frame: Outcome
    cycle: Cycle
    promise: Promise
    version: CalendarVersion
    start: datetime
    handed_at: datetime
    pauses: Sequence[Pause] = ()

    def outcome(self, times: Deadline, lengths: Lengths) -> Outcome:
        """Return the age, and by how much it is over the limit."""
        outcome, hours, handed_at = self.frame, self.version.hours, self.handed_at
        outcome.started_at, outcome.due_at, outcome.breach_at = (
            self.start,
            times.due_at,
            times.breach_at,
        )
        outcome.stopped_at, outcome.stopped_by = handed_at, outcome.started_by
        outcome.measure = {"age_seconds": seconds(handed_at - self.start)}
        lengths.put(outcome, "business_seconds", hours=hours, start=self.start, end=handed_at)
        outcome.status = ClockStatus.MET
        if handed_at > times.due_at:
            over = handed_at - times.due_at
            outcome.missed, outcome.status = True, ClockStatus.BREACHED_CLOSED
            outcome.late_calendar_seconds = seconds(over)
            lengths.put(
                outcome, "late_business_seconds", hours=hours, start=times.due_at, end=handed_at
            )
            outcome.measure["over_by_seconds"] = seconds(over)
            excuse(outcome, self.cycle)
        return outcome


def lead_age(cycle: Cycle, *, lead: Any, terms: Terms) -> Iterator[Outcome | Plan]:
    """Yield how old the lead was when it was first assigned; at most one clock.

    The age is elapsed time since the first conversion of the cycle. Without one it is unknown and
    counted apart, never zero.
    """
    handoff = kinds.start_of(ClockKind.LEAD_AGE, cycle)
    agreement = terms.agreement_at(handoff.occurred_at) if handoff else None
    promise = agreement.promise(ClockKind.LEAD_AGE) if agreement else None
    if handoff is None or agreement is None or promise is None:
        return
    calendar = kinds.calendar_of(promise, cycle, start=handoff.occurred_at)
    version = terms.calendar_at(calendar, handoff.occurred_at)
    frame = Outcome(
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
        frame.cancel_reason = UNKNOWN
        yield frame
        return
    yield AgePlan(frame, cycle, promise, version, captured.occurred_at, handoff.occurred_at)
