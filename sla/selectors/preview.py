"""When typical starts would be due under a promise that is still being written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from revops import formats
from sla.choices import ClockKind, Unit
from sla.clock import BusinessCalendar, NoWorkingTimeError
from sla.fold.deadlines import deadline
from sla.fold.facts import Promise
from sla.models import CalendarVersion

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
        return f"{self.verb} {started} \u2192 {self._due}"

    @property
    def _due(self) -> str:
        if self.due_at is None:
            return "due later than the calendar reaches"
        there = self.due_at.astimezone(ZoneInfo(self.zone))
        if there.time() == time():
            # A day ends at 24:00, which people read as that day and not as the next one's 00:00.
            eve = self.due_at - timedelta(seconds=1)
            return f"due by the end of {formats.local(eve, zone=self.zone, style='day')}"
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
    today = calendar.local_date(at)
    monday = today + timedelta(days=WEEK - today.weekday())
    found = []
    for days, clock in STARTS:
        local = datetime.combine(monday + timedelta(days=days), clock, tzinfo=calendar.zone)
        start_at = local.astimezone(UTC)
        try:
            due_at = deadline(promise=promise, calendar=calendar, start=start_at).due_at
        except NoWorkingTimeError:
            due_at = None
        found.append(Due(VERBS.get(kind, "Begun"), start_at, due_at, calendar.zone.key))
    return found
