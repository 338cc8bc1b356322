"""Business time: opening hours in a zone, and the sums SLA clocks need.

Hours are expanded once into sorted UTC intervals with prefix sums, so every sum is a bisect or
two on integers. Wall-clock time is only read to expand; nothing is ever added in local time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sla import openings
from sla.openings import DAY, EPOCH, EPOCH_ORDINAL, MICRO, CalendarError, Table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

__all__ = ["BusinessCalendar", "CalendarError", "NoWorkingTimeError"]

HORIZON_DAYS = 400
HORIZON = HORIZON_DAYS * DAY * MICRO
MARGIN_DAYS = 30
LAST_ORDINAL = date.max.toordinal()


class NoWorkingTimeError(ValueError):
    """The allowance does not fit into the 400 days around its start."""


def _micros(amount: timedelta) -> int:
    """Return whole microseconds."""
    return (amount.days * DAY + amount.seconds) * MICRO + amount.microseconds


def _instant(at: datetime) -> int:
    """Return microseconds since 1970 UTC."""
    if at.tzinfo is None:
        raise ValueError("the instant must be aware")
    return _micros(at - EPOCH)


def _aware(micros: int) -> datetime:
    """Return the UTC instant."""
    try:
        return EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        raise NoWorkingTimeError("the calendar ends with the year 9999") from None


class BusinessCalendar:
    """Weekly hours in a zone with holidays and exceptions; immutable, safe to share.

    The table of open intervals grows when an instant outside it is asked for. One allowance
    reaches at most 400 days; past that `NoWorkingTimeError` is raised, nothing is clipped.
    """

    def __init__(self, hours: openings.Openings) -> None:
        """Hold the checked hours; `from_dict` is the usual way in."""
        self.hours = hours
        self._table = Table(0, 0, [], [], [], [], [], [], [])

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any]) -> BusinessCalendar:
        """Return the calendar of a specification.

        Args:
            spec: timezone, weekly {"mon": [["09:00", "17:00"]]}, holidays, exceptions. Ranges are
                half-open wall-clock time; an end may be 24:00; an exception replaces its date's
                ranges; a holiday beats an exception; overlapping and touching ranges act as one.

        Raises:
            CalendarError: The specification is refused; the message says why.
        """
        return cls(openings.parse(spec))

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose wall clock the hours are read on."""
        return self.hours.zone

    def warnings(self) -> list[str]:
        """Return what a careful person would question in these hours."""
        return openings.warnings(self.hours)

    def is_open(self, at: datetime) -> bool:
        """Return whether `at` lies in open time; a closing instant does not."""
        moment = _instant(at)
        table = self._covering(moment, moment)
        index = bisect_right(table.starts, moment) - 1
        return index >= 0 and moment < table.ends[index]

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the open time from `start` to `end`; negative when `end` is earlier."""
        first, last = _instant(start), _instant(end)
        table = self._covering(min(first, last), max(first, last))
        return timedelta(microseconds=_worked(table, last) - _worked(table, first))

    def add(self, start: datetime, amount: timedelta, *, backward: bool = False) -> datetime:
        """Return the instant `amount` of open time away from `start`, in UTC.

        A positive amount gives the earliest such instant, so it lands on a closing instant and
        not on the next opening; a negative one the latest, so it lands on an opening. Zero gives
        the first open instant at or after `start`; with `backward` the latest instant at or
        before it that ends or lies in open time, so an opening gives the close before it.

        Raises:
            ValueError: `start` is naive.
            NoWorkingTimeError: The result is more than 400 days away.
        """
        moment, micros = _instant(start), _micros(amount)
        forward = micros > 0 or (micros == 0 and not backward)
        table = self._covering(moment, moment)
        found = _away(table, moment, micros, backward=not forward)
        if found is None:
            table = self._covering(
                moment - (0 if forward else HORIZON), moment + (HORIZON if forward else 0)
            )
            found = _away(table, moment, micros, backward=not forward)
        if found is None or abs(found - moment) > HORIZON:
            raise NoWorkingTimeError(f"no such open instant within {HORIZON_DAYS} days of {start}")
        return _aware(found)

    def add_elapsed(self, start: datetime, amount: timedelta) -> datetime:
        """Return the instant `amount` after `start`, closed hours counted as well."""
        return start + amount

    def opening(self, at: datetime) -> datetime:
        """Return the first open instant at or after `at`.

        Raises:
            NoWorkingTimeError: It is more than 400 days away.
        """
        return self.add(at, timedelta(0))

    def share(self, amount: timedelta, percent: int) -> timedelta:
        """Return `percent` of an amount in whole microseconds, halves to even."""
        return amount * percent / 100

    def end_of_business_day(self, start: datetime, days: int) -> datetime:
        """Return the last close of the `days`-th open date after the effective day of `start`.

        The effective day is the local date of the first open instant at or after `start`: after
        closing, or on a closed day, the count begins with the next open date.

        Raises:
            NoWorkingTimeError: The date is more than 400 days away.
        """
        return self.shifted_close(self.effective_day(start), days)

    def shifted_close(self, day: date, days: int) -> datetime:
        """Return the last close of the `days`-th open date after the open date `day`."""
        moment = (day.toordinal() - EPOCH_ORDINAL) * DAY * MICRO
        table = self._covering(moment, moment + HORIZON)
        index = bisect_right(table.days, day.toordinal()) - 1 + days
        if (
            not 0 <= index < len(table.days)
            or table.closes[index] > moment + HORIZON + DAY * MICRO
        ):
            raise NoWorkingTimeError(f"{days} open dates after {day} are more than 400 days away")
        return _aware(table.closes[index])

    def same_time(self, start: datetime, days: int) -> datetime:
        """Return the wall time of `start` on the `days`-th open date from its local date.

        When that is closed time: the first open instant after it, for negative `days` the last
        one before it.

        Raises:
            NoWorkingTimeError: The date is more than 400 days away.
        """
        if days == 0:
            return self.opening(start)
        moment = _instant(start)
        local = start.astimezone(self.zone)
        table = self._covering(
            moment - (HORIZON if days < 0 else 0), moment + (HORIZON if days > 0 else 0)
        )
        ordinal = local.date().toordinal()
        index = (
            bisect_right(table.days, ordinal) - 1 + days
            if days > 0
            else bisect_left(table.days, ordinal) + days
        )
        if not 0 <= index < len(table.days):
            raise NoWorkingTimeError(f"{days} open dates from {start} are more than 400 days away")
        there = datetime.combine(
            date.fromordinal(table.days[index]), local.time(), tzinfo=self.zone
        )
        return self.add(there, timedelta(0), backward=days < 0)

    def end_of_calendar_day(self, start: datetime, days: int) -> datetime:
        """Return 24:00 local of the date `days` after the local date of `start`, in UTC."""
        return self.midnight_after(self.local_date(start) + timedelta(days=days))

    def midnight_after(self, day: date) -> datetime:
        """Return 24:00 local of `day`, in UTC."""
        ends = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=self.zone)
        return ends.astimezone(UTC)

    def open_intervals(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Return the open stretches inside [start, end), in UTC, cut at both ends."""
        first, last = _instant(start), _instant(end)
        table = self._covering(first, max(first, last))
        found = []
        for index in range(bisect_right(table.ends, first), bisect_left(table.starts, last)):
            low, high = max(table.starts[index], first), min(table.ends[index], last)
            found.append((_aware(low), _aware(high)))
        return found

    def local_date(self, at: datetime) -> date:
        """Return the date the wall clock of the zone shows at `at`."""
        if at.tzinfo is None:
            raise ValueError("the instant must be aware")
        return at.astimezone(self.zone).date()

    def effective_day(self, at: datetime) -> date:
        """Return the local date of the first open instant at or after `at`."""
        return self.local_date(self.opening(at))

    def open_dates(self, start: date, end: date) -> list[date]:
        """Return the dates in [start, end) that have open time."""
        table = self._covering(
            (start.toordinal() - EPOCH_ORDINAL) * DAY * MICRO,
            (end.toordinal() - EPOCH_ORDINAL) * DAY * MICRO,
        )
        low = bisect_left(table.days, start.toordinal())
        high = bisect_left(table.days, end.toordinal())
        return [date.fromordinal(day) for day in table.days[low:high]]

    def table(self, start: datetime, end: datetime) -> Table:
        """Return the intervals covering at least [start, end], for sums over many rows."""
        return self._covering(_instant(start), _instant(end))

    def _covering(self, first: int, last: int) -> Table:
        """Return a table that holds every open instant of [first, last] and a day around it."""
        table = self._table
        edge = DAY * MICRO
        if table.first <= first - edge and last + edge <= table.last:
            return table
        low, high = first, last
        if table.starts and table.first - HORIZON < last and first < table.last + HORIZON:
            low, high = min(first, table.first), max(last, table.last)
        first_day = low // edge + EPOCH_ORDINAL - MARGIN_DAYS
        last_day = high // edge + EPOCH_ORDINAL + MARGIN_DAYS
        if first_day < 1 or last_day > LAST_ORDINAL:
            raise NoWorkingTimeError("the calendar covers the years 1 to 9999")
        # One assignment: a thread that reads meanwhile sees the old table or the new one, whole.
        self._table = table = openings.expand(self.hours, first_day, last_day)
        return table


def _worked(table: Table, moment: int) -> int:
    """Return the open time of the table before `moment`."""
    index = bisect_right(table.starts, moment) - 1
    if index < 0:
        return 0
    return table.before[index] + min(moment, table.ends[index]) - table.starts[index]


def _away(table: Table, moment: int, micros: int, *, backward: bool) -> int | None:
    """Return the instant `micros` of open time from `moment`, None when outside the table."""
    starts, ends, before = table.starts, table.ends, table.before
    if micros == 0 and not backward:
        index = bisect_right(ends, moment)
        return max(moment, starts[index]) if index < len(starts) else None
    if micros == 0:
        index = bisect_left(starts, moment) - 1
        return min(moment, ends[index]) if index >= 0 else None
    target = _worked(table, moment) + micros
    if micros > 0:
        index = bisect_left(before, target) - 1
        if index < 0:
            return None
        found = starts[index] + target - before[index]
        return found if found <= ends[index] else None
    index = bisect_right(before, target) - 1
    return starts[index] + target - before[index] if index >= 0 else None
