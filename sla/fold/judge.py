"""One clock: from its start, stop and cancelling fact to its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sla.choices import ClockStatus, EvidenceKind, Scope
from sla.fold import timeline
from sla.fold.deadlines import Deadline, consumed, deadline
from sla.fold.facts import Outcome
from sla.fold.kinds import HELD, PAUSABLE, calendar_of
from sla.fold.plans import seconds

__all__ = ["ClockPlan", "Run", "excuse", "plan_of", "seconds"]

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sla.fold.deadlines import Pause
    from sla.fold.facts import Agreement, CalendarVersion, Fact, Promise, Terms
    from sla.fold.plans import Lengths
    from sla.fold.timeline import Cycle

# Read for every clock: an attribute of an enumeration costs a call.
MET, ASSIGNED, OWNER = ClockStatus.MET, EvidenceKind.ASSIGNED, Scope.OWNER
PAUSED, REPLANNED, EXCUSED = EvidenceKind.PAUSED, EvidenceKind.REPLANNED, EvidenceKind.EXCUSED


@dataclass(slots=True, kw_only=True)
class Run:
    """One clock to judge.

    Attributes:
        started_by: The fact that starts it; `start` may be later than that fact.
        handover: The instant the holder gave the lead away (owner clocks).
        cancel: What takes it out of the counts, and why.
    """

    lead: Any
    kind: str
    agreement: Agreement
    promise: Promise
    started_by: Fact
    start: datetime
    stop: Fact | None = None
    cancel: tuple[Fact, str] | None = None
    handover: Fact | None = None
    rep: Any = None
    counted: int | None = None


@dataclass(slots=True)
class _End:
    """How a clock ended."""

    at: datetime
    status: str
    by: Fact
    reason: str = ""


@dataclass(slots=True)
class ClockPlan:
    """A run with the calendar version it counts in, its pauses and its end.

    `until` is the end, or the instant of the fold while the clock runs.
    """

    run: Run
    cycle: Cycle
    version: CalendarVersion
    pauses: Sequence[Pause]
    until: datetime
    end: _End | None
    previous_due: datetime | None
    promise: Promise
    start: datetime

    def outcome(self, times: Deadline, lengths: Lengths) -> Outcome:
        """Return the outcome of the clock as the facts tell it."""
        run, end = self.run, self.end
        missed = _missed(self.promise, times, self.until, ended=end is not None)
        outcome = Outcome(
            lead=run.lead,
            cycle=self.cycle.number,
            kind=run.kind,
            promise=self.promise,
            enforced=run.agreement.enforced and not run.started_by.payload.get("measure_only"),
            calendar_version=self.version.key,
            status=_status(end, missed=missed),
            started_by=run.started_by.key,
            started_at=self.start,
            due_at=times.due_at,
            breach_at=times.breach_at,
            warn_at=times.warn_at,
            counted=run.counted,
            missed=missed,
            pauses=self.pauses,
        )
        if self.previous_due is not None:
            outcome.measure["previous_due_at"] = self.previous_due.isoformat()
        if missed:
            excuse(outcome, self.cycle, source_id=run.started_by.source_id)
        if end is None:
            _describe_pause(outcome, times)
        else:
            _describe_end(outcome, end, self, lengths)
        outcome.rep = _holder(run, self.cycle, outcome, self.until)
        return outcome


def plan_of(run: Run, *, cycle: Cycle, terms: Terms, at: datetime) -> ClockPlan:
    """Return what a clock's outcome needs before its deadline is known.

    Args:
        run: Its start and what may end it.
        cycle: The facts.
        terms: Every calendar version.
        at: The instant of the fold.
    """
    end = _end(run)
    version, previous_due = _version(run, cycle=cycle, terms=terms, end=end)
    until = end.at if end else at
    stops = _pauses(run.kind, cycle, version, until)
    return ClockPlan(run, cycle, version, stops, until, end, previous_due, run.promise, run.start)


def excuse(outcome: Outcome, cycle: Cycle, *, source_id: str = "") -> None:
    """Mark a miss that somebody excused.

    An excuse names the kind of clock and, where a cycle has several of a kind, the item that
    started the one; without either it is about every miss of the cycle.

    Args:
        outcome: A missed clock.
        cycle: Its facts.
        source_id: Under which id the source knows the fact that started it.
    """
    for fact in cycle.of(EXCUSED):
        clock, item = fact.payload.get("clock"), fact.payload.get("item")
        is_kind = not clock or clock == outcome.kind
        is_item = not item or str(item) in {str(outcome.started_by), source_id}
        if fact.reason and is_kind and is_item:
            outcome.status, outcome.excused_by = ClockStatus.EXCUSED, fact.key
            return


def _end(run: Run) -> _End | None:
    """Return what ended the clock first; a fact that both stops and cancels it stops it."""
    found: _End | None = None
    if run.stop is not None:
        by = run.stop
        found = _End(max(by.occurred_at, run.start), MET, by)
    if run.cancel is not None:
        by, reason = run.cancel
        if found is None or by.order < found.by.order:
            found = _End(by.occurred_at, ClockStatus.CANCELLED, by, reason)
    if run.handover is not None:
        by = run.handover
        if found is None or by.order < found.by.order:
            found = _End(by.occurred_at, ClockStatus.SUPERSEDED, by)
    return found


def _pauses(kind: str, cycle: Cycle, version: CalendarVersion, at: datetime) -> list[Pause]:
    """Return the pauses that touch clocks of this kind."""
    if kind not in PAUSABLE or not cycle.of(PAUSED):
        return []
    return timeline.pauses(cycle, calendar=version.hours, at=at)


def _version(
    run: Run, *, cycle: Cycle, terms: Terms, end: _End | None
) -> tuple[CalendarVersion, datetime | None]:
    """Return the calendar version the clock runs on, and the due time a re-plan replaced.

    A clock keeps the version of its start. A re-plan moves it to a newer one if the clock was
    pending then; one nobody asked for may only give time, never take it.
    """
    calendar = calendar_of(run.promise, cycle, start=run.start)
    version = terms.calendar_at(calendar, run.start)
    previous: datetime | None = None
    for fact in cycle.of(REPLANNED):
        moment, named = fact.occurred_at, fact.payload.get("clocks")
        if named and run.kind not in named:
            continue
        if moment < run.start or (end is not None and end.at < moment):
            continue
        old = deadline(
            promise=run.promise,
            calendar=version.hours,
            start=run.start,
            pauses=_pauses(run.kind, cycle, version, moment),
        )
        if old.breach_at is not None and old.breach_at < moment:
            break
        key = fact.payload.get("calendar_version")
        newer = terms.calendar_at(calendar, moment) if key is None else terms.calendar_version(key)
        new = deadline(
            promise=run.promise,
            calendar=newer.hours,
            start=run.start,
            pauses=_pauses(run.kind, cycle, newer, moment),
        )
        shortens = new.due_at < old.due_at and fact.payload.get("automatic")
        if newer.key != version.key and newer.calendar == version.calendar and not shortens:
            version, previous = newer, old.due_at
    return version, previous


def _missed(promise: Promise, times: Deadline, until: datetime, *, ended: bool) -> bool:
    """Return whether the promise was broken at `until`."""
    if times.breach_at is None:
        return False
    if ended and not promise.includes_last_instant:
        return until >= times.breach_at
    return until > times.breach_at


def _status(end: _End | None, *, missed: bool) -> str:
    """Return the status."""
    if end is None:
        return ClockStatus.BREACHED_OPEN if missed else ClockStatus.PENDING
    if not missed:
        return end.status
    return ClockStatus.MET_LATE if end.status == MET else ClockStatus.BREACHED_CLOSED


def _describe_pause(outcome: Outcome, times: Deadline) -> None:
    """Say since when and why the clock stands still."""
    if times.pause is not None:
        outcome.paused_since = times.pause.start
        outcome.pause_until = times.pause.cap
        outcome.pause_reason = times.pause.reason


def _describe_end(outcome: Outcome, end: _End, plan: ClockPlan, lengths: Lengths) -> None:
    """Freeze what was used, and how late it was, at the fact that ended the clock."""
    hours, start = plan.version.hours, plan.start
    outcome.stopped_at, outcome.stopped_by = end.at, end.by.key
    outcome.cancel_reason = end.reason
    # A pause in which the clock was stopped leaves no deadline to show but the standing one.
    outcome.breach_at = outcome.breach_at or outcome.due_at
    if plan.pauses:
        ran = consumed(calendar=hours, start=start, end=end.at, pauses=plan.pauses)
        outcome.business_seconds = seconds(ran)
    else:
        lengths.put(outcome, "business_seconds", hours=hours, start=start, end=end.at)
    if outcome.missed and outcome.due_at is not None:
        late = outcome.due_at
        lengths.put(outcome, "late_business_seconds", hours=hours, start=late, end=end.at)
        outcome.late_calendar_seconds = seconds(end.at - late)
    if plan.promise.scope == OWNER:
        lengths.put(outcome, "held_business_seconds", hours=hours, start=start, end=end.at)


def _holder(run: Run, cycle: Cycle, outcome: Outcome, until: datetime) -> Any:
    """Return whose clock it is: the owner, or who held the lead at the deadline."""
    if run.promise.scope == OWNER:
        return run.rep
    if run.kind not in HELD:
        return None
    moment = outcome.breach_at if outcome.missed and outcome.breach_at else until
    rep = None
    for fact in cycle.of(ASSIGNED):
        if fact.occurred_at <= moment or rep is None:
            rep = rep if fact.rep is None else fact.rep
    return rep
