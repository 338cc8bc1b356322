"""What messages about absences and mornings say."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from dashboards.letters import address, subject_of
from dashboards.selectors.morning import morning, zone_of
from pipeline.models import Assignment
from revops import formats
from revops.outbox.letters import Letter
from revops.people.models import Absence, User

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dashboards.selectors.morning import Holder
    from revops.people.absences.selectors import Out
    from sla.models import Clock

LISTED: Final = 8
"""Promises named per person; the page behind the link has all of them."""


def handed_over(payload: dict[str, Any]) -> Letter:
    """An absence began, and the leads went to who stands in."""
    absence = Absence.objects.select_related("rep").get(pk=payload["absence"])
    leads = payload["leads"]
    taken = Assignment.objects.filter(
        round__lead__in=leads,
        why__has_key="absence",
        why__absence=absence.pk,
        why__rule="handed_over",
    )
    names = sorted(set(taken.values_list("rep__name", flat=True)))
    return Letter(
        subject=f"{absence.rep.name} is out: {formats.plural(len(leads), 'lead')} handed over",
        lines=(
            f"Now with {', '.join(names)}. The promises to the leads run on.",
            "Nothing comes back by itself when the absence ends; a click gives back what is open.",
        ),
        action=("See the absence", address("pipeline:absence_detail", absence.pk)),
    )


def morning_digest(payload: dict[str, Any]) -> Letter:
    """What one leader needs to know, as things stood when it was announced."""
    leader = User.objects.get(pk=payload["leader"])
    told = morning(leader=leader, zone=zone_of(leader), at=datetime.fromisoformat(payload["at"]))
    due = sum(len(holder.clocks) for holder in told.due)
    missed = sum(len(holder.clocks) for holder in told.missed)
    may_cover = leader.has_perm("pipeline.view_coverage")
    quiet = not (due or missed or told.out)
    lines = ("Nothing is due, nothing was missed and nobody is out.",) if quiet else ()
    parts = [
        *_parts("due today", told.due, leader=leader),
        *_parts("missed since the last business day", told.missed, leader=leader),
        *(_out(told.out) if told.out else ()),
        *(
            Letter(
                subject=f"{rep.name} is out and still holds {formats.plural(number, 'open lead')}",
                lines=("Nobody could take over.",),
                action=("Reassign", address("pipeline:coverage_reassign", rep.pk)),
            )
            for rep, number in told.stranded.items()
        ),
    ]
    return Letter(
        subject=f"This morning: {due} due, {missed} missed, {len(told.out)} out",
        lines=lines,
        action=("Open coverage", address("pipeline:coverage")) if may_cover else None,
        parts=tuple(parts),
    )


def _parts(what: str, holders: Sequence[Holder], *, leader: User) -> Iterator[Letter]:
    """Return a part per person, with the page that reassigns where the reader may."""
    may_assign = leader.has_perm("pipeline.assign_lead")
    for holder in holders:
        count = formats.plural(len(holder.clocks), "promise")
        more = len(holder.clocks) - LISTED
        link = None
        if may_assign and holder.rep is not None:
            link = ("Reassign", address("pipeline:coverage_reassign", holder.rep.pk))
        yield Letter(
            subject=f"{holder.rep.name if holder.rep else 'Nobody yet'}: {count} {what}",
            lines=(f"And {more} more.",) if more > 0 else (),
            facts=tuple(_fact(clock) for clock in holder.clocks[:LISTED]),
            action=link,
        )


def _fact(clock: Clock) -> tuple[str, str | datetime]:
    """Return a promise with the company, and when it is due."""
    lead = clock.lead
    of = lead.company if lead is not None and lead.company else subject_of(clock)
    return f"{clock.get_kind_display()}, {of}", clock.due_at or "no date"


def _out(out: Sequence[Out]) -> tuple[Letter]:
    """Return who is out, until when, and who stands in."""
    facts = tuple(
        (
            one.absence.rep.name,
            f"until {one.absence.last_on:%-d %b}, "
            + (f"{one.stand_in.name} stands in" if one.stand_in else "nobody named"),
        )
        for one in out
    )
    people = formats.plural(len(out), "person", "people")
    return (Letter(subject=f"{people} out today", lines=(), facts=facts),)
