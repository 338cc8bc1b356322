"""Opening hours as people write them, expanded into the instants that are open.

A specification names a zone, weekly ranges of wall-clock time, holidays and dated exceptions
(the format of `BusinessCalendar.from_dict`). An instant is open when the wall clock of the zone
reads a time inside a range of that local date: an hour skipped by daylight saving is never open,
an hour repeated is open twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 86_400
MICRO = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = EPOCH.date().toordinal()
SUNDAY = 6
SWITCH_ENDS = 4 * 3600

Ranges = tuple[tuple[int, int], ...]


class CalendarError(ValueError):
    """The specification is not a calendar; the message is for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class Openings:
    """A checked specification: seconds of wall-clock time per weekday and per dated exception."""

    zone: ZoneInfo
    weekly: tuple[Ranges, ...]
    holidays: dict[int, str]
    exceptions: dict[int, Ranges]

    def ranges(self, ordinal: int) -> Ranges:
        """Return the open wall-clock ranges of the local date `ordinal`; a holiday wins."""
        if ordinal in self.holidays:
            return ()
        found = self.exceptions.get(ordinal)
        return self.weekly[(ordinal - 1) % 7] if found is None else found


@dataclass(frozen=True, slots=True)
class Table:
    """Open intervals in microseconds since 1970 UTC, sorted, with prefix sums.

    `before[i]` is the open time of all intervals in front of interval i. The table holds every
    open instant from `first` up to and without `last`. `days` are the ordinals of the local dates
    with open time, `closes` the last closing instant of each. From `turns[i]` on the wall clock is
    `shifts[i]` microseconds ahead of UTC.
    """

    first: int
    last: int
    starts: list[int]
    ends: list[int]
    before: list[int]
    days: list[int]
    closes: list[int]
    turns: list[int]
    shifts: list[int]


def seconds_of(text: str) -> int:
    """Return the second of the day `HH:MM` or `HH:MM:SS` names; 24:00 is the end of the day.

    Raises:
        CalendarError: `text` is not such a time.
    """
    try:
        parts = [int(part) for part in text.split(":")]
    except (AttributeError, ValueError):
        raise CalendarError(f"{text!r} is not a time such as 09:00") from None
    hour, minute, second = (*parts, 0, 0)[:3]
    total = hour * 3600 + minute * 60 + second
    clean = len(parts) in {2, 3} and 0 <= minute < 60 and 0 <= second < 60  # noqa: PLR2004
    if not clean or not 0 <= total <= DAY:
        raise CalendarError(f"{text!r} is not a time such as 09:00")
    return total


def _ranges(where: str, rows: Sequence[Sequence[str]]) -> Ranges:
    """Return the ranges of one day sorted, overlapping and touching ones as one."""
    merged: list[tuple[int, int]] = []
    for opens, closes in sorted((seconds_of(row[0]), seconds_of(row[1])) for row in rows):
        if closes == 0:
            raise CalendarError(f"{where}: write 24:00 for the end of the day, not 00:00")
        if closes <= opens:
            raise CalendarError(f"{where}: a range has to end after it starts")
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return tuple(merged)


def _ordinal(text: str) -> int:
    """Return the ordinal of an ISO date."""
    try:
        return date.fromisoformat(text).toordinal()
    except (TypeError, ValueError):
        raise CalendarError(f"{text!r} is not a date such as 2026-12-25") from None


def parse(spec: Mapping[str, Any]) -> Openings:
    """Check `spec` and return its hours.

    Args:
        spec: timezone (IANA), weekly {"mon": [["09:00", "17:00"]]}, holidays (dates, or
            {"date", "name"}) and exceptions {date: ranges}.

    Raises:
        CalendarError: A zone, weekday, time or date is unknown, a range ends before it starts or
            at 00:00, or there is no open time at all.
    """
    try:
        zone = ZoneInfo(spec["timezone"])
    except (KeyError, TypeError, ValueError, ZoneInfoNotFoundError):
        raise CalendarError(f"{spec.get('timezone')!r} is not a known time zone") from None
    weekly = spec.get("weekly", {})
    unknown = set(weekly) - set(WEEKDAYS)
    if unknown:
        raise CalendarError(f"unknown weekdays: {', '.join(sorted(unknown))}")
    week = tuple(_ranges(day, weekly.get(day, ())) for day in WEEKDAYS)
    holidays: dict[int, str] = {}
    for row in spec.get("holidays", ()):
        named = isinstance(row, dict)
        holidays[_ordinal(row["date"] if named else row)] = row.get("name", "") if named else ""
    exceptions = {
        _ordinal(day): _ranges(day, rows) for day, rows in spec.get("exceptions", {}).items()
    }
    if not any(week) and not any(exceptions.values()):
        raise CalendarError("the calendar has no open time")
    return Openings(zone, week, holidays, exceptions)


