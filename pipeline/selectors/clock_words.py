"""What a clock's picture says in words: beside the strips, beneath them, in the legend."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from revops import formats
from sla.choices import PauseReason, Scope, Unit
from sla.fold.deadlines import BUSINESS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sla.clock import BusinessCalendar
    from sla.fold.deadlines import Pause
    from sla.models import Clock
    from sla.selectors import DeadlineExplanation

DAY = timedelta(days=1)
DAYS = frozenset({Unit.BUSINESS_DAYS, Unit.CALENDAR_DAYS})
MOST_SPOKEN = 6
WORDS = {
    "counted": "Counted",
    "ahead": "Still to come",
    "late": "Past the due time",
    "paused": "Paused",
    "open": "Open, not counted",
}


def named(day: date) -> str:
    """Return the date in words."""
    return f"{day:%a} {day.day} {day:%b}"


def day_of(moment: datetime, hours: BusinessCalendar) -> date:
    """Return the date an instant is read on: midnight belongs to the day it ends."""
    return hours.local_date(moment - timedelta(microseconds=1))


def legend(kinds: Collection[str], *, explained: DeadlineExplanation) -> list[tuple[str, str]]:
    """Return what the fillings mean, of those that are there; a pause says its reason."""
    words = dict(WORDS)
    causes = dict.fromkeys(_cause(pause) for pause in explained.pauses)
    words["paused"] = f"Paused: {', '.join(causes)}"
    words["closed"] = "Closed" if explained.unit in BUSINESS else "Before and after"
    return [(kind, text) for kind, text in words.items() if kind in {*kinds, "closed"}]


def _cause(pause: Pause) -> str:
    """Return why the clock stood still."""
    return str(PauseReason(pause.reason).label).lower()


def sentences(
    *,
    clock: Clock,
    explained: DeadlineExplanation,
    hours: BusinessCalendar,
    names: Mapping[int, str],
    at: datetime,
) -> list[str]:
    """Return the picture in words: what counted on which day, and what did not."""
    by_day: dict[date, timedelta] = {}
    for one in explained.intervals:
        day = hours.local_date(one.start)
        by_day[day] = by_day.get(day, timedelta(0)) + one.length
    found = []
    if clock.commitment.unit == Unit.BUSINESS_HOURS and 1 < len(by_day) <= MOST_SPOKEN:
        parts = [f"{formats.duration(length)} on {named(day)}" for day, length in by_day.items()]
        total = formats.duration(sum(by_day.values(), timedelta(0)))
        found.append(f"{_listed(parts)} make {total}.")
    closed = [
        one.name or f"the {one.cause} of {named(one.on)}"
        for one in explained.closed_dates
        if not hours.open_dates(one.on, one.on + DAY)
    ]
    closed += [f"the pause ({_cause(pause)})" for pause in explained.pauses]
    if clock.commitment.unit in BUSINESS:
        closed.append("closed hours")
    if closed:
        verb = "does" if len(closed) == 1 and clock.commitment.unit not in BUSINESS else "do"
        words = _listed(closed)
        found.append(f"{words[0].upper()}{words[1:]} {verb} not count.")
    handed = _handed(clock, explained, names, until=clock.stopped_at or at)
    if handed and clock.scope == Scope.LEAD:
        found.append(f"The handover to {_listed(handed)} did not restart it.")
    return found


def _handed(
    clock: Clock, explained: DeadlineExplanation, names: Mapping[int, str], *, until: datetime
) -> list[str]:
    """Return to whom the lead went from somebody else while the clock ran."""
    found, holder = [], None
    for hold in explained.holders:
        inside = (clock.started_at or until) < hold.since <= until
        if inside and holder is not None and hold.rep_id not in {None, holder}:
            found.append(names.get(hold.rep_id or 0, "another person"))
        holder = hold.rep_id or holder
    return found


def _listed(words: Sequence[str]) -> str:
    """Return `a, b and c`."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if words[1:] else "".join(words)


def note(
    *,
    day: date,
    explained: DeadlineExplanation,
    hours: BusinessCalendar,
    span: tuple[datetime, datetime],
) -> str:
    """Return what is unusual about a day."""
    begins, ends = span
    closed = next((one for one in explained.closed_dates if one.on == day), None)
    if closed is not None and closed.cause == "holiday":
        return closed.name or "Holiday"
    if closed is not None:
        ranges = [
            f"{pair[0].astimezone(hours.zone):%H:%M} to {pair[1].astimezone(hours.zone):%H:%M}"
            for pair in hours.open_intervals(begins, ends)
        ]
        return f"Exception: open {', '.join(ranges)}" if ranges else "Exception: closed"
    if ends - begins != DAY:
        return f"Clocks go {'forward' if ends - begins < DAY else 'back'}"
    if explained.unit not in BUSINESS or hours.open_intervals(begins, ends):
        return ""
    return "Closed"


def day_counts(
    *, clock: Clock, explained: DeadlineExplanation, hours: BusinessCalendar
) -> dict[date, str]:
    """Return which day of an allowance of days each date is, counted back from the due date."""
    unit, amount = clock.commitment.unit, clock.commitment.allowance_amount
    if unit not in DAYS or clock.started_at is None or clock.due_at is None or not amount:
        return {}
    first, last = hours.local_date(clock.started_at), day_of(clock.due_at, hours)
    business = unit == Unit.BUSINESS_DAYS
    if business:
        dates = hours.open_dates(first, last + DAY)
    else:
        dates = [first + DAY * step for step in range((last - first).days + 1)]
    to_day = hours.effective_day if business else hours.local_date
    for pause in explained.pauses:
        if pause.end is not None:
            low, high = to_day(pause.start), to_day(pause.end)
            dates = [day for day in dates if not low <= day < high]
    counts = zip(range(amount, 0, -1), reversed(dates), strict=False)
    return {day: f"day {number} of {amount}" for number, day in counts}
