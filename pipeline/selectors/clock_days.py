"""The picture of a clock: the days from its start to its end, with what counted on each.

Places are shares of the strip's width, so that the picture fits any screen without a script.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from pipeline.selectors import clock_words
from pipeline.selectors.clock_marks import LETTER, Mark, drawn_marks, marks_of
from pipeline.selectors.clock_words import DAY, DAYS, day_of, named
from revops import formats
from sla.choices import ClockStatus, PauseReason, Unit
from sla.fold.deadlines import BUSINESS, HOURLY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sla.clock import BusinessCalendar
    from sla.fold.deadlines import Pause
    from sla.models import Clock
    from sla.selectors import DeadlineExplanation

    Stretch = tuple[datetime, datetime]

HOUR = 60
WHOLE = 24 * HOUR
MOST_DAYS = 400
SHOWN_IN_A_ROW = 3
"""Of longer runs of days on which nothing happens, the picture shows one line."""
LATE = frozenset({ClockStatus.MET_LATE, ClockStatus.BREACHED_OPEN, ClockStatus.BREACHED_CLOSED})


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a strip; `x` and `width` are shares such as `12.5%`."""

    kind: str
    x: str
    width: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class DayRow:
    """One local date, or a run of dates on which nothing happened.

    Attributes:
        note: Why the usual hours did not hold, or that the day is closed.
        sum: What counted by the end of the day.
        words: The day in words, for who does not see the strip.
    """

    name: str
    note: str
    is_closed: bool
    is_run: bool = False
    parts: Sequence[Part] = ()
    holders: Sequence[Part] = ()
    marks: Sequence[Mark] = ()
    lanes: int = 0
    length: str = ""
    sum: str = ""
    words: str = ""

    @property
    def bar_y(self) -> int:
        """Where the bar begins, beneath its marks."""
        return self.lanes * 18 + 2

    @property
    def bar_height(self) -> int:
        """How tall the bar is: closed days are slim."""
        return 12 if self.is_closed else 24

    @property
    def bar_end(self) -> int:
        """Where the bar ends."""
        return self.bar_y + self.bar_height

    @property
    def holder_y(self) -> int:
        """Where the line of who had the lead begins."""
        return self.bar_end + 4

    @property
    def height(self) -> int:
        """The height of the strip, in pixels."""
        return self.bar_end + (22 if self.holders else 2)


@dataclass(frozen=True, kw_only=True)
class DaysPicture:
    """The whole picture."""

    rows: list[DayRow]
    ticks: list[Part]
    legend: list[tuple[str, str]]
    sentences: list[str]


@dataclass(frozen=True, slots=True)
class _Frame:
    """What every row is drawn from."""

    clock: Clock
    explained: DeadlineExplanation
    hours: BusinessCalendar
    names: Mapping[int, str]
    at: datetime
    twelve_hours: bool
    low: int
    high: int

    def share(self, minute: float) -> float:
        """Return the place of a minute of the day, in percent of the strip."""
        return (min(max(minute, self.low), self.high) - self.low) * 100 / (self.high - self.low)

    def of_allowance(self, total: timedelta) -> str:
        """Return how much of the allowance a running total is."""
        amount, unit = self.clock.commitment.allowance_amount, self.clock.commitment.unit
        whole = HOURLY[unit] * (amount or 0)
        return f"{formats.duration(total)} of {formats.duration(whole)}"

    def part(self, kind: str, stretch: Stretch, day: date, text: str = "") -> Part:
        """Return a stretch of one day."""
        low = self.share(minute_of(stretch[0], day, self.hours))
        high = self.share(minute_of(stretch[1], day, self.hours))
        return Part(kind, f"{low:.3f}%", f"{max(high - low, 0.2):.3f}%", text)


def minute_of(moment: datetime, day: date, hours: BusinessCalendar) -> float:
    """Return which minute of `day` the wall clock shows; before and after it, the day's edges."""
    local = moment.astimezone(hours.zone)
    if local.date() < day:
        return 0
    if local.date() > day:
        return WHOLE
    return local.hour * HOUR + local.minute + local.second / HOUR


