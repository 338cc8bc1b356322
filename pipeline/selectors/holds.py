"""Who held a lead and for how long, and which leads were passed on too often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from pipeline import stages
from pipeline.models import Assignment, Lead, Round
from pipeline.selectors.clocks import office_hours, terms_in_use
from pipeline.selectors.persons import Person, person_of

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from revops.people.models import User
    from sla.clock import BusinessCalendar

OFTEN = 2
"""Handed on more often than this, a lead is looked at in the review. Source: sla-clock R8."""
_STANDING = Q(undoes__isnull=True, undone_by__isnull=True, rep__isnull=False)


@dataclass(frozen=True, kw_only=True)
class Hold:
    """One person's share of a round; `until` is None while they hold it."""

    rep: str
    since: datetime
    until: datetime | None
    held: timedelta


@dataclass(frozen=True, kw_only=True)
class PassedOn:
    """A lead that was handed on too often."""

    lead: Lead
    person: Person
    owner: str
    count: int


def holds_of(*, current: Round | None, at: datetime) -> list[Hold]:
    """Return who held a round, in order, with the business time of each; one statement."""
    if current is None:
        return []
    rows = list(
        Assignment.objects.filter(_STANDING, round=current)
        .select_related("rep")
        .order_by("assigned_at", "pk")
    )
    hours = office_hours(terms=terms_in_use(), at=at)
    ended = current.decided_at if current.stage in stages.CLOSED else None
    ends = [*(row.assigned_at for row in rows[1:]), ended]
    return [
        Hold(
            rep=row.rep.name if row.rep else "",
            since=row.assigned_at,
            until=until,
            held=_held(hours, row.assigned_at, until or at),
        )
        for row, until in zip(rows, ends, strict=False)
    ]


def _held(hours: BusinessCalendar | None, since: datetime, until: datetime) -> timedelta:
    return until - since if hours is None else hours.between(since, until)


def passed_on(*, user: User) -> list[PassedOn]:
    """Return the open leads handed on more than twice, the most often first; one statement."""
    handed = Count("assignments", filter=Q(
        assignments__undoes__isnull=True, assignments__undone_by__isnull=True,
        assignments__rep__isnull=False,
    ))  # fmt: skip
    rounds = (
        Round.objects.counted()
        .exclude(stage__in=stages.CLOSED)
        .filter(lead__in=Lead.objects.visible_to(user))
        .annotate(handed=handed)
        .filter(handed__gt=OFTEN + 1)
        .select_related("lead__company", "rep")
        .order_by("-handed", "-pk")
    )
    return [
        PassedOn(
            lead=current.lead,
            person=person_of(lead=current.lead, reader=user),
            owner=current.rep.name if current.rep else "",
            count=handed_count - 1,
        )
        for current, handed_count in ((row, getattr(row, "handed", 0)) for row in rounds)
    ]
