"""How evidence enters: clamped, refused, recognised when it comes again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from sla import fold
from sla.choices import DispositionValue, EvidenceKind, PauseReason
from sla.models import Evidence
from sla.services.refolding import refold

if TYPE_CHECKING:
    from collections.abc import Sequence

DERIVED = "derived"
ADDED = frozenset({"measure_only", "calendar"})

INSERT = """
INSERT INTO sla_evidence (lead_id, stated_cycle, kind, occurred_at, recorded_at, actor, rep_id,
                          source, source_id, payload)
SELECT v.lead_id, v.stated_cycle, v.kind, v.occurred_at, %s, %s, v.rep_id, v.source, v.source_id,
       v.payload
FROM jsonb_to_recordset(%s::jsonb) AS v(
    n int, lead_id bigint, stated_cycle smallint, kind text, occurred_at timestamptz,
    rep_id bigint, source text, source_id text, payload jsonb)
ORDER BY v.n
ON CONFLICT (source, source_id) WHERE source <> '' DO NOTHING
RETURNING id, source, source_id
"""

# The lead's table belongs to the app above, which this one may name and not import.
LOCK_LEAD = "SELECT id FROM pipeline_lead WHERE id = %s FOR NO KEY UPDATE"


class EvidenceRefusedError(Exception):
    """The fact cannot be believed as it is told; the message is for the user (422)."""


class EvidenceConflictError(Exception):
    """The source told something else under the same id before (409)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """One fact to store; `payload` holds ids and codes only (see `fold.Fact`).

    `source` and `source_id` name the fact in the system that knows it: telling it again changes
    nothing. An attempt without them is recognised by lead, channel, person and minute.
    """

    lead_id: int | None
    kind: str
    occurred_at: datetime
    stated_cycle: int | None = None
    rep_id: int | None = None
    source: str = ""
    source_id: str = ""
    payload: dict[str, Any] = field(default_factory=dict)


def lock_lead(lead_id: int) -> None:
    """Lock a lead; whoever writes evidence of it does so first."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_LEAD, [lead_id])


@transaction.atomic
def record_evidence(
    *,
    lead_id: int,
    kind: str,
    occurred_at: datetime,
    actor: str,
    at: datetime,
    stated_cycle: int | None = None,
    rep_id: int | None = None,
    source: str = "",
    source_id: str = "",
    payload: dict[str, Any] | None = None,
) -> bool:
    """Store one fact of a lead and bring its clocks up to date.

    Returns:
        Whether it was new; a replay changes nothing.

    Raises:
        EvidenceRefusedError: See `record_evidence_batch`.
        EvidenceConflictError: See `record_evidence_batch`.
    """
    lock_lead(lead_id)
    row = EvidenceRow(
        lead_id=lead_id,
        kind=kind,
        occurred_at=occurred_at,
        stated_cycle=stated_cycle,
        rep_id=rep_id,
        source=source,
        source_id=source_id,
        payload=payload or {},
    )
    stored = record_evidence_batch(rows=[row], actor=actor, at=at)
    refold(lead_ids=[lead_id], at=at)
    return stored == 1


@transaction.atomic
def record_evidence_batch(*, rows: Sequence[EvidenceRow], actor: str, at: datetime) -> int:
    """Store facts and return how many were new; one statement, two where something came again.

    The callers hold the locks of the leads and fold them again afterwards.

    Args:
        rows: In any order; a void may come before what it takes back.
        actor: `user:<id>`, `key:<id>` or `system:<job>`.
        at: When the facts are learned of; up to two minutes ahead of it is clock skew and is
            stored as `at`.

    Raises:
        EvidenceRefusedError: An instant is naive or lies in the future, or a rejection or pause
            has no reason.
        EvidenceConflictError: The source told something else under the same id before.
    """
    if not rows:
        return 0
    told = [_columns(row, number, actor=actor, at=at) for number, row in enumerate(rows)]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [at, actor, json.dumps(told, default=str)])
        stored = {(source, source_id) for _, source, source_id in cursor.fetchall()}
    known = [
        row for row in told if row["source"] and (row["source"], row["source_id"]) not in stored
    ]
    _compare(known)
    nameless = sum(1 for row in told if not row["source"])
    return nameless + len(stored - {("", "")})


def _columns(row: EvidenceRow, number: int, *, actor: str, at: datetime) -> dict[str, Any]:
    """Return the columns of one row, checked."""
    _check(row)
    try:
        occurred_at = fold.clamped(occurred_at=row.occurred_at, recorded_at=at)
    except ValueError as error:
        raise EvidenceRefusedError(str(error)) from error
    source, source_id = row.source, row.source_id
    if not source and row.kind == EvidenceKind.OUTREACH:
        source, source_id = DERIVED, _derived_id(row, actor)
    return {
        "n": number,
        "lead_id": row.lead_id,
        "stated_cycle": row.stated_cycle,
        "kind": str(row.kind),
        "occurred_at": occurred_at.isoformat(),
        "rep_id": row.rep_id,
        "source": source,
        "source_id": source_id,
        "payload": row.payload,
    }


def _check(row: EvidenceRow) -> None:
    """Refuse what no later fact could make right."""
    reason = row.payload.get("reason")
    rejected = row.payload.get("value") == DispositionValue.REJECTED
    if row.kind == EvidenceKind.DISPOSITION and rejected and not reason:
        raise EvidenceRefusedError("A rejection needs a reason from the list.")
    if row.kind == EvidenceKind.PAUSED and reason not in PauseReason.values:
        raise EvidenceRefusedError("A pause needs a reason from the list.")


def _derived_id(row: EvidenceRow, actor: str) -> str:
    """Return the identity of an attempt that has none of its own."""
    minute = row.occurred_at.strftime("%Y-%m-%dT%H:%M%z")
    parts = (row.lead_id, row.kind, row.payload.get("channel"), row.rep_id, minute, actor)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _compare(known: list[dict[str, Any]]) -> None:
    """Refuse a replay that tells something else.

    Raises:
        EvidenceConflictError: Lead, kind, instant or payload differ from what is stored.
    """
    if not known:
        return
    by_source: dict[str, list[str]] = {}
    for row in known:
        by_source.setdefault(row["source"], []).append(row["source_id"])
    stored: dict[tuple[str, str], tuple[Any, ...]] = {}
    for source, ids in by_source.items():
        for fact in Evidence.objects.filter(source=source, source_id__in=ids):
            body = (fact.lead_id, fact.kind, fact.occurred_at.isoformat(), fact.rep_id)
            stored[source, fact.source_id] = (*body, _told(fact.payload))
    for row in known:
        if row["source"] == DERIVED:
            continue
        told = (row["lead_id"], row["kind"], _utc(row["occurred_at"]), row["rep_id"])
        if stored.get((row["source"], row["source_id"])) != (*told, _told(row["payload"])):
            raise EvidenceConflictError(
                f"{row['source']} told something else under {row['source_id']} before."
            )


def _told(payload: dict[str, Any]) -> dict[str, Any]:
    """Return a payload without what was added here: by an import, or for a territory."""
    return {name: value for name, value in payload.items() if name not in ADDED}


def _utc(text: str) -> str:
    """Return an ISO instant in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()
