"""Business time over many rows at once, for history and what-if; needs numpy.

The scalar form's bisect becomes a look-up: time is cut into buckets no longer than the shortest
gap between two boundaries, so a bucket holds one boundary at most and a single comparison settles
on which side of it an instant lies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from sla.clock import BusinessCalendar

    Instants = NDArray[np.int64]

NEVER = np.int64(2**62)


class _Places:
    """The place of values among sorted boundaries: how many are smaller or equal, minus one."""

    def __init__(self, boundaries: Instants) -> None:
        """Cut the range into buckets of a power of two."""
        gap = int(np.diff(boundaries).min()) if len(boundaries) > 1 else 1 << 40
        self.shift = max(gap.bit_length() - 1, 0)
        self.origin = int(boundaries[0])
        count = ((int(boundaries[-1]) - self.origin) >> self.shift) + 2
        opens = self.origin + (np.arange(count, dtype=np.int64) << self.shift)
        self.first = np.searchsorted(boundaries, opens, side="right") - 1
        self.following = np.append(boundaries, NEVER)[self.first + 1]

    def of(self, values: Instants) -> Instants:
        """Return the places; the values lie inside the boundaries."""
        bucket = (values - self.origin) >> self.shift
        found: Instants = self.first[bucket] + (values >= self.following[bucket])
        return found


class VectorCalendar:
    """The table of a calendar as arrays; instants are microseconds since 1970 UTC."""

    def __init__(self, calendar: BusinessCalendar, *, start: datetime, end: datetime) -> None:
        """Take the intervals of [start, end]; instants and sums must stay inside."""
        table = calendar.table(start, end)
        starts = np.array(table.starts, dtype=np.int64)
        self.ends = np.array(table.ends, dtype=np.int64)
        before = np.array(table.before, dtype=np.int64)
        self.offsets = before - starts
        self.first, self.last = int(starts[0]), int(self.ends[-1])
        self.total = int(before[-1] + self.ends[-1] - starts[-1])
        self._starts = _Places(starts)
        # A sum that ends an interval stays in it: boundaries count from one microsecond on.
        self._sums = _Places(before + 1)

    def worked(self, instants: Instants) -> Instants:
        """Return the open time in front of each instant.

        Raises:
            ValueError: An instant lies outside the table.
        """
        low, high = (int(instants.min()), int(instants.max())) if len(instants) else (0, -1)
        if low <= high and not self.first <= low <= high <= self.last:
            raise ValueError("an instant lies outside the table")
        index = self._starts.of(instants)
        found: Instants = np.minimum(instants, self.ends[index]) + self.offsets[index]
        return found

    def add(self, instants: Instants, amount: int) -> Instants:
        """Return the earliest instants `amount` microseconds of open time later; amount > 0.

        Raises:
            ValueError: An instant or a sum leaves the table.
        """
        target = self.worked(instants) + amount
        if len(target) and int(target.max()) > self.total:
            raise ValueError("a sum leaves the table")
        found: Instants = target - self.offsets[self._sums.of(target)]
        return found

    def between(self, starts: Instants, ends: Instants) -> Instants:
        """Return the open time from each start to each end; negative where it is earlier."""
        found: Instants = self.worked(ends) - self.worked(starts)
        return found
