"""Why a deadline is when it is, and why a clock is kept or missed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from revops import formats
from sla.choices import ClockKind, ClockStatus, EvidenceKind
from sla.fold import timeline
from sla.fold.deadlines import BUSINESS
from sla.selectors.facts import facts_of, family_of
from sla.selectors.gates import gate_verdict, is_gate
from sla.selectors.reasons import Reasons, reasons
from sla.selectors.volume import month_pace

if TYPE_CHECKING:
    from sla import fold
    from sla.clock import BusinessCalendar
    from sla.fold.deadlines import Pause
    from sla.models import Breach, Clock

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Interval:
    """Business time that counted, in order."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How much it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class ClosedDate:
    """A local date on which the usual hours did not hold."""

    on: date
    cause: str
    name: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who had the lead from when."""

    rep_id: int | None
    since: datetime


@dataclass(frozen=True, slots=True)
class DeadlineExplanation:
    """Everything that decided about a clock.

    Attributes:
        intervals: Open time between start and due that counted; empty for calendar units.
        closed_dates: Holidays and exceptions met on the way.
        evidence: The facts of the clock's cycle, in order.
        taken_back: Facts that once were among them, each with the fact that voided it.
        replanned_from: The due time a changed calendar replaced, None where none did.
        reasons: Whether it is a breach, and the two sentences that say why.
        sentences: The same in words, the verdict last.
    """

    zone: str
    unit: str
    commitment_id: int
    sla_version_id: int
    calendar_version_id: int
    is_enforced: bool
    intervals: list[Interval]
    closed_dates: list[ClosedDate]
    pauses: list[Pause]
    holders: list[Holder]
    evidence: list[fold.Fact]
    taken_back: list[tuple[fold.Fact, fold.Fact]]
    replanned_from: datetime | None
    reasons: Reasons
    verdict: str
    sentences: list[str] = field(default_factory=list)


def explain_deadline(
    *, clock: Clock, terms: fold.Terms, at: datetime, breach: Breach | None = None
) -> DeadlineExplanation:
    """Return why the clock is due when it is, and how it stands; two statements.

    Args:
        clock: With its commitment loaded; a month's clock has no evidence of its own.
        terms: From `services.current_terms`.
        at: The instant of the question.
        breach: The ledger's row of the clock, read `with_standing`, None without one.
    """
    hours = terms.calendar_version(clock.calendar_version_id).hours
    facts, taken_back = _facts(clock)
    previous = clock.measure.get("previous_due_at")
    stops = _pauses(clock, facts, hours, at)
    business = clock.commitment.unit in BUSINESS
    verdict = _judged_once(clock, hours) or _pace(clock, terms, at) or _verdict(clock, hours, at)
    explained = DeadlineExplanation(
        zone=hours.zone.key,
        unit=clock.commitment.unit,
        commitment_id=clock.commitment_id,
        sla_version_id=clock.commitment.version_id,
        calendar_version_id=clock.calendar_version_id,
        is_enforced=clock.enforced,
        intervals=_intervals(clock, hours, stops) if business else [],
        closed_dates=_closed_dates(clock, hours) if business else [],
        pauses=stops,
        holders=[
            Holder(fact.rep, fact.occurred_at)
            for fact in facts
            if fact.kind == EvidenceKind.ASSIGNED
        ],
        evidence=facts,
        taken_back=taken_back,
        replanned_from=datetime.fromisoformat(previous) if previous else None,
        reasons=reasons(clock=clock, breach=breach, hours=hours, verdict=verdict, at=at),
        verdict=verdict,
    )
    explained.sentences.extend([*_sentences(clock, explained, hours), verdict])
    return explained


def _facts(clock: Clock) -> tuple[list[fold.Fact], list[tuple[fold.Fact, fold.Fact]]]:
    """Return the facts of the clock's cycle in order, and those taken back while it ran."""
    if clock.lead_id is None:
        return [], []
    told = facts_of(family_of([clock.lead_id]))
    kept = timeline.standing(told)
    cycles = timeline.cycles(kept, lead=clock.lead_id)
    own = next((cycle.facts for cycle in cycles if cycle.number == clock.cycle), [])
    after = [c.facts[0].occurred_at for c in cycles if c.number > clock.cycle and c.facts]
    return own, [
        (fact, void)
        for fact, void in timeline.taken_back(told)
        if not after or fact.occurred_at < min(after)
    ]


def _pauses(
    clock: Clock, facts: list[fold.Fact], hours: BusinessCalendar, at: datetime
) -> list[Pause]:
    """Return the pauses that lie in the clock's life."""
    if clock.started_at is None:
        return []
    cycle = timeline.Cycle(clock.cycle, facts)
    ends = clock.stopped_at or at
    return [
        pause
        for pause in timeline.pauses(cycle, calendar=hours, at=ends)
        if pause.end is None or pause.end > clock.started_at
    ]


def _intervals(clock: Clock, hours: BusinessCalendar, stops: list[Pause]) -> list[Interval]:
    """Return the open stretches from start to due, without the pauses."""
    if clock.started_at is None or clock.due_at is None:
        return []
    found: list[Interval] = []
    low = clock.started_at
    for pause in stops:
        if pause.start > low:
            found += _open(hours, low, min(pause.start, clock.due_at))
        low = max(low, pause.end or clock.due_at)
    return found + _open(hours, low, clock.due_at)


def _open(hours: BusinessCalendar, start: datetime, end: datetime) -> list[Interval]:
    """Return open intervals of a stretch."""
    return [Interval(*pair) for pair in hours.open_intervals(start, end)] if start < end else []


