"""Clocks of leads that are about to be stored, folded before the evidence has ids.

A lead that becomes an MQL now is handed over at once, so its clocks can be told from three facts
that are known beforehand. They are folded here, once for all rows whose facts agree, and stored
with the lead, and so are the breaches of promises missed at the handoff. Leads with a past are
folded afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sla.choices import EvidenceKind
from sla.fold import Fact, fold
from sla.services.projecting import columns_of
from sla.services.refolding import DERIVED_FACTS, NEWS, cause_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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
    late: list[int] = []
    for arrival in arrivals:
        opening = arrival.sent["opening"]
        if opening is None:
            continue
        if not arrival.is_live or not opening["route"]:
            late.append(arrival.sent["n"])
            continue
        name = plan_name(opening, captured_at=arrival.captured_at)
        if name not in plans:
            plans[name] = plan_clocks(
                opening=opening, captured_at=arrival.captured_at, terms=terms, at=at
            )
        opening["plan"] = name
    return plans, late


def plan_name(opening: Mapping[str, Any], *, captured_at: datetime | None) -> str:
    """Return the name under which leads share a plan: all that the evidence tells of them."""
    told = opening["is_hand_raiser"], opening["qualified"], opening["handed"]
    return f"{captured_at}|{told}"


def plan_clocks(
    *, opening: Mapping[str, Any], captured_at: datetime | None, terms: Terms, at: datetime
) -> dict[str, Any]:
    """Return the clocks of a lead that becomes an MQL at `at`, handed over or waiting.

    Args:
        opening: Its round, with what the evidence will tell of MQL and handoff.
        captured_at: When it first came; None if nobody knows.
        terms: The promises.
        at: The instant of the intake.

    Returns:
        Columns of clocks in which facts and the person stand under their names; one that is
        missed already carries its breach.
    """
    facts = [
        Fact(
            key=MQL,
            lead=0,
            kind=EvidenceKind.MQL,
            occurred_at=at,
            recorded_at=at,
            stated_cycle=1,
            payload={"hand_raiser": opening["is_hand_raiser"], **opening["qualified"]},
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
    routed = {}
    for calendar in (None, *terms.territories_at(at)):
        assigned = _assigned(calendar, handed=opening["handed"], at=at)
        routed[calendar] = fold(facts=[*facts, assigned], terms=terms, at=at)
    return {
        "waiting": _rows(waiting, at=at),
        "routed": _rows(routed.pop(None), at=at),
        "by_calendar": {str(calendar): _rows(found, at=at) for calendar, found in routed.items()},
    }


def _assigned(calendar: int | None, *, handed: dict[str, Any], at: datetime) -> Fact:
    """Return the handover to somebody whose territory has this calendar, or none."""
    return Fact(
        key=ASSIGNED,
        lead=0,
        kind=EvidenceKind.ASSIGNED,
        occurred_at=at,
        recorded_at=at,
        rep=REP,
        stated_cycle=1,
        payload=handed if calendar is None else {**handed, "calendar": calendar},
    )


def _rows(outcomes: Sequence[Outcome], *, at: datetime) -> list[dict[str, Any]]:
    return [_row(outcome, at=at) for outcome in outcomes if outcome.started_by is not None]


def _row(outcome: Outcome, *, at: datetime) -> dict[str, Any]:
    columns = columns_of(outcome)
    return columns | {
        "started_by": NAMES[columns["started_by_id"]],
        "stopped_by": NAMES.get(columns["stopped_by_id"]),
        "is_rep_of": columns["rep_id"] == REP,
        "rep_id": None,
        # Every column is written, so the database fills in no default.
        "ladder_step": 0,
        "breach": _breach(outcome, at=at) if outcome.breaches else None,
    }


def _breach(outcome: Outcome, *, at: datetime) -> dict[str, Any]:
    """Return what the ledger's row says beyond the clock's own columns."""
    is_news = outcome.breach_at is not None and outcome.breach_at >= at - NEWS
    return {"cause": cause_of(outcome.kind), "actor": DERIVED_FACTS, "is_news": is_news}
