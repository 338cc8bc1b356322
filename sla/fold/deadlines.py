"""When an allowance is used up, with the pauses inside it.

There is one rule, `_times`. It is written in the words both forms of a calendar know, so the same
lines compute one deadline on datetimes or a thousand on arrays; pauses are for the scalar form.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

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


class Sums(Protocol):
    """What the rule asks of a calendar; `BusinessCalendar` and `VectorCalendar` answer it."""

    def add(self, start: Any, amount: Any, /) -> Any:
        """Return when `amount` of open time has passed."""

    def add_elapsed(self, start: Any, amount: Any, /) -> Any:
        """Return when `amount` of any time has passed."""

    def opening(self, at: Any, /) -> Any:
        """Return the first open instant at or after."""

    def between(self, start: Any, end: Any, /) -> Any:
        """Return the open time."""

    def share(self, amount: Any, percent: int, /) -> Any:
        """Return a part of a length."""

    def end_of_business_day(self, start: Any, days: int, /) -> Any:
        """Return the close of the last of so many open dates."""

    def end_of_calendar_day(self, start: Any, days: int, /) -> Any:
        """Return 24:00 of the last of so many dates."""


class _Course(Protocol):
    """How a clock runs from its start."""

    def reached(self, amount: Any, /) -> Any:
        """Return when so much has run; None when it never does."""

    def ran(self, until: Any, /) -> Any:
        """Return how much has run."""

    def end_of(self, days: int, /) -> Any:
        """Return the end of an allowance of days."""


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
    if not pauses:
        return Deadline(*unpaused(promise=promise, sums=calendar, start=start))
    business = promise.unit in BUSINESS
    due_at, warn_at = _times(
        promise, calendar, _Paused(calendar, start, pauses, business=business)
    )
    if due_at is None:
        # The clock stands still: what people read is the deadline as it was before the pause.
        before = _Paused(calendar, start, pauses[:-1], business=business)
        standing, _ = _times(promise, calendar, before)
        return Deadline(standing or start, None, warn_at, pauses[-1])
    last = pauses[-1]
    if last.end is None and last.start < due_at and promise.unit not in HOURLY:
        return Deadline(due_at, None, warn_at, last)
    return Deadline(due_at, breach_at(promise=promise, calendar=calendar, due_at=due_at), warn_at)


def unpaused(*, promise: Promise, sums: Sums, start: Any) -> tuple[Any, Any, Any]:
    """Return due, breach and warning of a clock nobody paused, or of many.

    Args:
        promise: Allowance and unit.
        sums: The calendar, in the form that fits `start`.
        start: A datetime, or an array of instants.
    """
    due_at, warn_at = _times(promise, sums, _Plain(sums, start, business=promise.unit in BUSINESS))
    return due_at, breach_at(promise=promise, calendar=sums, due_at=due_at), warn_at


def _times(promise: Promise, sums: Sums, course: _Course) -> tuple[Any, Any]:
    """Return when a clock is due and when it warns; the rule of all units.

    Hours and minutes run until the amount is used up. Days end with a date, and what runs until
    then is the amount of which the warning is a share.
    """
    if promise.unit in HOURLY:
        amount = HOURLY[promise.unit] * (promise.amount or 0)
        due_at = course.reached(amount)
    else:
        due_at = course.end_of(promise.amount or 0)
        amount = course.ran(due_at)
    return due_at, course.reached(sums.share(amount, promise.warning_share))


def breach_at(*, promise: Promise, calendar: Sums, due_at: Any) -> Any:
    """Return the instant at which a miss becomes a breach: never in closed hours."""
    return calendar.opening(due_at) if promise.unit in BUSINESS else due_at


def consumed(
    *, calendar: BusinessCalendar, start: datetime, end: datetime, pauses: Sequence[Pause]
) -> timedelta:
    """Return the open time from `start` to `end` outside the pauses."""
    return _Paused(calendar, start, pauses, business=True).ran(end)


class _Plain:
    """A clock that runs without a pause."""

    __slots__ = ("business", "start", "sums")

    def __init__(self, sums: Sums, start: Any, *, business: bool) -> None:
        self.sums, self.business, self.start = sums, business, start

    def reached(self, amount: Any) -> Any:
        """Return when so much has run."""
        add = self.sums.add if self.business else self.sums.add_elapsed
        return add(self.start, amount)

    def ran(self, until: Any) -> Any:
        """Return how much has run until then."""
        # Two aware datetimes of one zone subtract as wall clock; all instants here are UTC.
        return self.sums.between(self.start, until) if self.business else until - self.start

    def end_of(self, days: int) -> Any:
        """Return the end of an allowance of days."""
        if self.business:
            return self.sums.end_of_business_day(self.start, days)
        return self.sums.end_of_calendar_day(self.start, days)


class _Paused:
    """A clock that stands still during its pauses."""

    __slots__ = ("business", "calendar", "pauses", "start")

    def __init__(
        self,
        calendar: BusinessCalendar,
        start: datetime,
        pauses: Sequence[Pause],
        *,
        business: bool,
    ) -> None:
        self.calendar, self.business, self.start, self.pauses = calendar, business, start, pauses

    def reached(self, amount: timedelta) -> datetime | None:
        """Return when so much has run; None for nothing, or when a lasting pause comes first."""
        if amount <= ZERO:
            return None
        for low, high in self._stretches():
            run = _Plain(self.calendar, low, business=self.business)
            if high is not None:
                ran = run.ran(high)
                if ran < amount:
                    amount -= ran
                    continue
            found: datetime = run.reached(amount)
            return found
        return None

    def ran(self, until: datetime) -> timedelta:
        """Return how much has run until then."""
        total = ZERO
        for low, high in self._stretches():
            end = until if high is None else min(high, until)
            if low < end:
                total += _Plain(self.calendar, low, business=self.business).ran(end)
        return total

    def end_of(self, days: int) -> datetime:
        """Return the end of an allowance of days; a pause moves it by whole dates."""
        run = _Plain(self.calendar, self.start, business=self.business)
        due_at: datetime = run.end_of(days)
        for pause in self.pauses:
            if pause.start >= due_at or pause.end is None:
                break
            began = max(pause.start, self.start)
            if pause.end > began:
                days += self._dates_between(began, pause.end)
                due_at = run.end_of(days)
        return due_at

    def _stretches(self) -> list[tuple[datetime, datetime | None]]:
        """Return the stretches in which the clock runs; the last is open unless a pause lasts."""
        found: list[tuple[datetime, datetime | None]] = []
        low = self.start
        for pause in self.pauses:
            if pause.end is not None and pause.end <= low:
                continue
            if pause.start > low:
                found.append((low, pause.start))
            if pause.end is None:
                return found
            low = pause.end
        found.append((low, None))
        return found

    def _dates_between(self, start: datetime, end: datetime) -> int:
        """Return by how many dates a pause moves a due date: open ones, or all."""
        calendar = self.calendar
        if self.business:
            days = calendar.effective_day(start), calendar.effective_day(end)
            return len(calendar.open_dates(*days))
        return (calendar.local_date(end) - calendar.local_date(start)).days
