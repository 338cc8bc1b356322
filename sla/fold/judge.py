"""One clock: from its start, stop and cancelling fact to its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sla.choices import ClockStatus, EvidenceKind, Scope
from sla.fold import timeline
from sla.fold.deadlines import Deadline, consumed, deadline
from sla.fold.facts import Outcome
from sla.fold.kinds import HELD, PAUSABLE

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sla.fold.deadlines import Pause
    from sla.fold.facts import Agreement, CalendarVersion, Fact, Promise, Terms
    from sla.fold.timeline import Cycle

REMEMBERED = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True)
class _End:
    """How a clock ended."""

    at: datetime
    status: str
    by: Fact
    reason: str = ""


def judge(run: Run, *, cycle: Cycle, terms: Terms, at: datetime) -> Outcome:
    """Return the outcome of one clock as the facts tell it at `at`."""
    end = _end(run)
    version, previous_due = _plan(run, cycle=cycle, terms=terms, end=end)
    until = end.at if end else at
    stops = _pauses(run.kind, cycle, version, until)
    times = _deadline(run, version, stops, terms)
    missed = _missed(run.promise, times, until, ended=end is not None)
    outcome = Outcome(
        lead=run.lead,
        cycle=cycle.number,
        kind=run.kind,
        promise=run.promise,
        enforced=run.agreement.enforced and not run.started_by.payload.get("measure_only"),
        calendar_version=version.key,
        status=_status(end, missed=missed),
        started_by=run.started_by.key,
        started_at=run.start,
        due_at=times.due_at,
        breach_at=times.breach_at,
        warn_at=times.warn_at,
        counted=run.counted,
        missed=missed,
    )
    if previous_due is not None:
        outcome.measure["previous_due_at"] = previous_due.isoformat()
    if missed and is_excused(run.kind, cycle):
        outcome.status = ClockStatus.EXCUSED
    if end is None:
        _describe_pause(outcome, times)
    else:
        _describe_end(outcome, end, version, run, stops)
    outcome.rep = _holder(run, cycle, outcome, until)
    return outcome


def _deadline(run: Run, version: CalendarVersion, stops: list[Pause], terms: Terms) -> Deadline:
    """Return the clock's instants; plain ones are remembered while many starts are equal."""
    if stops:
        return deadline(promise=run.promise, calendar=version.hours, start=run.start, pauses=stops)
    key = run.promise.key, run.promise.version, version.key, run.start
    found: Deadline | None = terms.deadlines.get(key)
    if found is None:
        if len(terms.deadlines) >= REMEMBERED:
            terms.deadlines.clear()
        found = deadline(promise=run.promise, calendar=version.hours, start=run.start)
        terms.deadlines[key] = found
    return found


def is_excused(kind: str, cycle: Cycle) -> bool:
    """Return whether somebody excused the misses of this kind, or all of the cycle."""
    return any(
        fact.payload.get("clock") in {None, "", kind}
        for fact in cycle.of(EvidenceKind.EXCUSED)
        if fact.reason
    )


def seconds(amount: timedelta) -> int:
    """Return whole seconds."""
    return amount.days * 86_400 + amount.seconds


def _end(run: Run) -> _End | None:
    """Return what ended the clock first; a fact that both stops and cancels it stops it."""
    found: list[tuple[Any, int, _End]] = []
    if run.stop is not None:
        by = run.stop
        stopped_at = max(by.occurred_at, run.start)
        found.append((by.order, 0, _End(stopped_at, ClockStatus.MET, by)))
    if run.cancel is not None:
        by, reason = run.cancel
        found.append((by.order, 1, _End(by.occurred_at, ClockStatus.CANCELLED, by, reason)))
    if run.handover is not None:
        by = run.handover
        found.append((by.order, 2, _End(by.occurred_at, ClockStatus.SUPERSEDED, by)))
    return min(found, key=lambda entry: entry[:2])[2] if found else None


def _pauses(kind: str, cycle: Cycle, version: CalendarVersion, at: datetime) -> list[Pause]:
    """Return the pauses that touch clocks of this kind."""
    return timeline.pauses(cycle, calendar=version.hours, at=at) if kind in PAUSABLE else []


def _plan(
    run: Run, *, cycle: Cycle, terms: Terms, end: _End | None
) -> tuple[CalendarVersion, datetime | None]:
    """Return the calendar version the clock runs on, and the due time a re-plan replaced.

    A clock keeps the version of its start. A re-plan moves it to a newer one if the clock was
    pending then; one nobody asked for may only give time, never take it.
    """
    version = terms.calendar_at(run.promise.calendar, run.start)
    previous: datetime | None = None
    for fact in cycle.of(EvidenceKind.REPLANNED):
        moment = fact.occurred_at
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
        newer = (
            terms.calendar_at(run.promise.calendar, moment)
            if key is None
            else terms.calendar_version(key)
        )
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
    return ClockStatus.MET_LATE if end.status == ClockStatus.MET else ClockStatus.BREACHED_CLOSED


def _describe_pause(outcome: Outcome, times: Deadline) -> None:
    """Say since when and why the clock stands still."""
    if times.pause is not None:
        outcome.paused_since = times.pause.start
        outcome.pause_until = times.pause.cap
        outcome.pause_reason = times.pause.reason


def _describe_end(
    outcome: Outcome, end: _End, version: CalendarVersion, run: Run, stops: list[Pause]
) -> None:
    """Freeze what was used, and how late it was, at the fact that ended the clock."""
    hours = version.hours
    outcome.stopped_at, outcome.stopped_by = end.at, end.by.key
    outcome.cancel_reason = end.reason
    # A pause in which the clock was stopped leaves no deadline to show but the standing one.
    outcome.breach_at = outcome.breach_at or outcome.due_at
    if outcome.breach_at is not None and outcome.due_at is not None:
        outcome.breach_at = max(outcome.breach_at, outcome.due_at)
    outcome.business_seconds = seconds(
        consumed(calendar=hours, start=run.start, end=end.at, pauses=stops)
    )
    if outcome.missed and outcome.due_at is not None:
        outcome.late_business_seconds = seconds(hours.between(outcome.due_at, end.at))
        outcome.late_calendar_seconds = seconds(end.at - outcome.due_at)
    if run.promise.scope == Scope.OWNER:
        outcome.held_business_seconds = seconds(hours.between(run.start, end.at))


def _holder(run: Run, cycle: Cycle, outcome: Outcome, until: datetime) -> Any:
    """Return whose clock it is: the owner, or who held the lead at the deadline."""
    if run.promise.scope == Scope.OWNER:
        return run.rep
    if run.kind not in HELD:
        return None
    moment = outcome.breach_at if outcome.missed and outcome.breach_at else until
    rep = None
    for fact in cycle.of(EvidenceKind.ASSIGNED):
        if fact.occurred_at <= moment or rep is None:
            rep = rep if fact.rep is None else fact.rep
    return rep
