"""Answers about absences: who is out, who stands in day by day, and whom a person speaks for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from django.db import connection

from revops.people.models import Absence, Rep

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from revops.people.models import User

CHAINS = """
SELECT w.rep, w.day, c.rep, r.name, c.why, a.ends_on
FROM unnest(%s::bigint[], %s::date[]) AS w (rep, day)
CROSS JOIN LATERAL people_cover_chain(w.rep, w.day) c
JOIN people_rep r ON r.id = c.rep
LEFT JOIN people_absence a ON a.id = c.absence
ORDER BY w.rep, w.day, c.place
"""

WEEK = 7


@dataclass(frozen=True, slots=True)
class Link:
    """One person of a chain; `why` is empty for who is there, else `away` or `left`."""

    rep_id: int
    name: str
    why: str
    back_on: date | None = None

    @property
    def sentence(self) -> str:
        """Why the person is passed over."""
        if self.why == "left":
            return f"{self.name} left"
        until = f" until {self.back_on - timedelta(days=1):%-d %b}" if self.back_on else ""
        return f"{self.name} is away{until}"


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Days on which the same person stands in.

    Attributes:
        starts_on: The first day.
        ends_on: The day after the last.
        cover: Who stands in; None where the chain ends with nobody.
        passed: Who was asked before, without the person who is out.
    """

    starts_on: date
    ends_on: date
    cover: Link | None
    passed: tuple[Link, ...]

    @property
    def last_on(self) -> date:
        """The last day."""
        return self.ends_on - timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Out:
    """One absence as lists show it.

    Attributes:
        reason: Empty where the reader may not know it.
        is_mine: Whether the reader may change it.
        stand_in: Who takes the person's leads on the day the list is about.
        state: `now`, `coming` or `over`.
    """

    absence: Absence
    reason: str
    is_mine: bool
    state: str
    stand_in: Link | None = None


@dataclass(frozen=True, kw_only=True)
class Month:
    """A month of a team: the days, and for everybody who is out one cell a day."""

    first: date
    before: date
    after: date
    days: list[date]
    rows: list[MonthRow]


@dataclass(frozen=True, kw_only=True)
class MonthRow:
    """One person's month: the absences, and for each day whether one of them is on."""

    rep: Rep
    absences: list[Absence]
    cells: list[bool]


def chains(asked: Collection[tuple[int, date]]) -> dict[tuple[int, date], list[Link]]:
    """Return for reps and days everybody asked in turn, the rep first; one statement.

    The last link is there, or nobody is. An unknown rep has no chain.
    """
    found: dict[tuple[int, date], list[Link]] = defaultdict(list)
    if not asked:
        return found
    reps, days = zip(*asked, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(CHAINS, [list(reps), list(days)])
        for wanted, day, *link in cursor.fetchall():
            found[wanted, day].append(Link(*link))
    return found


def stand_in(chain: list[Link]) -> Link | None:
    """Return who of a chain is there and is not the person asked first."""
    last = chain[-1] if chain else None
    return last if last is not None and not last.why and len(chain) > 1 else None


def stretches(*, absence: Absence, today: date) -> list[Stretch]:
    """Return who stands in for the rest of an absence, day by day in stretches; one statement."""
    first = max(absence.starts_on, today)
    days = [first + timedelta(days=n) for n in range((absence.ends_on - first).days)]
    by_day = chains([(absence.rep_id, day) for day in days])
    answers = [(day, by_day[absence.rep_id, day]) for day in days]
    told = []
    for _, group in groupby(answers, key=lambda pair: [(one.rep_id, one.why) for one in pair[1]]):
        held = list(group)
        chain = held[0][1]
        cover = stand_in(chain)
        told.append(
            Stretch(
                starts_on=held[0][0],
                ends_on=held[-1][0] + timedelta(days=1),
                cover=cover,
                passed=tuple(chain[1:-1] if cover else chain[1:]),
            )
        )
    return told


def out(*, reader: User, starts_on: date, ends_on: date, today: date) -> list[Out]:
    """Return the absences between two days that a person may see; three statements.

    Args:
        reader: Who reads; the reason is shown only to who keeps the absence.
        starts_on: The first day.
        ends_on: The day after the last.
        today: The day that says who stands in, or the absence's first where it is coming.
    """
    rows = Absence.objects.filter(
        rep__in=Rep.objects.seen_by(reader), starts_on__lt=ends_on, ends_on__gt=starts_on
    ).select_related("rep", "cover")
    return told_of(rows.order_by("starts_on", "rep__name", "pk"), reader=reader, today=today)


def told_of(absences: Iterable[Absence], *, reader: User, today: date) -> list[Out]:
    """Return absences with who stands in, as `reader` may see them; two statements more."""
    rows = list(absences)
    mine = set(Rep.objects.kept_by(reader).values_list("pk", flat=True))
    known = chains({(row.rep_id, max(row.starts_on, today)) for row in rows})
    return [
        Out(
            absence=row,
            reason=row.reason if row.rep_id in mine else "",
            is_mine=row.rep_id in mine,
            state=state_of(row, today=today),
            stand_in=stand_in(known[row.rep_id, max(row.starts_on, today)]),
        )
        for row in rows
    ]


def state_of(absence: Absence, *, today: date) -> str:
    """Return whether the absence is `now`, `coming` or `over`."""
    if absence.ends_on <= today:
        return "over"
    return "now" if absence.starts_on <= today else "coming"


def month_of(*, reader: User, first: date) -> Month:
    """Return the month that begins on `first` for everybody who is out in it; one statement."""
    after = (first + timedelta(days=31)).replace(day=1)
    days = [first + timedelta(days=n) for n in range((after - first).days)]
    rows = (
        Absence.objects.filter(
            rep__in=Rep.objects.seen_by(reader), starts_on__lt=after, ends_on__gt=first
        )
        .select_related("rep", "cover")
        .order_by("rep__name", "rep_id", "starts_on")
    )
    found = []
    for rep, group in groupby(rows, key=lambda row: row.rep):
        held = list(group)
        cells = [any(one.starts_on <= day < one.ends_on for one in held) for day in days]
        found.append(MonthRow(rep=rep, absences=held, cells=cells))
    before = (first - timedelta(days=1)).replace(day=1)
    return Month(first=first, before=before, after=after, days=days, rows=found)
