"""What a clock says at an instant, in one of seven states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from revops import formats
from sla.choices import ClockKind, ClockStatus, PauseReason, Unit
from sla.clock import NoWorkingTimeError
from sla.models.promises import TIMELESS

if TYPE_CHECKING:
    from datetime import datetime

    from sla.clock import BusinessCalendar
    from sla.fold import Terms
    from sla.models import Clock

BUSINESS = frozenset({Unit.BUSINESS_HOURS, Unit.BUSINESS_DAYS})
EXEMPT = {
    ClockStatus.SUPERSEDED: "Handed over",
    ClockStatus.CANCELLED: "Cancelled",
    ClockStatus.MERGED: "Merged",
    ClockStatus.EXCUSED: "Excused",
    ClockStatus.NOT_STARTED: "Not started",
}
ZERO = timedelta(0)
TICKS_UP_TO = timedelta(days=2)


class BadgeState(StrEnum):
    """The seven states of a badge; one vocabulary everywhere."""

    DUE_IN = "due_in"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    MET = "met"
    MISSED = "missed"
    PAUSED = "paused"
    EXEMPT = "exempt"


JUDGED = {
    ClockStatus.MET: BadgeState.MET,
    ClockStatus.BREACHED_CLOSED: BadgeState.MISSED,
}
TONES = {
    BadgeState.DUE_IN: "",
    BadgeState.DUE_SOON: "warn",
    BadgeState.OVERDUE: "bad",
    BadgeState.MET: "good",
    BadgeState.MISSED: "bad",
    BadgeState.PAUSED: "outline",
    BadgeState.EXEMPT: "outline",
}


@dataclass(frozen=True, slots=True)
class Badge:
    """What the badge of a clock shows.

    Attributes:
        length: Time left, over, used or late: business time where the promise counts business
            time, else elapsed time; None where there is none to show.
        words: The whole badge, such as "Due in 35 m", "Overdue by 6 h 20 m", "Resumes Mon 09:00".
        text: Words that replace state and length, empty where the two say it.
        title: The due time in full, or the reason of a pause or exemption.
        running: For how long the time shown goes on passing, so that a script may count on: until
            the working hours close, or True for as long as it likes; False when it stands still.
    """

    state: BadgeState
    length: timedelta | None
    words: str
    text: str
    title: str
    running: timedelta | bool

    @property
    def tone(self) -> str:
        """The tone of the colour beside icon and word."""
        return TONES[self.state]


def badge(*, clock: Clock, terms: Terms, at: datetime, zone: str = "") -> Badge:
    """Return the badge of a clock at `at`; no statement, right whether or not a sweep has run.

    Args:
        clock: With its commitment loaded.
        terms: From `services.current_terms`, once for all badges of a page.
        at: The instant of the question.
        zone: The reader's zone for times; the calendar's when empty.
    """
    calendar = terms.calendar_version(clock.calendar_version_id).hours
    reader = zone or calendar.zone.key
    status = ClockStatus(clock.status)
    if status in EXEMPT:
        words = EXEMPT[status]
        reason = clock.cancel_reason.replace("_", " ")
        return Badge(BadgeState.EXEMPT, None, words, words, reason or words, running=False)
    title = _due_words(clock, reader)
    if clock.commitment.unit in TIMELESS and status in JUDGED:
        words = _judged_words(clock)
        return Badge(JUDGED[status], None, words, words, title, running=False)
    business = clock.commitment.unit in BUSINESS
    if status == ClockStatus.MET:
        length = _used(clock)
        return _measured(
            BadgeState.MET, "Met in", length, business=business, title=title, running=False
        )
    if status in {ClockStatus.MET_LATE, ClockStatus.BREACHED_CLOSED}:
        length = _late(clock)
        return _measured(
            BadgeState.MISSED, "Missed by", length, business=business, title=title, running=False
        )
    if clock.paused_since is not None:
        reason = str(PauseReason(clock.pause_reason).label)
        return Badge(BadgeState.PAUSED, None, "Paused", "", reason, running=False)
    return _running(clock, calendar, at=at, reader=reader, title=title)


def _running(
    clock: Clock, calendar: BusinessCalendar, *, at: datetime, reader: str, title: str
) -> Badge:
    """Return the badge of a clock nobody has answered yet."""
    if clock.due_at is None or clock.breach_at is None:
        return Badge(BadgeState.EXEMPT, None, "Not started", "Not started", "", running=False)
    business = clock.commitment.unit in BUSINESS
    ticks = _until_closing(calendar, at) if business else True
    if at > clock.breach_at:
        over = calendar.between(clock.due_at, at) if business else at - clock.due_at
        return _measured(
            BadgeState.OVERDUE, "Overdue by", over, business=business, title=title, running=ticks
        )
    left = max(calendar.between(at, clock.due_at) if business else clock.due_at - at, ZERO)
    soon = clock.warn_at is not None and at >= clock.warn_at
    state = BadgeState.DUE_SOON if soon else BadgeState.DUE_IN
    if not ticks:
        try:
            opens = formats.local(calendar.add(at, ZERO), zone=reader, style="day_time")
        except NoWorkingTimeError:
            opens = "later"
        text = f"Resumes {opens}"
        return Badge(state, left, text, text, title, running=False)
    lead = "Due soon," if soon else "Due in"
    return _measured(state, lead, left, business=business, title=title, running=ticks)


def _until_closing(calendar: BusinessCalendar, at: datetime) -> timedelta | bool:
    """Return how long working hours go on; False while they are closed."""
    if not calendar.is_open(at):
        return False
    (_, closes), *_ = calendar.open_intervals(at, at + timedelta(days=1))
    return closes - at


def _measured(
    state: BadgeState,
    words: str,
    length: timedelta | None,
    *,
    business: bool,
    title: str,
    running: timedelta | bool,
) -> Badge:
    """Return a badge with a length; elapsed time of days is said in days and does not tick."""
    if not business and length is not None and length >= TICKS_UP_TO:
        said = f"{words} {formats.elapsed(length)}"
        return Badge(state, length, said, said, title, running=False)
    said = f"{words} {formats.duration(length)}"
    return Badge(state, length, said, "", title, running=running)


def _judged_words(clock: Clock) -> str:
    """Return how a promise without a time stands: what was counted, or what was lacking."""
    measure = clock.measure
    if clock.kind == ClockKind.MQL_VOLUME:
        return f"{clock.counted} of {measure.get('target')}"
    if "fit" in measure:
        return f"Fit {measure['fit']} of {measure['fit_threshold']}"
    lacking = len(measure.get("missing", ()))
    return f"{lacking} missing" if lacking else "Met"


def _due_words(clock: Clock, zone: str) -> str:
    """Return the due time in full, or when it was judged."""
    if clock.due_at is None:
        return ""
    if clock.commitment.unit == Unit.AT_HANDOFF:
        return f"judged at handoff, {formats.local(clock.due_at, zone=zone, style='moment')}"
    return f"due {formats.local(clock.due_at, zone=zone, style='moment')}"


def _used(clock: Clock) -> timedelta | None:
    """Return the time from start to stop, in the promise's own measure."""
    if clock.commitment.unit in BUSINESS and clock.business_seconds is not None:
        return timedelta(seconds=clock.business_seconds)
    if clock.started_at is None or clock.stopped_at is None:
        return None
    return clock.stopped_at - clock.started_at


def _late(clock: Clock) -> timedelta | None:
    """Return by how much it was missed, in the promise's own measure."""
    business = clock.commitment.unit in BUSINESS
    seconds = clock.late_business_seconds if business else clock.late_calendar_seconds
    return None if seconds is None else timedelta(seconds=seconds)
