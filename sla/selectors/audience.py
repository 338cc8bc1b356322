"""Who hears of a clock: its owner or the cover, the leaders of the side, RevOps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.people.choices import Role, Side
from revops.people.models import Rep, User
from sla.selectors.facts import rows_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

LEADERS: dict[str, str] = {
    Side.SALES: Role.SALES_LEADER,
    Side.MARKETING: Role.MARKETING_LEADER,
    Side.REVOPS: Role.REVOPS,
}
WORKERS = """
SELECT held.rep, chain.rep FROM unnest(%s::bigint[]) held(rep)
CROSS JOIN LATERAL people_cover_chain(held.rep, people_local_day(%s)) chain WHERE chain.why = ''
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A clock's side and holder, and who is to hear: owner, manager, revops."""

    side: str
    rep_id: int | None
    notify: Collection[str]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who hears: people with a login by id, and the rep who works the lead today."""

    users: tuple[int, ...] = ()
    rep_id: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nobody to tell."""
        return not self.users and self.rep_id is None


def audiences(asked: Sequence[Asked], *, at: datetime) -> list[Audience]:
    """Return who hears, for each that is asked; three statements however many there are.

    The owner is the rep who holds the lead, or the colleague who covers while he is away. Leaders
    are those of the holder's team, or all of the side where his team has none.
    """
    held = {one.rep_id for one in asked if one.rep_id is not None}
    covers = covers_of(held, at=at)
    people = {*held, *covers.values()}
    reps = {rep.pk: rep for rep in Rep.objects.filter(pk__in=people)}
    bosses = list(
        User.objects.filter(is_active=True, role__in=LEADERS.values())
        .order_by("pk")
        .values_list("pk", "role", "team_id")
    )
    found = []
    for one in asked:
        users: list[int] = []
        holder = reps.get(one.rep_id) if one.rep_id is not None else None
        worker = reps.get(covers.get(holder.pk, holder.pk)) if holder is not None else None
        # Nobody holds what marketing promises as a whole: its leaders answer for it.
        answers = "owner" in one.notify and holder is None
        if "manager" in one.notify or answers:
            users += _leaders(
                bosses, role=LEADERS[one.side], team=holder.team_id if holder else None
            )
        if "revops" in one.notify:
            users += [pk for pk, role, _ in bosses if role == Role.REVOPS]
        tell = "owner" in one.notify and worker is not None and worker.is_active
        found.append(Audience(tuple(dict.fromkeys(users)), worker.pk if tell and worker else None))
    return found


def covers_of(rep_ids: Collection[int], *, at: datetime) -> dict[int, int]:
    """Return who works the leads of each rep today: the rep, or the first in the chain there."""
    return dict(rows_of(WORKERS, [sorted(rep_ids), at])) if rep_ids else {}


def _leaders(
    bosses: Sequence[tuple[int, str, int | None]], *, role: str, team: int | None
) -> list[int]:
    """Return the leaders of a team, or all of the role where the team has none."""
    ours = [row for row in bosses if row[1] == role]
    near = [pk for pk, _, of in ours if team is not None and of == team]
    return near or [pk for pk, _, _ in ours]
