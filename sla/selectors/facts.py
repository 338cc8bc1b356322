"""The evidence of leads, as the fold reads it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection

from sla import fold
from sla.openings import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

# A lead, the lead it was merged into, and all that were merged into that one.
FAMILY = """
WITH RECURSIVE up AS (
    SELECT l.id, l.merged_into_id FROM pipeline_lead l WHERE l.id = ANY(%s)
    UNION
    SELECT l.id, l.merged_into_id FROM up JOIN pipeline_lead l ON l.id = up.merged_into_id
), family AS (
    SELECT up.id FROM up
    UNION
    SELECT l.id FROM family f JOIN pipeline_lead l ON l.merged_into_id = f.id
)
SELECT id FROM family
"""
MICROS = "(extract(epoch FROM {}) * 1000000)::bigint"
"""An instant as whole microseconds since 1970: the driver reads a date ten times slower."""
EVIDENCE = f"""
SELECT e.id, e.lead_id, e.kind, {MICROS.format("e.occurred_at")},
       {MICROS.format("e.recorded_at")}, e.actor, e.rep_id, e.stated_cycle, e.source, e.source_id,
       e.payload
FROM sla_evidence e WHERE e.lead_id = ANY(%s)
"""  # noqa: S608 (names only)


def family_of(lead_ids: Iterable[int]) -> list[int]:
    """Return the leads whose evidence decides about the clocks of `lead_ids`."""
    return [row[0] for row in rows_of(FAMILY, [sorted(set(lead_ids))])]


def facts_of(lead_ids: Sequence[int]) -> list[fold.Fact]:
    """Return the evidence of leads as the fold reads it, as committed now."""
    return [
        fold.Fact(
            key=row[0],
            lead=row[1],
            kind=row[2],
            occurred_at=instant(row[3]),
            recorded_at=instant(row[4]),
            actor=row[5],
            rep=row[6],
            stated_cycle=row[7],
            source=row[8],
            source_id=row[9],
            payload=json_object(row[10]),
        )
        for row in rows_of(EVIDENCE, [list(lead_ids)])
    ]


def rows_of(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement and return what it answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def instant(micros: int) -> datetime:
    """Return the instant of a column read as `MICROS`, in UTC."""
    return EPOCH + timedelta(microseconds=micros)


def json_object(value: Any) -> dict[str, Any]:
    """Return a JSON column as a dictionary; a raw cursor hands over text."""
    if value == "{}":
        return {}
    found: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found
