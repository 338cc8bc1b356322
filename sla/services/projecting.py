"""Clock rows as the fold wants them, and the statements that read and write them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sla import fold
from sla.choices import ClockStatus
from sla.selectors.facts import MICROS, instant, json_object, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

# Feedback that was withdrawn is another thing: there the item itself stands.
START_TAKEN_BACK = "start_taken_back"
IDENTITY = ("lead_id", "cycle", "kind", "scope", "started_by_id", "month")
TYPES = {
    "lead_id": "bigint", "cycle": "smallint", "kind": "text", "scope": "text",
    "started_by_id": "bigint", "month": "date",
    "commitment_id": "bigint", "calendar_version_id": "bigint", "side": "text",
    "rep_id": "bigint", "status": "text", "enforced": "boolean",
    "started_at": "timestamptz", "due_at": "timestamptz", "breach_at": "timestamptz",
    "warn_at": "timestamptz", "paused_since": "timestamptz", "pause_until": "timestamptz",
    "pause_reason": "text", "stopped_at": "timestamptz", "stopped_by_id": "bigint",
    "business_seconds": "bigint", "late_business_seconds": "bigint",
    "late_calendar_seconds": "bigint", "held_business_seconds": "bigint",
    "counted": "integer", "cancel_reason": "text", "measure": "jsonb",
}  # fmt: skip
COLUMNS = tuple(TYPES)
_LIST = ", ".join(COLUMNS)
_RECORD = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
_SET = ", ".join(f"{name} = v.{name}" for name in COLUMNS)
_VALUES = ", ".join(f"v.{name}" for name in COLUMNS)

INSTANTS = tuple(name for name, kind in TYPES.items() if kind == "timestamptz")
_READ = ", ".join(
    MICROS.format(f"c.{name}") if name in INSTANTS else f"c.{name}" for name in COLUMNS
)

SELECT = f"SELECT c.id, {_READ} FROM sla_clock c"  # noqa: S608
INSERT = (
    f"INSERT INTO sla_clock ({_LIST}) SELECT {_VALUES}"  # noqa: S608
    f" FROM jsonb_to_recordset(%s::jsonb) AS v({_RECORD})"
    f" RETURNING id, {', '.join(IDENTITY)}"
)
# The ladder's next step is planned again when what it is counted from changes.
_PLANNED_FROM = (
    "started_at", "due_at", "breach_at", "commitment_id", "calendar_version_id",
    "enforced",
)  # fmt: skip
_PLAN = (
    "ladder_at = CASE WHEN"
    f" ({', '.join(f'c.{name}' for name in _PLANNED_FROM)}) IS DISTINCT FROM"
    f" ({', '.join(f'v.{name}' for name in _PLANNED_FROM)}) THEN NULL ELSE c.ladder_at END"
)
UPDATE = (
    f"UPDATE sla_clock c SET {_SET}, {_PLAN}, retry_at = NULL"  # noqa: S608
    f" FROM jsonb_to_recordset(%s::jsonb) AS v(id bigint, {_RECORD}) WHERE c.id = v.id"
)
DELETE_STEPS = "DELETE FROM sla_escalation WHERE clock_id = ANY(%s)"
DELETE = "DELETE FROM sla_clock WHERE id = ANY(%s)"

# Not a lateral "last one of each": without statistics a plan for that reads the table backwards
# once per breach.
BREACHES = """
WITH asked AS (SELECT id, clock_id, status FROM sla_breach WHERE clock_id = ANY(%s)),
last AS (
    SELECT DISTINCT ON (r.breach_id) r.breach_id, r.kind, r.new_status
    FROM sla_breachrevision r JOIN asked a ON a.id = r.breach_id
    ORDER BY r.breach_id, r.id DESC
)
SELECT a.clock_id, a.id, a.status, l.kind, l.new_status
FROM asked a LEFT JOIN last l ON l.breach_id = a.id
"""


@dataclass(frozen=True, slots=True)
class StoredClock:
    """A clock row, locked; `columns` are those of `COLUMNS`."""

    id: int
    columns: dict[str, Any]

    @property
    def identity(self) -> tuple[Any, ...]:
        """The unique key."""
        return tuple(self.columns[name] for name in IDENTITY)


@dataclass(frozen=True, slots=True)
class StoredBreach:
    """A breach and what its last revision made of it."""

    id: int
    entry: fold.Entry


def locked_clocks(lead_ids: Sequence[int]) -> list[StoredClock]:
    """Lock and return all clocks of leads, by id."""
    statement = f"{SELECT} WHERE c.lead_id = ANY(%s) ORDER BY c.id FOR NO KEY UPDATE"
    return stored(rows_of(statement, [list(lead_ids)]))


def stored(rows: Iterable[Sequence[Any]]) -> list[StoredClock]:
    """Return rows of `SELECT` as clocks."""
    found = []
    for row in rows:
        columns = dict(zip(COLUMNS, row[1:], strict=True))
        columns["measure"] = json_object(columns["measure"])
        for name in INSTANTS:
            if columns[name] is not None:
                columns[name] = instant(columns[name])
        found.append(StoredClock(row[0], columns))
    return found


def breaches_of(clock_ids: Sequence[int]) -> dict[int, StoredBreach]:
    """Return the breaches of clocks, by clock."""
    found = {}
    for clock_id, breach_id, status, revised, new_status in rows_of(BREACHES, [list(clock_ids)]):
        entry = fold.Entry(revised != "rescinded", new_status or status)
        found[clock_id] = StoredBreach(breach_id, entry)
    return found


def columns_of(outcome: fold.Outcome) -> dict[str, Any]:
    """Return the columns of the clock an outcome describes."""
    return {
        "lead_id": outcome.lead,
        "cycle": outcome.cycle,
        "kind": str(outcome.kind),
        "scope": str(outcome.scope),
        "started_by_id": outcome.started_by,
        "month": outcome.month,
        "commitment_id": outcome.promise.key,
        "calendar_version_id": outcome.calendar_version,
        "side": outcome.promise.side,
        "rep_id": outcome.rep,
        "status": str(outcome.status),
        "enforced": outcome.enforced,
        "started_at": outcome.started_at,
        "due_at": outcome.due_at,
        "breach_at": outcome.breach_at,
        "warn_at": outcome.warn_at,
        "paused_since": outcome.paused_since,
        "pause_until": outcome.pause_until,
        "pause_reason": outcome.pause_reason,
        "stopped_at": outcome.stopped_at,
        "stopped_by_id": outcome.stopped_by,
        "business_seconds": outcome.business_seconds,
        "late_business_seconds": outcome.late_business_seconds,
        "late_calendar_seconds": outcome.late_calendar_seconds,
        "held_business_seconds": outcome.held_business_seconds,
        "counted": outcome.counted,
        "cancel_reason": outcome.cancel_reason,
        "measure": outcome.measure,
    }


def withdrawn(clock: StoredClock) -> dict[str, Any]:
    """Return the columns of a clock that no evidence starts any more but that has a breach."""
    return clock.columns | {
        "status": str(ClockStatus.CANCELLED),
        "cancel_reason": START_TAKEN_BACK,
        "paused_since": None,
        "pause_until": None,
        "pause_reason": "",
    }


def insert(rows: Sequence[dict[str, Any]]) -> dict[tuple[Any, ...], int]:
    """Insert clocks; return their ids by identity."""
    if not rows:
        return {}
    found = rows_of(INSERT, [_json(rows)])
    return {tuple(row[1:]): row[0] for row in found}


def update(rows: Sequence[dict[str, Any]]) -> None:
    """Rewrite clocks; each row has its `id`."""
    if rows:
        rows_of(UPDATE, [_json(rows)])


def delete(clock_ids: Sequence[int]) -> None:
    """Remove clocks that no evidence starts any more."""
    if clock_ids:
        rows_of(DELETE_STEPS, [list(clock_ids)])
        rows_of(DELETE, [list(clock_ids)])


def _json(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows as one JSON parameter."""
    return json.dumps(rows, default=_text)


def _text(value: datetime) -> str:
    """Return an instant or date as ISO text."""
    return value.isoformat()