def days_picture(
    *,
    clock: Clock,
    explained: DeadlineExplanation,
    hours: BusinessCalendar,
    names: Mapping[int, str],
    at: datetime,
    twelve_hours: bool = False,
) -> DaysPicture | None:
    """Return the picture of a clock; None where no time is counted.

    Args:
        clock: With its commitment loaded.
        explained: Why it is due when it is.
        hours: The calendar version it counts in.
        names: The names of those who held the lead, by id.
        at: The instant of the question.
        twelve_hours: Whether the reader writes 9:40 AM.
    """
    if clock.started_at is None or clock.due_at is None or clock.lead_id is None:
        return None
    if clock.commitment.unit == Unit.AT_HANDOFF:
        return None
    marks = marks_of(clock=clock, explained=explained, names=names, at=at)
    first = hours.local_date(clock.started_at)
    last = max(day_of(one.at, hours) for one in marks)
    last = min(last, first + MOST_DAYS * DAY)
    low, high = _edges(clock, hours, [one.at for one in marks], first, last)
    frame = _Frame(clock, explained, hours, names, at, twelve_hours, low, high)
    rows = _rows(frame, marks, first, last)
    kinds = {part.kind for row in rows for part in row.parts}
    return DaysPicture(
        rows=rows,
        ticks=_ticks(frame),
        legend=clock_words.legend(kinds, explained=explained),
        sentences=clock_words.sentences(
            clock=clock, explained=explained, hours=hours, names=names, at=at
        ),
    )


