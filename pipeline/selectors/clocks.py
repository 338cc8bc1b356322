"""The clocks of leads as pages show them: the most urgent one, and the strip of all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from revops import formats
from sla.choices import ClockKind, ClockStatus, Scope, Unit
from sla.models import Clock
from sla.selectors import badge
from sla.selectors.terms import loaded_terms, terms_key

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from revops.people.selectors import Viewer
    from sla.clock import BusinessCalendar
    from sla.fold import Terms
    from sla.selectors import Badge

RUNNING = frozenset({ClockStatus.PENDING, ClockStatus.BREACHED_OPEN})
ENDED = frozenset({ClockStatus.MET, ClockStatus.MET_LATE, ClockStatus.BREACHED_CLOSED})
SHOWN = (
    ClockKind.ROUTING,
    ClockKind.FIRST_CONTACT,
    ClockKind.SAL_REVIEW,
    ClockKind.ATTEMPTS,
    ClockKind.DISPOSITION,
    ClockKind.FINAL_DISPOSITION,
)
PRESSING = frozenset({"due_soon", "overdue"})


@dataclass(frozen=True, kw_only=True)
class ClockLine:
    """One clock of one round: its badge, its name and its due date in words."""

    id: int
    kind: str
    name: str
    badge: Badge
    due: str
    counted: str
    sentence: str
    is_enforced: bool


def terms_in_use() -> Terms:
    """Return the agreements and calendars badges read; one statement unless they changed."""
    return loaded_terms(terms_key()).terms


def clocks_of(*, lead_ids: Collection[int]) -> dict[tuple[int, int], list[Clock]]:
    """Return the team's clocks by lead and cycle; one statement."""
    found: dict[tuple[int, int], list[Clock]] = defaultdict(list)
    rows = (
        Clock.objects.filter(lead__in=lead_ids, scope=Scope.LEAD, kind__in=SHOWN)
        .exclude(status=ClockStatus.NOT_STARTED)
        .select_related("commitment")
        .order_by("started_at", "id")
    )
    for clock in rows:
        found[int(clock.lead_id or 0), clock.cycle].append(clock)
    return found


def line_of(*, clock: Clock, terms: Terms, reader: Viewer, at: datetime) -> ClockLine:
    """Return one clock in words."""
    shown = badge(clock=clock, terms=terms, at=at, zone=reader.zone)
    wanted = clock.commitment.count
    return ClockLine(
        id=clock.pk,
        kind=clock.kind,
        name=str(clock.get_kind_display()),
        badge=shown,
        due=due_words(clock=clock, reader=reader, at=at),
        counted=f"{min(clock.counted or 0, wanted)} of {wanted}"
        if wanted and clock.status in RUNNING
        else "",
        sentence=clock.commitment.sentence,
        is_enforced=clock.enforced,
    )


def due_words(*, clock: Clock, reader: Viewer, at: datetime) -> str:
    """Return when a running clock is due, or when an ended one was stopped."""
    if clock.commitment.unit == Unit.AT_HANDOFF and clock.stopped_at is not None:
        return f"at handoff {_near(clock.stopped_at, reader=reader, at=at)}"
    if clock.status in ENDED and clock.stopped_at is not None:
        return f"done {_near(clock.stopped_at, reader=reader, at=at)}"
    if clock.status == ClockStatus.PENDING and clock.pause_until is not None:
        return f"until {_near(clock.pause_until, reader=reader, at=at)} at the latest"
    if clock.due_at is None:
        return ""
    return f"due {_near(clock.due_at, reader=reader, at=at)}"


def _near(instant: datetime, *, reader: Viewer, at: datetime) -> str:
    """Return an instant as short as it is clear: the time today, the day within a week."""
    gap = abs((instant - at).days)
    style = "day_time" if gap < 6 else "day"  # noqa: PLR2004 - the same weekday is a week away
    return formats.local(instant, zone=reader.zone, style=style, twelve_hours=reader.twelve_hours)


def most_urgent(clocks: list[Clock]) -> Clock | None:
    """Return the running clock that is due first, else None."""
    running = [clock for clock in clocks if clock.status in RUNNING]
    return min(
        running,
        key=lambda clock: (clock.breach_at is None, clock.breach_at or clock.started_at, clock.pk),
        default=None,
    )


def shown_clock(clocks: list[Clock], *, terms: Terms, at: datetime) -> Clock | None:
    """Return the clock whose badge stands in the queue.

    It is the most urgent one. While that is not pressing, a first contact that was made stays in
    view, so that a late one is not forgotten the moment somebody calls.
    """
    urgent = most_urgent(clocks)
    if urgent is not None and badge(clock=urgent, terms=terms, at=at).state in PRESSING:
        return urgent
    made = [
        clock
        for clock in clocks
        if clock.kind == ClockKind.FIRST_CONTACT and clock.status in ENDED
    ]
    if made:
        return made[-1]
    return urgent or (clocks[-1] if clocks else None)


def office_hours(*, terms: Terms, at: datetime) -> BusinessCalendar | None:
    """Return the hours the promises in use count in, None where no SLA is in use."""
    agreement = terms.agreement_at(at)
    promises = agreement.promises if agreement else ()
    promise = next((one for one in promises if one.calendar), None)
    return None if promise is None else terms.calendar_at(promise.calendar, at).hours


def ranges_on(*, hours: BusinessCalendar, day: date) -> list[tuple[datetime, datetime]]:
    """Return the open ranges of a local day of the calendar, empty on a closed one."""
    begins = datetime.combine(day, time(0), tzinfo=hours.zone)
    return hours.open_intervals(begins, begins + timedelta(days=1))


def working_hours(*, at: datetime, reader: Viewer) -> str:
    """Return the open hours of today in words, empty where no SLA is in use."""
    hours = office_hours(terms=terms_in_use(), at=at)
    if hours is None:
        return ""
    ranges = ranges_on(hours=hours, day=hours.local_date(at))
    place = hours.zone.key.rpartition("/")[2].replace("_", " ")
    if not ranges:
        return f"closed today in {place}"
    first, last = ranges[0][0].astimezone(hours.zone), ranges[-1][1].astimezone(hours.zone)
    clock = "%I:%M %p" if reader.twelve_hours else "%H:%M"
    return f"working hours {first:{clock}} to {last:{clock}} {place}"
