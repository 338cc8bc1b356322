"""What a leader needs to know in the morning: due today, missed since, and who is out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from django.db.models import Q

from pipeline.selectors.clocks import office_hours, ranges_on, terms_in_use
from pipeline.selectors.coverage import of_reps
from pipeline.selectors.handover import held_leads
from revops.people.absences import selectors as absences
from revops.people.choices import Role, Side
from revops.people.models import Rep, User
from revops.people.selectors import local_day, organization
from sla.models import Clock

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet

    from revops.people.absences.selectors import Out
    from sla.clock import BusinessCalendar
    from sla.models.clocks import ClockQuerySet

LEADERS: Final = (Role.SALES_LEADER, Role.MARKETING_LEADER, Role.REVOPS)
SIDES: Final = {Role.SALES_LEADER: Side.SALES, Role.MARKETING_LEADER: Side.MARKETING}
FURTHEST: Final = 14
"""Days searched for the business day before today; longer closures start over."""


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """A person's working day: the company's hours read on the clock of their own zone."""

    day: date
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Promises of one person, the most urgent first; `rep` None is nobody."""

    rep: Rep | None
    clocks: list[Clock]


@dataclass(frozen=True, kw_only=True)
class Morning:
    """One leader's morning.

    Attributes:
        due: Promises that run out today, by who holds them.
        missed: Promises missed since the business day before began.
        out: Who is out today.
        stranded: Open leads that people who are out still hold, by rep.
    """

    due: list[Holder]
    missed: list[Holder]
    out: list[Out]
    stranded: dict[Rep, int]


def leaders() -> QuerySet[User]:
    """Return who gets a morning digest."""
    return User.objects.filter(is_active=True, role__in=LEADERS).order_by("pk")


def zone_of(person: User) -> ZoneInfo:
    """Return the zone a person lives in: the chosen one, else the organisation's."""
    owner = organization()
    return ZoneInfo(person.timezone or (owner.timezone if owner else "UTC"))


def working_day(*, hours: BusinessCalendar, zone: ZoneInfo, at: datetime) -> WorkingDay | None:
    """Return the working day of `at` for somebody in `zone`; None on a closed day."""
    day = at.astimezone(zone).date()
    ranges = ranges_on(hours=hours, day=day)
    if not ranges:
        return None
    first = ranges[0][0].astimezone(hours.zone)
    length = ranges[-1][1] - ranges[0][0]
    opens_at = datetime.combine(day, first.time(), tzinfo=zone)
    return WorkingDay(day=day, opens_at=opens_at, closes_at=opens_at + length)


def morning(*, leader: User, zone: ZoneInfo, at: datetime) -> Morning:
    """Return what happened and what is due, as it stands at `at`."""
    begins = datetime.combine(at.astimezone(zone).date(), time(0), tzinfo=zone)
    ends = begins + timedelta(days=1)
    since = _day_before(begins=begins, zone=zone, at=at)
    clocks = _clocks_of(leader)
    today = local_day(at=at)
    out = absences.out(
        reader=leader, starts_on=today, ends_on=today + timedelta(days=1), today=today
    )
    held = {one.absence.rep: held_leads(rep=one.absence.rep_id).count() for one in out}
    return Morning(
        due=_by_holder(clocks.running().filter(breach_at__gte=at, due_at__lt=ends)),
        missed=_by_holder(clocks.missed(at=at).filter(breach_at__gte=since, breach_at__lt=at)),
        out=out,
        stranded={rep: number for rep, number in held.items() if number},
    )


def _day_before(*, begins: datetime, zone: ZoneInfo, at: datetime) -> datetime:
    """Return when the business day before began, or yesterday where no hours are agreed."""
    hours = office_hours(terms=terms_in_use(), at=at)
    days = [begins.date() - timedelta(days=n) for n in range(1, FURTHEST + 1)]
    day = next((day for day in days if hours is None or ranges_on(hours=hours, day=day)), days[0])
    return datetime.combine(day, time(0), tzinfo=zone)


def _clocks_of(leader: User) -> ClockQuerySet:
    """Return the promises a leader answers for: the side's, in sales those of the own people."""
    clocks = Clock.objects.of_teams().filter(lead__isnull=False)
    side = SIDES.get(Role(leader.role))
    if side is not None:
        clocks = clocks.filter(side=side)
    mine = Q() if leader.role != Role.SALES_LEADER else _own(leader)
    found: ClockQuerySet = clocks.filter(mine)
    return found.select_related("lead__company", "rep").order_by("due_at", "pk")


def _own(leader: User) -> Q:
    return of_reps(Rep.objects.kept_by(leader).values_list("pk", flat=True))


def _by_holder(clocks: QuerySet[Clock]) -> list[Holder]:
    """Return clocks by who holds them, who has the most urgent one first; one statement."""
    found: dict[int | None, list[Clock]] = {}
    for clock in clocks:
        found.setdefault(clock.rep_id, []).append(clock)
    return [Holder(rep=held[0].rep, clocks=held) for held in found.values()]
