"""Clocks of leads that are about to be stored, folded before the evidence has ids.

A lead that becomes an MQL now is handed over at once, so its clocks can be told from three facts
that are known beforehand. They are folded here, once for all rows whose facts agree, and stored
with the lead. Leads with a past, and promises that are missed already, are folded afterwards.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from sla.choices import EvidenceKind
from sla.fold import Fact, fold
from sla.services.projecting import columns_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipeline.services.arrivals import Arrival
    from sla.fold import Outcome, Terms

CAPTURED: Final = 1
MQL: Final = 2
ASSIGNED: Final = 3
NAMES: Final = {CAPTURED: "captured", MQL: "mql", ASSIGNED: "assigned"}
REP: Final = -1
"""Stands for the person whom the database chooses."""


def plan_arrivals(
    arrivals: Sequence[Arrival], *, terms: Terms, at: datetime
) -> tuple[dict[str, Any], list[int]]:
    """Name the clock plan of each arrival that opens a round.

    Returns:
        The plans by name, and the numbers of the arrivals whose clocks must be folded afterwards.
    """
    plans: dict[str, Any] = {}
    refused: set[str] = set()
    late: list[int] = []
    for arrival in arrivals:
        opening = arrival.sent["opening"]
        if opening is None:
            continue
        name = f"{arrival.captured_at}|{arrival.is_raised}"
        if arrival.is_live and opening["route"] and name not in plans and name not in refused:
            plan = plan_clocks(
                captured_at=arrival.captured_at, is_raised=arrival.is_raised, terms=terms, at=at
            )
            if plan is None:
                refused.add(name)
            else:
                plans[name] = plan
        if arrival.is_live and opening["route"] and name in plans:
            opening["plan"] = name
        else:
            late.append(arrival.sent["n"])
    return plans, late


def plan_clocks(
    *, captured_at: datetime | None, is_raised: bool, terms: Terms, at: datetime
) -> dict[str, Any] | None:
    """Return the clocks of a lead that becomes an MQL at `at`, handed over or waiting.

    Returns:
        Columns of clocks in which facts and the person stand under their names; None when a
        promise is missed already, because then the ledger has to be written too.
    """
    facts = [
        Fact(
            key=MQL,
            lead=0,
            kind=EvidenceKind.MQL,
            occurred_at=at,
            recorded_at=at,
            stated_cycle=1,
            payload={"hand_raiser": is_raised},
        )
    ]
    if captured_at is not None:
        facts.append(
            Fact(
                key=CAPTURED,
                lead=0,
                kind=EvidenceKind.CAPTURED,
                occurred_at=captured_at,
                recorded_at=at,
            )
        )
    waiting = fold(facts=facts, terms=terms, at=at)
    # Which territory the person belongs to is known only once the database has chosen.
    routed = {
        calendar: fold(facts=[*facts, _assigned(calendar, at=at)], terms=terms, at=at)
        for calendar in (None, *terms.territories_at(at))
    }
    if any(outcome.missed for outcome in chain(waiting, *routed.values())):
        return None
    return {
        "waiting": _rows(waiting),
        "routed": _rows(routed.pop(None)),
        "by_calendar": {str(calendar): _rows(found) for calendar, found in routed.items()},
    }


def _assigned(calendar: int | None, *, at: datetime) -> Fact:
    """Return the handover to somebody whose territory has this calendar, or none."""
    return Fact(
        key=ASSIGNED,
        lead=0,
        kind=EvidenceKind.ASSIGNED,
        occurred_at=at,
        recorded_at=at,
        rep=REP,
        stated_cycle=1,
        payload={} if calendar is None else {"calendar": calendar},
    )


def _rows(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    return [_row(outcome) for outcome in outcomes if outcome.started_by is not None]


def _row(outcome: Outcome) -> dict[str, Any]:
    columns = columns_of(outcome)
    return columns | {
        "started_by": NAMES[columns["started_by_id"]],
        "stopped_by": NAMES.get(columns["stopped_by_id"]),
        "is_rep_of": columns["rep_id"] == REP,
        "rep_id": None,
        # Every column is written, so the database fills in no default.
        "ladder_step": 0,
    }