def _edges(
    clock: Clock, hours: BusinessCalendar, marks: Sequence[datetime], first: date, last: date
) -> tuple[int, int]:
    """Return the first and last minute of the day that the strips show, on whole hours."""
    if clock.commitment.unit not in BUSINESS:
        return 0, WHOLE
    begins = datetime.combine(first, time(), tzinfo=hours.zone).astimezone(UTC)
    ends = hours.midnight_after(last)
    found: list[float] = []
    for pair in hours.open_intervals(begins, ends):
        day = hours.local_date(pair[0])
        found += [minute_of(pair[0], day, hours), minute_of(pair[1], day, hours)]
    found += [minute_of(moment, day_of(moment, hours), hours) for moment in marks]
    low = max(int(min(found)) // HOUR * HOUR - HOUR, 0)
    high = min(-(-int(max(found)) // HOUR) * HOUR + HOUR, WHOLE)
    return low, high


def _ticks(frame: _Frame) -> list[Part]:
    """Return the hours that are written above the strips."""
    span = (frame.high - frame.low) // HOUR
    step = 6 if span > 16 else 4 if span > 12 else 2  # noqa: PLR2004 - what fits on a phone
    first = -(-frame.low // HOUR // step) * step
    found = []
    for hour in range(first, frame.high // HOUR + 1, step):
        words = f"{hour:02}:00"
        if frame.twelve_hours:
            words = f"{(hour + 11) % 12 + 1} {'AM' if hour % 24 < 12 else 'PM'}"  # noqa: PLR2004
        edge = {frame.low: "start", frame.high: "end"}.get(hour * HOUR, "middle")
        found.append(Part(edge, f"{frame.share(hour * HOUR):.3f}%", "0", words))
    return found


def _rows(frame: _Frame, marks: Sequence[Mark], first: date, last: date) -> list[DayRow]:
    """Return the rows, runs of days without events as one."""
    by_day: dict[date, list[Mark]] = {}
    for mark in marks:
        by_day.setdefault(day_of(mark.at, frame.hours), []).append(mark)
    counts = clock_words.day_counts(
        clock=frame.clock, explained=frame.explained, hours=frame.hours
    )
    closed = {one.on: one for one in frame.explained.closed_dates}
    rows: list[DayRow] = []
    run: list[tuple[date, DayRow]] = []
    total = timedelta(0)
    day = first
    while day <= last:
        row, counted = _row(frame, day, by_day.get(day, []), total, counts.get(day, ""))
        total += counted
        if by_day.get(day) or day in closed:
            rows += _told_run(run)
            rows.append(row)
            run = []
        else:
            run.append((day, row))
        day += DAY
    return rows + _told_run(run)


def _told_run(run: list[tuple[date, DayRow]]) -> list[DayRow]:
    """Return quiet days: closed ones joined, and many of them as one row."""
    if len(run) > SHOWN_IN_A_ROW:
        (first, _), (last, end) = run[0], run[-1]
        words = f"{named(first)} to {named(last)}: nothing happened."
        note = formats.plural(len(run), "day")
        name = f"{named(first)} to {named(last)}"
        return [
            DayRow(
                name=name, note=note, is_closed=True, is_run=True, sum=end.sum, words=words,
                length=next((row.length for _, row in reversed(run) if row.length), ""),
            )
        ]  # fmt: skip
    found: list[DayRow] = []
    for index, (day, row) in enumerate(run):
        before = run[index - 1] if index else None
        if before and before[1].is_closed and row.is_closed and row.note == before[1].note:
            name = f"{named(before[0])}, {named(day)}"
            found[-1] = DayRow(
                name=name, note=row.note, is_closed=True, parts=row.parts, holders=row.holders,
                words=f"{name}: {row.note}.",
            )  # fmt: skip
        else:
            found.append(row)
    return found


def _row(
    frame: _Frame, day: date, marks: Sequence[Mark], before: timedelta, count: str
) -> tuple[DayRow, timedelta]:
    """Return the row of one day, and how much counted on it."""
    hours, clock = frame.hours, frame.clock
    begins = datetime.combine(day, time(), tzinfo=hours.zone).astimezone(UTC)
    ends = hours.midnight_after(day)
    opened = hours.open_intervals(begins, ends)
    business = clock.commitment.unit in BUSINESS
    parts = [frame.part("open", pair, day) for pair in opened] if business else []
    counted = timedelta(0)
    for kind, pair in _stretches(frame, opened if business else [(begins, ends)]):
        parts.append(frame.part(kind, pair, day))
        if kind in {"counted", "ahead"}:
            counted += pair[1] - pair[0]
    parts += [
        frame.part("paused", pair, day, str(PauseReason(pause.reason).label))
        for pause, pair in _paused(frame, begins, ends)
    ]
    note = clock_words.note(day=day, explained=frame.explained, hours=hours, span=(begins, ends))
    drawn, lanes = drawn_marks(
        marks, zone=hours.zone, twelve_hours=frame.twelve_hours, place=frame.share, day=day
    )
    total = before + counted
    told = [named(day), note, *(mark.label for mark in drawn)]
    told += [f"{formats.duration(counted)} counted"] if counted else []
    is_closed = business and not opened and not marks
    by_hours = clock.commitment.unit not in DAYS
    row = DayRow(
        name=named(day),
        note=note,
        is_closed=is_closed,
        parts=parts,
        holders=[] if is_closed else list(_holders(frame, day, begins, ends)),
        marks=drawn,
        lanes=lanes,
        length=formats.duration(counted) if counted and by_hours else count,
        sum=frame.of_allowance(total) if counted and by_hours else "",
        words=", ".join(part for part in told if part) + ".",
    )
    return row, counted


def _stretches(frame: _Frame, pairs: Sequence[Stretch]) -> Iterator[tuple[str, Stretch]]:
    """Yield what counted of a day's time, what is still to come, and what ran past the due."""
    clock = frame.clock
    if clock.started_at is None or clock.due_at is None:
        return
    ended = clock.stopped_at or frame.at
    until = min(clock.due_at, ended) if clock.stopped_at else clock.due_at
    edges = [("counted", clock.started_at, min(until, max(ended, clock.started_at)))]
    if clock.stopped_at is None:
        edges.append(("ahead", max(frame.at, clock.started_at), clock.due_at))
    overdue = clock.breach_at is not None and ended > clock.breach_at
    if clock.status in LATE or (clock.stopped_at is None and overdue):
        edges.append(("late", clock.due_at, ended))
    for kind, low, high in edges:
        for pair in pairs:
            for start, end in _without_pauses(frame, max(pair[0], low), min(pair[1], high)):
                yield kind, (start, end)


def _without_pauses(frame: _Frame, low: datetime, high: datetime) -> Iterator[Stretch]:
    """Yield a stretch without what lies in pauses."""
    for pause in frame.explained.pauses:
        end = pause.end or high
        if low < pause.start < high:
            yield low, pause.start
        if pause.start < high and end > low:
            low = max(low, end)
    if low < high:
        yield low, high


def _paused(frame: _Frame, begins: datetime, ends: datetime) -> Iterator[tuple[Pause, Stretch]]:
    """Yield the pauses of a day."""
    for pause in frame.explained.pauses:
        until = pause.end or max(frame.at, pause.start)
        low, high = max(pause.start, begins), min(until, ends)
        if low < high:
            yield pause, (low, high)


def _holders(frame: _Frame, day: date, begins: datetime, ends: datetime) -> Iterator[Part]:
    """Yield who had the lead when, while the clock ran."""
    clock, holds = frame.clock, frame.explained.holders
    first = clock.started_at or begins
    last = clock.stopped_at or max(frame.at, clock.due_at or frame.at)
    order = list(dict.fromkeys(hold.rep_id for hold in holds))
    for place, hold in enumerate(holds):
        until = holds[place + 1].since if place + 1 < len(holds) else last
        low, high = max(hold.since, begins, first), min(until, ends, last)
        if low < high and hold.rep_id is not None:
            name = frame.names.get(hold.rep_id, "A person not recorded")
            part = frame.part(f"holder-{order.index(hold.rep_id) % 4 + 1}", (low, high), day, name)
            # A name cut in two reads as another name; the mark of the handover says it as well.
            has_room = float(part.width.rstrip("%")) > len(name) * LETTER
            yield part if has_room else replace(part, text="")