def validate(spec: Mapping[str, Any]) -> list[str]:
    """Check a calendar that clocks will run on and return its warnings.

    Raises:
        CalendarError: `parse` refuses it, or no week has open time: an allowance given on such
            hours would never run out.
    """
    hours = parse(spec)
    if not any(hours.weekly):
        raise CalendarError("the calendar has no open time in any week")
    return warnings(hours)


def warnings(openings: Openings) -> list[str]:
    """Return what a careful person would question in a valid calendar."""
    found = [
        f"{WEEKDAYS[index]} ends at 23:59 and closes for one minute; 24:00 is the end of the day"
        for index, ranges in enumerate(openings.weekly)
        if any(closes == DAY - 60 for _, closes in ranges)
    ]
    edges = [edge for span in openings.weekly[SUNDAY] for edge in span]
    if any(0 < edge < SWITCH_ENDS for edge in edges) or any(
        opens == 0 < closes for opens, closes in openings.weekly[SUNDAY] if closes < DAY
    ):
        found.append("hours that open or close on Sunday before 04:00 meet the clock changes")
    return found


def _offset(zone: ZoneInfo, second: int) -> int:
    """Return the zone's offset from UTC, in seconds, at a UTC second."""
    offset = (EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    return 0 if offset is None else offset.days * DAY + offset.seconds


def _segments(zone: ZoneInfo, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Yield (start, end, offset) of the stretches of UTC seconds with one offset."""
    start, offset, probe = first, _offset(zone, first), first
    while probe < last:
        ahead = min(probe + DAY, last)
        found = _offset(zone, ahead)
        if found != offset:
            low, high = probe, ahead
            while high - low > 1:
                middle = (low + high) // 2
                if _offset(zone, middle) == offset:
                    low = middle
                else:
                    high = middle
            yield start, high, offset
            start, offset, ahead = high, _offset(zone, high), high
        probe = ahead
    yield start, last, offset


def expand(openings: Openings, first_day: int, last_day: int) -> Table:
    """Return the table of the local dates from `first_day` up to and without `last_day`.

    Args:
        openings: The hours.
        first_day: Ordinal of a local date.
        last_day: Ordinal of a later local date.
    """
    # No zone is further than a day from UTC, so a day of margin on both sides is complete.
    first = (first_day + 1 - EPOCH_ORDINAL) * DAY
    last = (last_day - 1 - EPOCH_ORDINAL) * DAY
    starts: list[int] = []
    ends: list[int] = []
    close_of: dict[int, int] = {}
    stretches = list(_segments(openings.zone, first, last))
    for begin, end, offset in stretches:
        for day in range((begin + offset) // DAY, (end + offset - 1) // DAY + 1):
            midnight = day * DAY - offset
            for opens, closes in openings.ranges(day + EPOCH_ORDINAL):
                low, high = max(midnight + opens, begin), min(midnight + closes, end)
                if low >= high:
                    continue
                close_of[day + EPOCH_ORDINAL] = high * MICRO
                if ends and ends[-1] == low * MICRO:
                    ends[-1] = high * MICRO
                else:
                    starts.append(low * MICRO)
                    ends.append(high * MICRO)
    before, total = [], 0
    for low, high in zip(starts, ends, strict=True):
        before.append(total)
        total += high - low
    days = sorted(close_of)
    return Table(
        first=first * MICRO,
        last=last * MICRO,
        starts=starts,
        ends=ends,
        before=before,
        days=days,
        closes=[close_of[day] for day in days],
        turns=[begin * MICRO for begin, _, _ in stretches],
        shifts=[offset * MICRO for _, _, offset in stretches],
    )
