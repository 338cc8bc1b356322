"""The queue: whose turn it is, sorted by the business time that is left."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery

from pipeline import stages
from pipeline.choices import Stage
from pipeline.models import Lead, Round, Transition
from pipeline.selectors.clocks import (
    SHOWN,
    ClockLine,
    clocks_of,
    line_of,
    most_urgent,
    shown_clock,
    terms_in_use,
)
from pipeline.selectors.criteria import why_of
from pipeline.selectors.persons import Person, person_of
from revops.people.choices import Role
from sla.choices import ClockStatus, Scope
from sla.models import Clock

if TYPE_CHECKING:
    from django.core.paginator import Page

    from pipeline.models.facts import RoundQuerySet
    from revops.people.models import User
    from revops.people.selectors import Viewer

OPEN = (Stage.MQL, Stage.ASSIGNED, Stage.ACCEPTED, Stage.SQL)
DONE = (Stage.ACCEPTED, Stage.SQL, Stage.OPPORTUNITY, Stage.WON, Stage.LOST, *stages.GIVEN_BACK)
PAGE_SIZE = 50
TABS = ("mine", "team", "unassigned", "done")
# Somebody works on a lead further on, even where the source did not record who.
UNASSIGNED = Q(rep__isnull=True, stage=Stage.MQL)


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One lead of the queue.

    Attributes:
        clock: The clock whose badge is shown, None when no promise runs.
        next: What is promised next, when that is another clock than the one shown.
        done: For the tab of today's work: what was decided.
    """

    lead_id: int
    person: Person
    company: str
    why: str
    source: str
    fit: int | None
    intent: int | None
    owner: str
    stage: str
    is_hand_raiser: bool
    clock: ClockLine | None
    next: ClockLine | None
    done: str
    round_number: int


@dataclass(frozen=True, kw_only=True)
class Tab:
    """One view of the queue with the number of its leads."""

    key: str
    label: str
    count: int
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class Queue:
    """One page of one tab; `stamp` changes when anything shown does."""

    tab: str
    tabs: list[Tab]
    rows: list[QueueRow]
    page: Page[Round]
    stamp: str


def default_tab(user: User) -> str:
    """Return the tab a person starts on: one's own leads, or everybody's for non-sellers."""
    return "mine" if user.role == Role.SALES_REP else "team"


def queue(*, user: User, tab: str, page: int, reader: Viewer, at: datetime) -> Queue:
    """Return a page of the queue; the number of statements does not depend on its length."""
    begins = day_start(at=at, zone=reader.zone)
    visible = visible_rounds(user)
    paginator = Paginator(_sorted(_of_tab(visible, tab=tab, user=user, begins=begins)), PAGE_SIZE)
    shown = paginator.get_page(page)
    rounds = list(shown.object_list)
    rows = queue_rows(rounds=rounds, user=user, reader=reader, at=at, is_done=tab == "done")
    return Queue(
        tab=tab,
        tabs=tabs_of(visible, tab=tab, user=user, begins=begins),
        rows=rows,
        page=shown,
        stamp=_stamp(rows, rounds),
    )


def visible_rounds(user: User) -> RoundQuerySet:
    """Return the current rounds of the leads a person may see."""
    later = Round.objects.filter(lead=OuterRef("lead"), number__gt=OuterRef("number"))
    found: RoundQuerySet = Round.objects.counted().filter(
        ~Exists(later), lead__in=Lead.objects.visible_to(user)
    )
    return found


def tabs_of(visible: RoundQuerySet, *, tab: str, user: User, begins: datetime) -> list[Tab]:
    """Return the tabs with their counts; two statements."""
    open_rounds = visible.filter(stage__in=OPEN)
    counts = open_rounds.aggregate(
        mine=Count("pk", filter=_is_mine(user)),
        team=Count("pk", filter=_is_of_team(user)),
        unassigned=Count("pk", filter=UNASSIGNED),
    )
    counts["done"] = _done(visible, user=user, begins=begins).count()
    is_seller = user.role in {Role.SALES_REP, Role.SALES_LEADER}
    labels = {
        "mine": "Mine",
        "team": "Team" if is_seller else "All",
        "unassigned": "Unassigned",
        "done": "Done today",
    }
    hidden = () if is_seller else ("mine",)
    return [
        Tab(key=key, label=labels[key], count=counts[key], is_current=key == tab)
        for key in TABS
        if key not in hidden
    ]


