"""When an allowance is used up, with the pauses inside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sla.choices import Unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sla.clock import BusinessCalendar
    from sla.fold.facts import Promise

ZERO = timedelta(0)
HOURLY: dict[str, timedelta] = {
    Unit.BUSINESS_HOURS: timedelta(hours=1),
    Unit.CALENDAR_HOURS: timedelta(hours=1),
    Unit.CALENDAR_MINUTES: timedelta(minutes=1),
}
BUSINESS = frozenset({Unit.BUSINESS_HOURS, Unit.BUSINESS_DAYS})


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which the clock stands still; `end` is None while it lasts.

    `cap` is the instant at which the pause ends by itself.
    """

    start: datetime
    end: datetime | None
    cap: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """The instants of a clock; `breach_at` is None while a pause lasts."""

    due_at: datetime
    breach_at: datetime | None
    warn_at: datetime | None
    pause: Pause | None = None


def deadline(
    *, promise: Promise, calendar: BusinessCalendar, start: datetime, pauses: Sequence[Pause] = ()
) -> Deadline:
    """Return the instants of a clock that starts at `start`.

    Args:
        promise: Allowance and unit.
        calendar: The hours the promise counts in; calendar days end at its midnight.
        start: When the clock starts; a pause already running postpones the count.
        pauses: In order, not overlapping; only the last may be open.

    Raises:
        NoWorkingTimeError: The allowance does not fit into the calendar's horizon.
    """
    if promise.unit in HOURLY:
        return _by_amount(promise=promise, calendar=calendar, start=start, pauses=pauses)
    return _by_dates(promise=promise, calendar=calendar, start=start, pauses=pauses)


def breach_at(*, promise: Promise, calendar: BusinessCalendar, due_at: datetime) -> datetime:
    """Return the instant at which a miss becomes a breach: never in closed hours."""
    return calendar.add(due_at, ZERO) if promise.unit in BUSINESS else due_at


def consumed(
    *, calendar: BusinessCalendar, start: datetime, end: datetime, pauses: Sequence[Pause]
) -> timedelta:
    """Return the open time from `start` to `end` outside the pauses."""
    total = ZERO
    for low, high in _running(start, pauses):
        if low < end:
            total += calendar.between(low, end if high is None else min(high, end))
    return total


def _running(start: datetime, pauses: Sequence[Pause]) -> list[tuple[datetime, datetime | None]]:
    """Return the stretches in which the clock runs; the last is open unless a pause lasts."""
    if not pauses:
        return [(start, None)]
    found: list[tuple[datetime, datetime | None]] = []
    low = start
    for pause in pauses:
        if pause.end is not None and pause.end <= low:
            continue
        if pause.start > low:
            found.append((low, pause.start))
        if pause.end is None:
            return found
        low = pause.end
    found.append((low, None))
    return found


def _elapsed(start: datetime, end: datetime) -> timedelta:
    """Return the time between two instants, every hour counted."""
    # Two aware datetimes of one zone subtract as wall clock; all instants here are UTC.
    return end - start


def _reached(
    *,
    calendar: BusinessCalendar,
    business: bool,
    amount: timedelta,
    start: datetime,
    pauses: Sequence[Pause],
) -> datetime | None:
    """Return when `amount` has run since `start`; None when a lasting pause comes first."""
    for low, high in _running(start, pauses):
        if high is not None:
            ran = calendar.between(low, high) if business else _elapsed(low, high)
            if ran < amount:
                amount -= ran
                continue
        return calendar.add(low, amount) if business else low + amount
    return None


def _by_amount(
    *, promise: Promise, calendar: BusinessCalendar, start: datetime, pauses: Sequence[Pause]
) -> Deadline:
    """Return the deadline of an allowance of hours or minutes."""
    business = promise.unit in BUSINESS
    amount = HOURLY[promise.unit] * (promise.amount or 0)

    def reached(share: timedelta, stops: Sequence[Pause]) -> datetime | None:
        return _reached(
            calendar=calendar, business=business, amount=share, start=start, pauses=stops
        )

    warn_at = reached(amount * promise.warning_share / 100, pauses)
    due_at = reached(amount, pauses)
    if due_at is None:
        # The clock stands still: what people read is the deadline as it was before the pause.
        standing = reached(amount, pauses[:-1])
        return Deadline(standing or start, None, warn_at, pauses[-1])
    return Deadline(due_at, breach_at(promise=promise, calendar=calendar, due_at=due_at), warn_at)


def _by_dates(
    *, promise: Promise, calendar: BusinessCalendar, start: datetime, pauses: Sequence[Pause]
) -> Deadline:
    """Return the deadline of an allowance of days; a pause moves it by whole dates."""
    business, days = promise.unit in BUSINESS, promise.amount or 0
    end_of = calendar.end_of_business_day if business else calendar.end_of_calendar_day
    due_at, lasting = end_of(start, days), None
    for pause in pauses:
        if pause.start >= due_at:
            break
        if pause.end is None:
            lasting = pause
            break
        began = max(pause.start, start)
        if pause.end > began:
            days += _dates_between(calendar, began, pause.end, business=business)
            due_at = end_of(start, days)
    warn_at = _warn_by_dates(promise, calendar, start, due_at, pauses)
    if lasting is not None:
        return Deadline(due_at, None, warn_at, lasting)
    return Deadline(due_at, breach_at(promise=promise, calendar=calendar, due_at=due_at), warn_at)


def _dates_between(
    calendar: BusinessCalendar, start: datetime, end: datetime, *, business: bool
) -> int:
    """Return by how many dates a pause moves a due date: open ones, or all."""
    if business:
        return len(calendar.open_dates(calendar.effective_day(start), calendar.effective_day(end)))
    return (calendar.local_date(end) - calendar.local_date(start)).days


def _warn_by_dates(
    promise: Promise,
    calendar: BusinessCalendar,
    start: datetime,
    due_at: datetime,
    pauses: Sequence[Pause],
) -> datetime | None:
    """Return when the warning share of the time between start and due has run."""
    business = promise.unit in BUSINESS
    total = ZERO
    for low, high in _running(start, pauses):
        end = due_at if high is None else min(high, due_at)
        if low < end:
            total += calendar.between(low, end) if business else _elapsed(low, end)
    if total <= ZERO:
        return None
    return _reached(
        calendar=calendar,
        business=business,
        amount=total * promise.warning_share / 100,
        start=start,
        pauses=pauses,
    )
