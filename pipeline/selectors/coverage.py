"""Coverage: who is out, what they hold, and what is about to be missed, by person."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Q

from pipeline.choices import Stage
from pipeline.models import Lead
from pipeline.selectors.clocks import SHOWN, line_of, office_hours, terms_in_use
from pipeline.selectors.handover import HELD
from pipeline.selectors.persons import person_of
from revops.people.absences import selectors as absences
from revops.people.models import Absence, Rep
from revops.people.selectors import local_day
from sla.choices import ClockStatus
from sla.clock import NoWorkingTimeError
from sla.models import Clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from pipeline.selectors.clocks import ClockLine
    from pipeline.selectors.persons import Person
    from revops.people.absences.selectors import Link, Out
    from revops.people.models import User
    from revops.people.selectors import Viewer
    from sla.fold import Terms

AHEAD: Final = timedelta(hours=4)
"""Business time within which a promise counts as about to be missed: one first contact."""
DAYS: Final = timedelta(days=7)
LISTED: Final = 50


@dataclass(frozen=True, kw_only=True)
class Pressing:
    """A promise about to be missed: which, on which lead, and who holds it."""

    lead_id: int
    person: Person
    company: str
    clock: ClockLine
    holder: Rep | None


@dataclass(frozen=True, kw_only=True)
class Load:
    """One person: whether they are out, what they hold, and what presses.

    Attributes:
        out: The absence of today, None for who is there.
        stand_in: Who takes the leads meanwhile.
        held: Leads on which they owe an act.
        pressing: Promises about to be missed.
        missed: Promises missed and not kept since.
    """

    rep: Rep
    out: Out | None
    stand_in: Link | None
    held: int
    pressing: int
    missed: int

    @property
    def needs_help(self) -> bool:
        """Whether somebody who cannot act holds leads."""
        return self.held > 0 and (self.out is not None or not self.rep.is_active)


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """The cover view of one leader at one instant.

    Attributes:
        until: The end of the span in which a promise counts as pressing.
        pressing: The promises, the most urgent first, at most `LISTED`.
        pressing_count: All of them.
        unassigned: Leads that wait for somebody.
    """

    out: list[Out]
    loads: list[Load]
    pressing: list[Pressing]
    pressing_count: int
    unassigned: int
    until: datetime


@dataclass(frozen=True, kw_only=True)
class CoverageLine:
    """The line of the queue: how many are out today and how many promises press."""

    out: int
    pressing: int


def pressing_until(*, terms: Terms, at: datetime) -> datetime:
    """Return the instant `AHEAD` business hours from now; elapsed hours where none are agreed."""
    hours = office_hours(terms=terms, at=at)
    if hours is None:
        return at + AHEAD
    try:
        return hours.add(at, AHEAD)
    except NoWorkingTimeError:
        return at + AHEAD


def pressing_clocks(*, at: datetime, until: datetime) -> QuerySet[Clock]:
    """Return the teams' promises on leads that are missed by `until` unless somebody acts."""
    return (
        Clock.objects.running()
        .of_teams()
        .filter(kind__in=SHOWN, breach_at__gte=at, breach_at__lte=until)
    )


def missed_clocks() -> QuerySet[Clock]:
    """Return the teams' promises on leads that were missed and not kept since."""
    return Clock.objects.of_teams().filter(kind__in=SHOWN, status=ClockStatus.BREACHED_OPEN)


def of_reps(reps: Iterable[int]) -> Q:
    """Narrow clocks to those of some people, and of the leads nobody has."""
    return Q(rep__in=list(reps)) | Q(rep__isnull=True)


