"""The instants a clock's picture marks, and where their labels find room."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from revops import formats
from sla.choices import ClockStatus, EvidenceKind, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from sla.models import Clock
    from sla.selectors import DeadlineExplanation

LETTER = 2.15
"""The width of a letter in percent of the narrowest strip, that of a phone."""
GAP = 3.0
RIGHT_HALF = 50.0


@dataclass(frozen=True, slots=True)
class Mark:
    """One instant on a strip: a line, and a label in a lane above it."""

    kind: str
    at: datetime
    text: str
    label: str = ""
    x: str = ""
    anchor: str = "start"
    lane: int = 0

    @property
    def label_y(self) -> int:
        """Where the label stands, in pixels."""
        return self.lane * 18 + 12

    @property
    def line_y(self) -> int:
        """Where the line begins, in pixels."""
        return self.lane * 18 + 2


def marks_of(
    *, clock: Clock, explained: DeadlineExplanation, names: Mapping[int, str], at: datetime
) -> list[Mark]:
    """Return what the picture marks, in order of time.

    Args:
        clock: It has started and has a due time.
        explained: Its pauses and holders.
        names: Of those who held the lead, by id.
        at: The instant of the question.
    """
    return sorted(_marks(clock, explained, names, at), key=lambda mark: mark.at)


def _marks(
    clock: Clock, explained: DeadlineExplanation, names: Mapping[int, str], at: datetime
) -> Iterator[Mark]:
    """Yield the marks in the order in which simultaneous ones are read."""
    start, due, ended = clock.started_at, clock.due_at, clock.stopped_at
    if start is None or due is None:
        return
    yield Mark("start", start, "Starts")
    yield from _turns(clock, explained, names, until=ended or at)
    if explained.replanned_from is not None:
        yield Mark("previous", explained.replanned_from, "Was due")
    if clock.warn_at is not None and (ended is None or clock.warn_at < ended):
        yield Mark("warn", clock.warn_at, "Warning")
    yield Mark("due", due, "Due")
    if clock.breach_at is not None and clock.breach_at > due:
        yield Mark("breach", clock.breach_at, "Breach after")
    if ended is not None:
        yield Mark(*_end(clock, explained, ended))
    elif at > start:
        yield Mark("now", at, "Now")


def _turns(
    clock: Clock, explained: DeadlineExplanation, names: Mapping[int, str], *, until: datetime
) -> Iterator[Mark]:
    """Yield what happened on the way: the lead changed hands, the clock stood still."""
    start = clock.started_at or until
    for hold in explained.holders:
        inside = start < hold.since <= until
        if inside and hold.rep_id is not None and clock.scope == Scope.LEAD:
            yield Mark("handover", hold.since, f"To {names.get(hold.rep_id, 'another person')}")
    for pause in explained.pauses:
        if pause.start >= start:
            yield Mark("pause", pause.start, "Paused")
        if pause.end is not None:
            yield Mark("resume", pause.end, "Resumes")


def _end(
    clock: Clock, explained: DeadlineExplanation, ended: datetime
) -> tuple[str, datetime, str]:
    """Return what ended the clock."""
    status = ClockStatus(clock.status)
    stopped_by = next((one for one in explained.evidence if one.key == clock.stopped_by_id), None)
    words = "Ended"
    if stopped_by is not None and status in {ClockStatus.MET, ClockStatus.MET_LATE}:
        words = str(EvidenceKind(stopped_by.kind).label)
    if status == ClockStatus.SUPERSEDED:
        words = "Handed over"
    return ("met" if status == ClockStatus.MET else "end"), ended, words


def drawn_marks(
    marks: Sequence[Mark],
    *,
    zone: ZoneInfo,
    twelve_hours: bool,
    place: Callable[[float], float],
    day: date,
) -> tuple[list[Mark], int]:
    """Return the marks of one day with their places, and how many lanes their labels take.

    A label goes to the first lane in which no other stands in its way on the narrowest screen.

    Args:
        marks: Of the day, in order.
        zone: Of the calendar.
        twelve_hours: Whether to write 9:40 AM.
        place: From a minute of the day to a share of the strip.
        day: The local date.
    """
    placed = [_placed(mark, zone, place, day, twelve_hours=twelve_hours) for mark in marks]
    # A label that runs to the left must stand higher than what it passes there, and the reverse.
    placed.sort(key=lambda one: (one.is_end, one.x if one.is_end else -one.x))
    taken: list[tuple[int, _Placed]] = []
    for one in placed:
        levels = max((level for level, _ in taken), default=-1) + 1
        free = (level for level in range(levels) if _has_room(one, level, taken))
        taken.append((next(free, levels), one))
    count = max((level for level, _ in taken), default=-1) + 1
    found = [
        replace(
            one.mark,
            label=one.label,
            x=f"{one.x:.3f}%",
            anchor="end" if one.is_end else "start",
            lane=count - 1 - level,
        )
        for level, one in taken
    ]
    return sorted(found, key=lambda mark: mark.at), count


@dataclass(frozen=True, slots=True)
class _Placed:
    """A mark with its label, in percent of the narrowest strip."""

    mark: Mark
    label: str
    x: float

    @property
    def is_end(self) -> bool:
        """Whether the label ends at the mark instead of beginning there."""
        return self.x > RIGHT_HALF

    @property
    def span(self) -> tuple[float, float]:
        """Return what the label covers."""
        width = len(self.label) * LETTER + GAP
        return (self.x - width, self.x) if self.is_end else (self.x, self.x + width)


def _placed(
    mark: Mark, zone: ZoneInfo, place: Callable[[float], float], day: date, *, twelve_hours: bool
) -> _Placed:
    """Return a mark with its label and place."""
    local = mark.at.astimezone(zone)
    is_midnight = local.date() > day
    minute = 1440.0 if is_midnight else local.hour * 60 + local.minute + local.second / 60
    said = formats.local(mark.at, zone=zone.key, style="day_time", twelve_hours=twelve_hours)
    said = "24:00" if is_midnight and not twelve_hours else said.partition(" ")[2]
    return _Placed(mark, f"{mark.text} {said}", place(minute))


def _has_room(one: _Placed, level: int, taken: Sequence[tuple[int, _Placed]]) -> bool:
    """Return whether a label at a level crosses neither another label nor a line."""
    low, high = one.span
    for other_level, other in taken:
        begins, ends = other.span
        if other_level == level and low < ends and begins < high:
            return False
        if other_level > level and low < other.x < high:
            return False
        if other_level < level and begins < one.x < ends:
            return False
    return True
