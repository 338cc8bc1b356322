"""What the SLA learns of a fact, in the transaction of the fact."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.choices import Stage
from sla import services as sla
from sla.choices import DispositionValue, EvidenceKind
from sla.selectors.territories import calendars_of_reps

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from pipeline.models import Activity, Assignment, Lead, Transition

TRANSITION = "transition"
ASSIGNMENT = "assignment"
ACTIVITY = "activity"

DISPOSITIONS = {
    Stage.ACCEPTED: DispositionValue.ACCEPTED,
    Stage.REJECTED: DispositionValue.REJECTED,
    Stage.RECYCLED: DispositionValue.RECYCLED,
    Stage.DISQUALIFIED: DispositionValue.DISQUALIFIED,
    Stage.SQL: DispositionValue.SQL,
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """One fact as the SLA reads it."""

    lead_id: int
    kind: EvidenceKind
    occurred_at: datetime
    source: str
    source_id: str
    round_number: int | None = None
    rep_id: int | None = None
    payload: dict[str, Any] = field(default_factory=dict)


def fit_of_mql(*, fit: int | None, threshold: int) -> dict[str, int | None]:
    """Return what the evidence of an MQL tells that the definition did not decide itself.

    Its fit beside the least that is agreed, both as they were; None is a fit nobody knows.
    """
    return {"fit": fit, "fit_threshold": threshold}


def handed_over(missing: Sequence[str]) -> dict[str, list[str]]:
    """Return what the evidence of a handoff tells of the agreed context: only what lacks."""
    return {"missing": list(missing)} if missing else {}


def of_transition(
    *,
    row: Transition,
    lead: Lead,
    round_number: int,
    reason: str,
    qualified: Mapping[str, Any] | None = None,
    missing: Sequence[str] = (),
) -> Told | None:
    """Return what a transition tells; an implied stage before acceptance tells nothing.

    When a skipped MQL or assignment happened is not known, so no clock may start from it.

    Args:
        row: The transition.
        lead: Its lead.
        round_number: Of the round it belongs to.
        reason: The code of its reason, empty without one.
        qualified: See `fit_of_mql`; for an MQL that was designated or imported.
        missing: What of the agreed context lacked at an assignment.
    """
    stage = Stage(row.to_stage)
    payload: dict[str, Any] = {"implied": True} if row.is_implied else {}
    if stage in DISPOSITIONS:
        kind = EvidenceKind.DISPOSITION
        payload["value"] = DISPOSITIONS[stage].value
        if reason:
            payload["reason"] = reason
    elif stage == Stage.MQL and not row.is_implied:
        kind = EvidenceKind.MQL
        payload["hand_raiser"] = lead.is_hand_raiser
        payload |= qualified or {}
    elif stage == Stage.ASSIGNED and not row.is_implied:
        kind = EvidenceKind.ASSIGNED
        payload |= handed_over(missing)
    elif stage == Stage.VOID:
        kind = EvidenceKind.RECALLED
        payload["reason"] = reason
    else:
        return None
    return Told(
        lead_id=lead.pk,
        kind=kind,
        occurred_at=row.occurred_at,
        source=TRANSITION,
        source_id=str(row.pk),
        round_number=round_number,
        rep_id=row.rep_id,
        payload=payload,
    )


def of_assignment(
    *, row: Assignment, lead_id: int, round_number: int, missing: Sequence[str]
) -> Told:
    """Return what an assignment to a person tells, and what of the agreed context lacked."""
    return Told(
        lead_id=lead_id,
        kind=EvidenceKind.ASSIGNED,
        occurred_at=row.assigned_at,
        source=ASSIGNMENT,
        source_id=str(row.pk),
        round_number=round_number,
        rep_id=row.rep_id,
        payload=handed_over(missing),
    )


def of_activity(*, row: Activity, origin: str) -> Told:
    """Return what an attempt tells; the fold leaves automatic ones out."""
    return Told(
        lead_id=row.lead_id,
        kind=EvidenceKind.OUTREACH,
        occurred_at=row.occurred_at,
        source=ACTIVITY,
        source_id=str(row.pk),
        rep_id=row.rep_id,
        payload={
            "channel": row.kind,
            "outcome": row.outcome,
            "automatic": row.is_automatic,
            "origin": str(origin),
        },
    )


def taken_back(*, source: str, source_id: int, lead_id: int, at: datetime) -> Told:
    """Return that the fact stored under (source, source_id) counts no longer."""
    return Told(
        lead_id=lead_id,
        kind=EvidenceKind.VOIDED,
        occurred_at=at,
        source=f"{source}_undo",
        source_id=str(source_id),
        payload={"source": source, "source_id": str(source_id)},
    )


def tell(*, facts: Sequence[Told], lead_ids: Collection[int], actor: str, at: datetime) -> None:
    """Store the evidence and bring the leads' clocks up to date.

    An assignment carries the calendar of the person's territory, where there is one: the fold
    pins it, and a team that moves to other hours later moves no clock.
    """
    given = {fact.rep_id for fact in facts if fact.kind == EvidenceKind.ASSIGNED and fact.rep_id}
    calendars = calendars_of_reps(given)
    sla.record_evidence_batch(
        rows=[
            sla.EvidenceRow(
                lead_id=fact.lead_id,
                kind=fact.kind,
                occurred_at=fact.occurred_at,
                stated_cycle=fact.round_number,
                rep_id=fact.rep_id,
                source=fact.source,
                source_id=fact.source_id,
                payload=fact.payload | _territory(fact, calendars),
            )
            for fact in facts
        ],
        actor=actor,
        at=at,
    )
    sla.refold(lead_ids=lead_ids, at=at)


def _territory(fact: Told, calendars: Mapping[int, int]) -> dict[str, int]:
    """Return what an assignment adds to its payload."""
    calendar = calendars.get(fact.rep_id or 0) if fact.kind == EvidenceKind.ASSIGNED else None
    return {} if calendar is None else {"calendar": calendar}