def _closed_dates(clock: Clock, hours: BusinessCalendar) -> list[ClosedDate]:
    """Return holidays and exceptions between start and breach."""
    if clock.started_at is None or clock.due_at is None:
        return []
    day, last = (
        hours.local_date(clock.started_at),
        hours.local_date(clock.breach_at or clock.due_at),
    )
    found = []
    while day <= last:
        ordinal = day.toordinal()
        if ordinal in hours.hours.holidays:
            found.append(ClosedDate(day, "holiday", hours.hours.holidays[ordinal]))
        elif ordinal in hours.hours.exceptions:
            found.append(ClosedDate(day, "exception", ""))
        day += DAY
    return found


def _sentences(clock: Clock, explained: DeadlineExplanation, hours: BusinessCalendar) -> list[str]:
    """Return the story of the deadline in words."""

    def said(moment: datetime | None) -> str:
        return formats.local(moment, zone=hours.zone.key) if moment else formats.DASH

    told = [f"The promise: {clock.commitment.sentence}"]
    if is_gate(clock):
        told.append("It has no time: it is judged once, when the lead is first assigned.")
        return [*told, *_unenforced(clock)]
    told.append(f"The clock started {said(clock.started_at)}.")
    told += [
        f"Counted {said(interval.start)} to {said(interval.end)}:"
        f" {formats.duration(interval.length)}."
        for interval in explained.intervals
    ]
    for closed in explained.closed_dates:
        name = f" ({closed.name})" if closed.name else ""
        told.append(f"{closed.on:%a} {closed.on.day} {closed.on:%b} is a {closed.cause}{name}.")
    for pause in explained.pauses:
        until = f" to {said(pause.end)}" if pause.end else ", still"
        told.append(f"Paused {said(pause.start)}{until}: {pause.reason.replace('_', ' ')}.")
    if explained.replanned_from:
        told.append(
            f"A changed calendar moved the due time from {said(explained.replanned_from)}."
        )
    if clock.due_at:
        told.append(f"So it is due {said(clock.due_at)}.")
    if clock.breach_at and clock.due_at and clock.breach_at != clock.due_at:
        told.append(
            f"Closed hours never count against anybody: in time until {said(clock.breach_at)}."
        )
    return [*told, *_unenforced(clock)]


def _unenforced(clock: Clock) -> list[str]:
    """Return what an agreement nobody had signed makes of the clock."""
    if clock.enforced:
        return []
    return ["No SLA was in force when it started, so it measures and never breaches."]


_VERDICTS: dict[str, str] = {
    ClockStatus.MET: "Kept: it was done {stopped}.",
    ClockStatus.MET_LATE: "Missed: it was done {stopped}, {late} late.",
    ClockStatus.BREACHED_CLOSED: "Missed: it ended {stopped} without being done.",
    ClockStatus.SUPERSEDED: "Handed over {stopped} while there was time left.",
    ClockStatus.CANCELLED: "Out of the counts since {stopped}.",
    ClockStatus.MERGED: "The lead was merged into another; that lead's clock counts.",
    ClockStatus.EXCUSED: "Missed, and excused with a reason.",
    ClockStatus.NOT_STARTED: "It cannot be judged: the conversion's date is not known.",
}


def _verdict(clock: Clock, hours: BusinessCalendar, at: datetime) -> str:
    """Return how the clock stands, as a sentence."""
    status = ClockStatus(clock.status)
    if clock.kind == ClockKind.MQL_VOLUME and clock.counted is not None:
        kept = "Kept" if status == ClockStatus.MET else "Missed"
        return f"{kept}: {clock.counted} of {clock.measure.get('target')} MQLs."
    business = clock.commitment.unit in BUSINESS
    late = clock.late_business_seconds if business else clock.late_calendar_seconds
    blanks: dict[str, Any] = {
        "stopped": formats.local(clock.stopped_at, zone=hours.zone.key)
        if clock.stopped_at
        else formats.DASH,
        "late": _measured(timedelta(seconds=late or 0), business=business),
    }
    if clock.kind == ClockKind.LEAD_AGE and status == ClockStatus.BREACHED_CLOSED:
        return "Missed: the lead was handed over {stopped}, {late} too old.".format(**blanks)
    if status in _VERDICTS:
        return _VERDICTS[status].format(**blanks)
    if clock.paused_since is not None:
        return "The clock stands still; it goes on when the pause ends."
    if clock.breach_at is not None and at > clock.breach_at and clock.due_at is not None:
        over = hours.between(clock.due_at, at) if business else at - clock.due_at
        done = "nothing has been done"
        if clock.kind == ClockKind.ATTEMPTS and clock.counted:
            done = f"only {clock.counted} of {clock.commitment.count} attempts were made"
        return f"Missed: {done}, {_measured(over, business=business)} over."
    return "Running: there is time left."


def _judged_once(clock: Clock, hours: BusinessCalendar) -> str:
    """Return how the gate of a handoff stands; empty for any other clock."""
    if not is_gate(clock) or clock.status == ClockStatus.MERGED:
        return ""
    at = clock.stopped_at
    return gate_verdict(clock, stopped=formats.local(at, zone=hours.zone.key) if at else "")


def _pace(clock: Clock, terms: fold.Terms, at: datetime) -> str:
    """Return how a running month goes by its business days; empty for any other clock."""
    if clock.month is None or clock.counted is not None:
        return ""
    pace = month_pace(month=clock.month, terms=terms, at=at)
    if pace is None:
        return ""
    days = f"{pace.elapsed_days} of {pace.business_days} business days have gone"
    return f"{pace.words[:1].upper()}{pace.words[1:]}: {days}, {pace.target} MQLs are promised."


def _measured(length: timedelta, *, business: bool) -> str:
    """Return a length in the promise's own measure, as its badge says it."""
    if business:
        return f"{formats.duration(length)} of business time"
    return formats.elapsed(length)
