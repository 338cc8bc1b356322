"""When typical starts would be due under a promise that is still being written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from revops import formats
from sla.choices import ClockKind, Unit
from sla.clock import BusinessCalendar, NoWorkingTimeError
from sla.fold.deadlines import deadline
from sla.fold.facts import Promise
from sla.models import CalendarVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sla.models import Commitment

WEEK = 7
# Inside a day, just before a weekend, and on one: the three that people get wrong.
STARTS = ((1, time(10)), (4, time(16, 30)), (5, time(11)))
VERBS = {
    ClockKind.ROUTING: "Became MQL",
    ClockKind.FIRST_CONTACT: "Assigned",
    ClockKind.SAL_REVIEW: "Assigned",
    ClockKind.ATTEMPTS: "Assigned",
    ClockKind.DISPOSITION: "Assigned",
    ClockKind.FINAL_DISPOSITION: "Assigned",
    ClockKind.MARKETING_FEEDBACK: "Feedback given",
    ClockKind.LEAD_AGE: "Captured",
}


@dataclass(frozen=True, slots=True)
class Due:
    """A start and when it would be due; both UTC, `due_at` None past the calendar's horizon."""

    verb: str
    start_at: datetime
    due_at: datetime | None
    zone: str

    @property
    def sentence(self) -> str:
        """The example in words: "Assigned Fri 16:30 -> due Mon 12:30"."""
        started = formats.local(self.start_at, zone=self.zone, style="day_time")
        return f"{self.verb} {started} \u2192 {self.words}"

    @property
    def words(self) -> str:
        """When it is due: "due Mon 12:30"."""
        if self.due_at is None:
            return "due later than the calendar reaches"
        there = self.due_at.astimezone(ZoneInfo(self.zone))
        if there.time() == time():
            return f"due by {formats.deadline(self.due_at, zone=self.zone)}"
        is_near = self.due_at - self.start_at < timedelta(days=WEEK - 1)
        style = "day_time" if is_near else "moment"
        return f"due {formats.local(self.due_at, zone=self.zone, style=style)}"


def default_calendar() -> BusinessCalendar | None:
    """Return the organisation's hours as they are now; None while nobody has set any."""
    row = (
        CalendarVersion.objects.filter(calendar__is_default=True)
        .order_by("-number", "-id")
        .first()
    )
    return None if row is None else BusinessCalendar.from_dict(row.spec)


def dues(
    *, kind: ClockKind, unit: Unit, amount: int, calendar: BusinessCalendar, at: datetime
) -> list[Due]:
    """Return when three typical starts of next week would be due.

    Args:
        kind: What the promise is about.
        unit: How the time is counted; not the monthly volume.
        amount: How much time.
        calendar: The hours it is counted in.
        at: The present; next week is the one after it in the calendar's zone.
    """
    promise = Promise(key=None, kind=kind.value, unit=unit.value, version=None, amount=amount)
    return [
        _due(promise, calendar, start_at) for start_at in _typical_starts(calendar=calendar, at=at)
    ]


def _typical_starts(*, calendar: BusinessCalendar, at: datetime) -> list[datetime]:
    """Return the typical starts of next week, in UTC."""
    today = calendar.local_date(at)
    monday = today + timedelta(days=WEEK - today.weekday())
    return [
        datetime.combine(monday + timedelta(days=days), clock, tzinfo=calendar.zone).astimezone(
            UTC
        )
        for days, clock in STARTS
    ]


def _due(promise: Promise, calendar: BusinessCalendar, start_at: datetime) -> Due:
    """Return when a start would be due."""
    due_at: datetime | None
    try:
        due_at = deadline(promise=promise, calendar=calendar, start=start_at).due_at
    except NoWorkingTimeError:
        due_at = None
    verb = VERBS.get(ClockKind(promise.kind), "Begun")
    return Due(verb, start_at, due_at, calendar.zone.key)


@dataclass(frozen=True, slots=True)
class Consequence:
    """What hours mean for a promise in force: due if begun now, and if begun late on a Friday."""

    title: str
    now: Due
    friday: Due


def consequences(
    *, commitments: Iterable[Commitment], calendar: BusinessCalendar, at: datetime
) -> list[Consequence]:
    """Return what hours mean for the promises of time among `commitments`, in their order."""
    friday = _typical_starts(calendar=calendar, at=at)[1]
    found = []
    for row in commitments:
        if row.allowance_amount is None or row.kind == ClockKind.LEAD_AGE:
            continue
        promise = Promise(
            key=None, kind=row.kind, unit=row.unit, version=None, amount=row.allowance_amount
        )
        dues = [_due(promise, calendar, start) for start in (at, friday)]
        found.append(Consequence(row.title, *dues))
    return found
