"""Business time over many rows at once: the sums of `BusinessCalendar` on numpy arrays.

Instants are `datetime64[us]` arrays in UTC, lengths `timedelta64[us]` arrays; both forms answer
the same questions under the same names, so a rule written once runs on either. The scalar form
is the authority: where a row needs more than this table holds, the whole call is declined with
`BeyondTableError` and the caller asks the scalar form.

The scalar form's bisect becomes a look-up: time is cut into buckets no longer than the shortest
gap between two boundaries, so a bucket holds one boundary at most and a single comparison settles
on which side of it an instant lies.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from sla.clock import HORIZON
from sla.openings import DAY, EPOCH, EPOCH_ORDINAL, MICRO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sla.clock import BusinessCalendar

    Whole = NDArray[np.int64]
    Instants = NDArray[np.datetime64]
    Lengths = NDArray[np.timedelta64]

NEVER = np.int64(2**62)
DAY_MICROS = DAY * MICRO
MICROSECOND = timedelta(microseconds=1)
# Hours with a gap of a minute would need millions of buckets; a binary search is fast enough.
MOST_BUCKETS = 1 << 20


class BeyondTableError(ValueError):
    """A row lies, or leads, outside the table; the scalar form knows what to answer."""


def instants_of(moments: Sequence[datetime]) -> Instants:
    """Return aware datetimes as an array."""
    # Whole numbers: numpy takes three times as long to read timedeltas.
    since = np.array([(moment - EPOCH) // MICROSECOND for moment in moments], dtype=np.int64)
    return since.view("datetime64[us]")


def datetimes_of(instants: Instants) -> list[datetime]:
    """Return an array as aware datetimes in UTC."""
    return [EPOCH + since for since in instants.view("timedelta64[us]").tolist()]


def seconds_of(lengths: Lengths) -> list[int]:
    """Return whole seconds, rounded down."""
    found: list[int] = (lengths.view(np.int64) // MICRO).tolist()
    return found


class _Places:
    """The place of values among sorted boundaries: how many are smaller or equal, minus one."""

    def __init__(self, boundaries: Whole) -> None:
        """Cut the range into buckets of a power of two."""
        self.boundaries = boundaries
        gap = int(np.diff(boundaries).min()) if len(boundaries) > 1 else 1 << 40
        self.shift = max(gap.bit_length() - 1, 0)
        self.origin = int(boundaries[0])
        count = ((int(boundaries[-1]) - self.origin) >> self.shift) + 2
        self.is_coarse = count <= MOST_BUCKETS
        if self.is_coarse:
            opens = self.origin + (np.arange(count, dtype=np.int64) << self.shift)
            self.first = np.searchsorted(boundaries, opens, side="right") - 1
            self.following = np.append(boundaries, NEVER)[self.first + 1]

    def of(self, values: Whole) -> Whole:
        """Return the places; the values lie inside the boundaries."""
        if not self.is_coarse:
            return np.searchsorted(self.boundaries, values, side="right") - 1
        bucket = (values - self.origin) >> self.shift
        found: Whole = self.first[bucket] + (values >= self.following[bucket])
        return found


class VectorCalendar:
    """The table of a calendar as arrays."""

    def __init__(self, calendar: BusinessCalendar, *, start: datetime, end: datetime) -> None:
        """Take the intervals of [start, end] and of the allowances that begin there.

        Raises:
            BeyondTableError: There is no open time.
        """
        self.calendar = calendar
        table = calendar.table(start, end + timedelta(microseconds=HORIZON))
        if not table.starts:
            raise BeyondTableError("the table has no open time")
        self.starts = np.array(table.starts, dtype=np.int64)
        self.ends = np.array(table.ends, dtype=np.int64)
        before = np.array(table.before, dtype=np.int64)
        self.offsets = before - self.starts
        self.total = int(before[-1] + self.ends[-1] - self.starts[-1])
        self.days = np.array(table.days, dtype=np.int64)
        self.closes = np.array(table.closes, dtype=np.int64)
        self.turns = np.array(table.turns, dtype=np.int64)
        self.shifts = np.array(table.shifts, dtype=np.int64)
        self.first, self.last = int(self.starts[0]), int(self.ends[-1])
        self._following = np.append(self.starts[1:], NEVER)
        self._starts = _Places(self.starts)
        # A sum that ends an interval stays in it: boundaries count from one microsecond on.
        self._sums = _Places(before + 1)

    def covers(self, start: datetime, end: datetime) -> bool:
        """Return whether the table holds [start, end] and the allowances that begin there."""
        low, high = ((moment - EPOCH) // MICROSECOND for moment in (start, end))
        return self.first <= low and high + HORIZON <= self.last

    def add(self, start: Instants, amount: timedelta | Lengths) -> Instants:
        """Return the earliest instants `amount` of open time after `start`; amount > 0.

        Raises:
            BeyondTableError: A row leaves the table or the horizon.
        """
        moments = self._inside(start)
        micros = _micros(amount)
        target = self._worked(moments) + micros
        if len(target) and (int(target.max()) > self.total or int(np.min(micros)) <= 0):
            raise BeyondTableError("a sum leaves the table")
        return self._near(moments, target - self.offsets[self._sums.of(target)])

    def add_elapsed(self, start: Instants, amount: timedelta | Lengths) -> Instants:
        """Return the instants `amount` after `start`, closed hours counted as well."""
        found: Whole = start.view(np.int64) + _micros(amount)
        return found.view("datetime64[us]")

    def opening(self, at: Instants) -> Instants:
        """Return the first open instants at or after `at`.

        Raises:
            BeyondTableError: A row leaves the table or the horizon.
        """
        moments = self._inside(at)
        index = self._starts.of(moments)
        opened = np.where(moments < self.ends[index], moments, self._following[index])
        return self._near(moments, opened)

    def between(self, start: Instants, end: Instants) -> Lengths:
        """Return the open time from each start to each end; negative where it is earlier.

        Raises:
            BeyondTableError: A row lies outside the table.
        """
        found: Whole = self._worked(self._inside(end)) - self._worked(self._inside(start))
        return found.view("timedelta64[us]")

    def share(self, amount: timedelta | Lengths, percent: int) -> timedelta | Lengths:
        """Return `percent` of an amount in whole microseconds, halves to even."""
        if isinstance(amount, timedelta):
            return self.calendar.share(amount, percent)
        whole, rest = np.divmod(amount.view(np.int64) * percent, 100)
        up = (2 * rest > 100) | ((2 * rest == 100) & (whole % 2 == 1))  # noqa: PLR2004
        rounded: Whole = whole + up
        return rounded.view("timedelta64[us]")

    def end_of_business_day(self, start: Instants, days: int) -> Instants:
        """Return the last close of the `days`-th open date after the effective day of `start`.

        Raises:
            BeyondTableError: A row leaves the table or the horizon.
        """
        effective = self._local_days(self.opening(start).view(np.int64))
        index = np.searchsorted(self.days, effective + EPOCH_ORDINAL, side="right") - 1 + days
        if len(index) and not 0 <= int(index.min()) <= int(index.max()) < len(self.days):
            raise BeyondTableError("a date lies outside the table")
        closes = self.closes[index]
        latest = np.minimum(
            effective * DAY_MICROS + HORIZON + DAY_MICROS, self.last - 2 * DAY_MICROS
        )
        if bool((closes > latest).any()):
            raise BeyondTableError("a date is too far away")
        return closes.view("datetime64[us]")

    def end_of_calendar_day(self, start: Instants, days: int) -> Instants:
        """Return 24:00 local of the date `days` after the local date of `start`."""
        ends = self._local_days(self._inside(start)) + days
        each, place = np.unique(ends, return_inverse=True)
        midnights = [
            self.calendar.midnight_after(date.fromordinal(day + EPOCH_ORDINAL))
            for day in each.tolist()
        ]
        return instants_of(midnights)[place]

    def _inside(self, at: Instants) -> Whole:
        """Return microseconds since 1970, once every row is known to lie in the table."""
        moments = at.view(np.int64)
        if len(moments) and not (
            self.first <= int(moments.min()) and int(moments.max()) <= self.last
        ):
            raise BeyondTableError("an instant lies outside the table")
        return moments

    def _near(self, moments: Whole, found: Whole) -> Instants:
        """Return what was found, once no row is further away than an allowance may reach."""
        if len(found) and int((found - moments).max()) > HORIZON:
            raise BeyondTableError("an instant is too far away")
        return found.view("datetime64[us]")

    def _worked(self, moments: Whole) -> Whole:
        """Return the open time in front of each instant."""
        index = self._starts.of(moments)
        found: Whole = np.minimum(moments, self.ends[index]) + self.offsets[index]
        return found

    def _local_days(self, moments: Whole) -> Whole:
        """Return the local date of each instant, as days since 1970."""
        stretch = np.searchsorted(self.turns, moments, side="right") - 1
        found: Whole = (moments + self.shifts[stretch]) // DAY_MICROS
        return found


def _micros(amount: timedelta | Lengths) -> Any:
    """Return whole microseconds: a number, or one per row."""
    if isinstance(amount, timedelta):
        return amount // MICROSECOND
    return amount.view(np.int64)


_KEPT: WeakKeyDictionary[BusinessCalendar, VectorCalendar] = WeakKeyDictionary()


def vector_of(calendar: BusinessCalendar, *, start: datetime, end: datetime) -> VectorCalendar:
    """Return the arrays of a calendar for [start, end], kept until more is asked for.

    Raises:
        BeyondTableError: There is no open time.
    """
    kept = _KEPT.get(calendar)
    if kept is None or not kept.covers(start, end):
        kept = _KEPT[calendar] = VectorCalendar(calendar, start=start, end=end)
    return kept