def _is_mine(user: User) -> Q:
    return Q(rep__user=user)


def _is_of_team(user: User) -> Q:
    is_seller = user.role in {Role.SALES_REP, Role.SALES_LEADER}
    if is_seller and user.team_id is not None:
        return Q(rep__team=user.team_id)
    return ~UNASSIGNED


def _of_tab(visible: RoundQuerySet, *, tab: str, user: User, begins: datetime) -> RoundQuerySet:
    if tab == "done":
        return _done(visible, user=user, begins=begins)
    open_rounds: RoundQuerySet = visible.filter(stage__in=OPEN)
    if tab == "mine":
        return open_rounds.filter(_is_mine(user))
    if tab == "unassigned":
        return open_rounds.filter(UNASSIGNED)
    return open_rounds.filter(_is_of_team(user))


def _done(visible: RoundQuerySet, *, user: User, begins: datetime) -> RoundQuerySet:
    """Return the rounds decided since the day began, one's own or the team's."""
    decided = Transition.objects.filter(
        round=OuterRef("pk"),
        to_stage__in=DONE,
        occurred_at__gte=begins,
        is_implied=False,
        undoes__isnull=True,
        undone_by__isnull=True,
    )
    scope = _is_mine(user) if user.role == Role.SALES_REP else _is_of_team(user)
    return visible.filter(Exists(decided)).filter(scope)


def _sorted(rounds: RoundQuerySet) -> RoundQuerySet:
    """Sort by the instant at which the next promise is missed; hand-raisers first among equals."""
    upcoming = Clock.objects.filter(
        lead=OuterRef("lead"),
        cycle=OuterRef("number"),
        scope=Scope.LEAD,
        kind__in=SHOWN,
        status__in=(ClockStatus.PENDING, ClockStatus.BREACHED_OPEN),
    ).order_by(F("breach_at").asc(nulls_last=True))
    return (
        rounds.annotate(next_at=Subquery(upcoming.values("breach_at")[:1]))
        .select_related("lead__company", "lead__channel", "rep")
        .order_by(F("next_at").asc(nulls_last=True), "-lead__is_hand_raiser", "-mql_at", "-pk")
    )


def day_start(*, at: datetime, zone: str) -> datetime:
    """Return when the local day of `at` began."""
    local = ZoneInfo(zone)
    return datetime.combine(at.astimezone(local).date(), time(0), tzinfo=local)


def queue_rows(
    *, rounds: list[Round], user: User, reader: Viewer, at: datetime, is_done: bool = False
) -> list[QueueRow]:
    """Return the rounds as rows; two statements, whatever their number."""
    clocks = clocks_of(lead_ids=[current.lead_id for current in rounds])
    terms = terms_in_use()
    rows = []
    for current in rounds:
        lead = current.lead
        own = clocks.get((lead.pk, current.number), [])
        shown, urgent = shown_clock(own, terms=terms, at=at), most_urgent(own)
        rows.append(
            QueueRow(
                lead_id=lead.pk,
                person=person_of(lead=lead, reader=user),
                company=lead.company.name if lead.company else "",
                why=why_of(current),
                source=lead.channel.name if lead.channel else "",
                fit=current.fit_score,
                intent=current.intent_score,
                owner=current.rep.name if current.rep else "",
                stage=current.stage,
                is_hand_raiser=lead.is_hand_raiser,
                clock=line_of(clock=shown, terms=terms, reader=reader, at=at) if shown else None,
                next=line_of(clock=urgent, terms=terms, reader=reader, at=at)
                if urgent is not None and urgent is not shown
                else None,
                done=str(Stage(current.stage).label) if is_done else "",
                round_number=current.number,
            )
        )
    return rows


def _stamp(rows: list[QueueRow], rounds: list[Round]) -> str:
    """Return a hash of what is shown, except the minutes, which the page counts itself."""
    told = [
        (row.lead_id, current.lead.changed_at, row.clock and (row.clock.id, row.clock.badge.state))
        for row, current in zip(rows, rounds, strict=True)
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