def coverage(*, reader: Viewer, user: User, at: datetime) -> Coverage:
    """Return the cover view; the number of statements does not depend on the size of the team."""
    terms, today = terms_in_use(), local_day(at=at)
    until = pressing_until(terms=terms, at=at)
    reps = list(Rep.objects.kept_by(user).select_related("user").order_by("name", "pk"))
    by_id = {rep.pk: rep for rep in reps}
    out = absences.out(reader=user, starts_on=today, ends_on=today + DAYS, today=today)
    mine = of_reps(by_id)
    clocks = list(
        pressing_clocks(at=at, until=until)
        .filter(mine)
        .select_related("lead__company", "commitment", "rep")
        .order_by("breach_at", "pk")
    )
    held = dict(
        Lead.objects.kept()
        .filter(owner__in=by_id, stage__in=HELD)
        .order_by()
        .values_list("owner")
        .annotate(number=Count("pk"))
    )
    missed = dict(
        missed_clocks().filter(mine).order_by().values_list("rep").annotate(number=Count("pk"))
    )
    return Coverage(
        out=out,
        loads=_loads(reps, out=out, held=held, clocks=clocks, missed=missed),
        pressing=[
            _pressing(clock, terms=terms, reader=reader, user=user, at=at)
            for clock in clocks[:LISTED]
        ],
        pressing_count=len(clocks),
        unassigned=Lead.objects.kept().filter(owner__isnull=True, stage=Stage.MQL).count(),
        until=until,
    )


def _loads(
    reps: list[Rep],
    *,
    out: list[Out],
    held: dict[int, int],
    clocks: list[Clock],
    missed: dict[int | None, int],
) -> list[Load]:
    """Return everybody with something to see, who needs help first."""
    pressing = Counter(clock.rep_id for clock in clocks)
    today = {one.absence.rep_id: one for one in out if one.state == "now"}
    loads = [
        Load(
            rep=rep,
            out=today.get(rep.pk),
            stand_in=today[rep.pk].stand_in if rep.pk in today else None,
            held=held.get(rep.pk, 0),
            pressing=pressing[rep.pk],
            missed=missed.get(rep.pk, 0),
        )
        for rep in reps
    ]
    seen = [load for load in loads if load.out or load.held or load.pressing or load.missed]
    return sorted(seen, key=lambda load: (not load.needs_help, -load.pressing, -load.held))


def _pressing(clock: Clock, *, terms: Terms, reader: Viewer, user: User, at: datetime) -> Pressing:
    lead = clock.lead
    if lead is None:  # only the monthly volume has none, and it is not among the kinds asked for
        raise AssertionError(clock.pk)
    return Pressing(
        lead_id=lead.pk,
        person=person_of(lead=lead, reader=user),
        company=lead.company.name if lead.company else "",
        clock=line_of(clock=clock, terms=terms, reader=reader, at=at),
        holder=clock.rep,
    )


def coverage_line(*, user: User, at: datetime) -> CoverageLine:
    """Return what the queue says of coverage; four statements."""
    reps = list(Rep.objects.kept_by(user).values_list("pk", flat=True))
    until = pressing_until(terms=terms_in_use(), at=at)
    return CoverageLine(
        out=Absence.objects.begun(on=local_day(at=at)).filter(rep__in=reps).count(),
        pressing=pressing_clocks(at=at, until=until).filter(of_reps(reps)).count(),
    )


def pressing_of(*, rep: Rep, reader: Viewer, user: User, at: datetime) -> dict[int, Pressing]:
    """Return a person's most urgent promise by lead, for the page that gives leads on."""
    terms = terms_in_use()
    rows = (
        Clock.objects.of_teams()
        .filter(
            kind__in=SHOWN,
            rep=rep,
            status__in=(ClockStatus.PENDING, ClockStatus.BREACHED_OPEN),
        )
        .select_related("lead__company", "commitment", "rep")
        .order_by("breach_at", "pk")
    )
    by_lead: dict[int, list[Clock]] = defaultdict(list)
    for clock in rows:
        by_lead[int(clock.lead_id or 0)].append(clock)
    return {
        lead_id: _pressing(clocks[0], terms=terms, reader=reader, user=user, at=at)
        for lead_id, clocks in by_lead.items()
    }
