"""Bring absences in from a calendar file: tried first, then stored, and again without effect."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from revops.people.absences import services
from revops.people.absences.ical import Fault, read_calendar
from revops.people.models import Absence, Rep
from revops.people.selectors import local_day, organization

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from revops.people.absences.ical import Event
    from revops.people.models import User


class Effect(StrEnum):
    """What an event of the file does."""

    NEW = "new"
    CHANGED = "changed"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    OVER = "over"
    REFUSED = "refused"


WORDS = {
    Effect.NEW: "New",
    Effect.CHANGED: "Changed",
    Effect.REMOVED: "Taken back",
    Effect.UNCHANGED: "As it was",
    Effect.OVER: "Over already",
    Effect.REFUSED: "Refused",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One event for one person, and what it does.

    Attributes:
        number: Place of the event in the file, from 1.
        who: The person's name, or the address that is nobody's.
        why: Why it was refused, what was rounded, or what it was before.
    """

    number: int
    effect: Effect
    who: str = ""
    starts_on: date | None = None
    last_on: date | None = None
    why: str = ""

    @property
    def word(self) -> str:
        """The effect in words."""
        return WORDS[self.effect]


@dataclass(frozen=True)
class Outcome:
    """What a file does, or did."""

    lines: list[Line]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many events have which effect, in words; effects nothing has are left out."""
        found = Counter(line.effect for line in self.lines)
        return [(WORDS[effect], found[effect]) for effect in Effect if found[effect]]

    @property
    def has_effect(self) -> bool:
        """Whether storing it changes anything."""
        stored = {Effect.NEW, Effect.CHANGED, Effect.REMOVED}
        return any(line.effect in stored for line in self.lines)


@transaction.atomic
def try_calendar(*, raw: bytes, rep: Rep | None, by: User, at: datetime) -> Outcome:
    """Do everything an import does and roll it back.

    Raises:
        CalendarFileError: The file as a whole cannot be read.
    """
    outcome = import_calendar(raw=raw, rep=rep, by=by, at=at)
    transaction.set_rollback(True)
    return outcome


@transaction.atomic
def import_calendar(*, raw: bytes, rep: Rep | None, by: User, at: datetime) -> Outcome:
    """Store the absences of a calendar file; titles are not stored, they say too much.

    Args:
        raw: The file.
        rep: Whose absences they are; None finds the people by the addresses in the events.
        by: Who brings it; events of people they do not speak for are refused.
        at: The instant of the call.

    Returns:
        A line per event and person. Importing the file again changes nothing.

    Raises:
        CalendarFileError: The file as a whole cannot be read.
    """
    owner = organization()
    today = local_day(at=at)
    found = read_calendar(raw, zone=ZoneInfo(owner.timezone if owner else "UTC"), today=today)
    people = _by_mail(by)
    lines: list[Line] = []
    for one in found:
        if isinstance(one, Fault):
            lines.append(Line(number=one.number, effect=Effect.REFUSED, why=one.why))
            continue
        reps = [rep] if rep is not None else _known(one.mails, people=people)
        if not reps:
            who = ", ".join(one.mails[:3])
            why = "Nobody on your roster has this address." if who else "It names nobody."
            lines.append(_line(one, effect=Effect.REFUSED, who=who, why=why))
        lines += [_apply(one, rep=who, by=by, at=at, today=today) for who in reps]
    return Outcome(lines)


def _by_mail(by: User) -> dict[str, Rep]:
    """Return the reps `by` speaks for by their addresses; one statement."""
    reps = Rep.objects.active().kept_by(by).select_related("user").order_by("-pk")
    found: dict[str, Rep] = {}
    for rep in reps:
        mails = {rep.email.lower(), rep.user.email.lower() if rep.user else ""} - {""}
        found |= dict.fromkeys(mails, rep)
    return found


def _known(mails: Iterable[str], *, people: dict[str, Rep]) -> list[Rep]:
    found = {people[mail].pk: people[mail] for mail in mails if mail in people}
    return list(found.values())


def _apply(event: Event, *, rep: Rep, by: User, at: datetime, today: date) -> Line:
    """Store one event for one person; a refusal undoes nothing else."""
    try:
        with transaction.atomic():
            effect, why = _stored(event, rep=rep, by=by, at=at, today=today)
    except services.AbsenceRefusedError as refusal:
        effect, why = Effect.REFUSED, str(refusal)
    told = " ".join(part for part in (why, *event.remarks) if part)
    return _line(event, effect=effect, who=rep.name, why=told)


def _stored(event: Event, *, rep: Rep, by: User, at: datetime, today: date) -> tuple[Effect, str]:
    """Return what the event did, and why in words."""
    if event.is_cancelled:
        return _take_back(event, rep=rep, by=by, at=at, today=today)
    known = Absence.objects.filter(rep=rep, source_id=event.source_id).first()
    if event.ends_on <= today or (known is not None and known.ends_on <= today):
        return Effect.OVER, ""
    if known is None:
        told = services.Dates(starts_on=event.starts_on, ends_on=event.ends_on)
        services.enter_absence(
            rep=rep, told=told, by=by, at=at, source_id=event.source_id, is_sure=True
        )
        return Effect.NEW, ""
    if (known.starts_on, known.ends_on) == (event.starts_on, event.ends_on):
        return Effect.UNCHANGED, ""
    before = f"It was from {known.starts_on:%-d %b %Y} on."
    told = services.Dates(
        starts_on=event.starts_on,
        ends_on=event.ends_on,
        cover=known.cover,
        reason=known.reason,
    )
    services.change_absence(absence=known, told=told, by=by, at=at, is_sure=True)
    return Effect.CHANGED, before


def _take_back(
    event: Event, *, rep: Rep, by: User, at: datetime, today: date
) -> tuple[Effect, str]:
    """End what the calendar cancelled, the whole series where the event is one."""
    is_it = Q(source_id=event.source_id)
    if event.repeats:
        is_it |= Q(source_id__startswith=f"{event.source_id}#")
    found = list(Absence.objects.filter(is_it, rep=rep, ends_on__gt=today).order_by("starts_on"))
    for absence in found:
        services.end_absence(absence=absence, by=by, at=at)
    if not found:
        return Effect.UNCHANGED, "Cancelled, and not stored."
    return Effect.REMOVED, "Cancelled in the calendar."


def _line(event: Event, *, effect: Effect, who: str, why: str) -> Line:
    return Line(
        number=event.number,
        effect=effect,
        who=who,
        starts_on=event.starts_on,
        last_on=event.last_on,
        why=why,
    )
