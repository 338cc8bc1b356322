"""Who is there to take a lead: answered by the functions in the database that intake uses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from revops.people.models import Rep

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from pipeline.services.rows import AssignmentRow

STAND_INS = """
SELECT wanted.rep, found.rep, found.why::text
FROM unnest(%s::bigint[]) AS wanted (rep)
CROSS JOIN LATERAL pipeline_account_rep(wanted.rep, %s) found
"""

TURNS = """
WITH seat AS MATERIALIZED (
    SELECT * FROM pipeline_seats(%s)
), drawn AS MATERIALIZED (
    SELECT nextval('pipeline_round_robin') AS draw FROM generate_series(1, %s)
    WHERE EXISTS (SELECT FROM seat)
)
SELECT s.holder, s.skipped::text
FROM drawn d JOIN seat s ON s.place = d.draw %% s.seats
ORDER BY d.draw
"""


@dataclass(frozen=True)
class Found:
    """Who takes a lead, by which rule, and who was passed over; None when nobody is there."""

    rep_id: int | None = None
    rule: str = "nobody_there"
    skipped: tuple[dict[str, Any], ...] = ()


@dataclass
class Roster:
    """Who may take the leads of one call; `turns` are the places drawn in the round robin."""

    logins: Mapping[int, int | None]
    names: Mapping[int, str]
    stand_ins: Mapping[int, Found]
    turns: Iterator[Found]


def read_roster(
    *, rows: Sequence[AssignmentRow], wanted: Sequence[int | None], at: datetime
) -> Roster:
    """Ask who takes `rows`: one statement each for logins, covers and turns.

    Args:
        rows: The leads to be given to somebody.
        wanted: For each row the rep it is meant for, such as the owner of the account.
        at: The instant that says who is away.

    Returns:
        The answers. As many turns are drawn as rows need one.
    """
    reps_there = list(Rep.objects.active().order_by("pk").values_list("pk", "user_id", "name"))
    logins = {pk: user_id for pk, user_id, _ in reps_there}
    names = {pk: name for pk, _, name in reps_there}
    open_rows = [
        (row, rep_id) for row, rep_id in zip(rows, wanted, strict=True) if not row.is_recorded
    ]
    # Who was chosen and is not on the roster is refused, so nobody stands in for them.
    reps = {
        rep_id
        for row, rep_id in open_rows
        if rep_id is not None and (row.rep_id is None or rep_id in logins)
    }
    stand_ins = _stand_ins(rep_ids=sorted(reps), at=at)
    draws = sum(
        1
        for row, rep_id in open_rows
        if row.rep_id is None and (rep_id is None or stand_ins[rep_id].rep_id is None)
    )
    return Roster(
        logins=logins, names=names, stand_ins=stand_ins, turns=_turns(count=draws, at=at)
    )


def _stand_ins(*, rep_ids: list[int], at: datetime) -> dict[int, Found]:
    """Follow the chain of covers of each rep to somebody who is there."""
    if not rep_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(STAND_INS, [rep_ids, at])
        rows = [(wanted, rep_id, json.loads(why)) for wanted, rep_id, why in cursor.fetchall()]
    return {
        wanted: Found(rep_id, why["rule"], tuple(why["skipped"])) for wanted, rep_id, why in rows
    }


def _turns(*, count: int, at: datetime) -> Iterator[Found]:
    """Draw places in the round robin, none where nobody takes leads."""
    if not count:
        return iter(())
    with connection.cursor() as cursor:
        cursor.execute(TURNS, [at, count])
        rows = cursor.fetchall()
    return iter(
        [
            Found(
                rep_id,
                "nobody_there" if rep_id is None else "round_robin",
                tuple(json.loads(skipped)),
            )
            for rep_id, skipped in rows
        ]
    )
