"""The clocks of leads that are just being taken in, before they have ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sla import fold
from sla.choices import EvidenceKind
from sla.services import projecting
from sla.services.projecting import COLUMNS

if TYPE_CHECKING:
    from datetime import datetime

THE_REP = "rep"


def plan_clocks(
    *,
    terms: fold.Terms,
    captured_at: datetime | None,
    mql_at: datetime,
    assigned_at: datetime | None,
    hand_raiser: bool,
    at: datetime,
) -> list[dict[str, Any]]:
    """Return the clock rows of a lead that became an MQL and was perhaps assigned; no SQL.

    The rows are what `refold` would write from the evidence `captured`, `mql` and `assigned`, so
    a statement that inserts lead, evidence and clocks together needs no fold afterwards. Leads
    with equal arguments have equal rows: plan once per distinct set.

    Args:
        terms: From `current_terms`; with a stamp that needs no statement either.
        captured_at: The lead's conversion, None when not known.
        mql_at: When it became an MQL; not after `at`.
        assigned_at: When it was given to a person, None while nobody has it.
        hand_raiser: As in the payload of the evidence `mql`.
        at: The instant of the intake.

    Returns:
        One dictionary per clock, ready for JSON: every column of `sla_clock` except `id`,
        `lead_id`, `cycle`, `rep_id`, `started_by_id`, `stopped_by_id`, `warned_at` and
        `retry_at`; instants as ISO text. In place of the columns that need ids: `started_by` and
        `stopped_by` are "captured", "mql", "assigned" or None, naming the evidence; `is_rep_of`
        tells whether `rep_id` is the rep the lead was assigned to.
    """
    instants = {
        EvidenceKind.CAPTURED: captured_at,
        EvidenceKind.MQL: mql_at,
        EvidenceKind.ASSIGNED: assigned_at,
    }
    facts = [
        fold.Fact(
            key=str(kind),
            lead="lead",
            kind=kind,
            occurred_at=instant,
            recorded_at=at,
            rep=THE_REP if kind == EvidenceKind.ASSIGNED else None,
            stated_cycle=1,
            payload={"hand_raiser": hand_raiser} if kind == EvidenceKind.MQL else {},
        )
        for kind, instant in instants.items()
        if instant is not None
    ]
    outcomes = fold.fold(facts=facts, terms=terms, at=at)
    return [_planned(outcome) for outcome in outcomes if outcome.started_by is not None]


def _planned(outcome: fold.Outcome) -> dict[str, Any]:
    """Return the row of an outcome with names in place of ids."""
    columns = projecting.columns_of(outcome)
    row = {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name in COLUMNS
        if (value := columns[name]) is not None
    }
    for name in ("lead_id", "cycle", "rep_id", "started_by_id", "stopped_by_id"):
        row.pop(name, None)
    return row | {
        "started_by": outcome.started_by,
        "stopped_by": outcome.stopped_by,
        "is_rep_of": outcome.rep == THE_REP,
    }
