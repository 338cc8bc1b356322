"""Sales attempts and logged outcomes that leave the stage as it is."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction

from pipeline import stages
from pipeline.choices import Stage
from pipeline.models import Activity, Lead, LeadNote
from pipeline.services import evidence
from pipeline.services.board import save_contacts
from pipeline.services.planning import RefusedError, instant, live_instant
from pipeline.services.rows import (
    ActivityResult,
    ActivityRow,
    DispositionResult,
    DispositionRow,
    Refusal,
    Status,
)
from pipeline.services.voids import voided_before
from revops.people.models import Rep
from sla.choices import DispositionValue, EvidenceKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from pipeline.choices import Origin
    from revops.people.models import User

WORKABLE = frozenset({Stage.MQL, Stage.ASSIGNED, Stage.ACCEPTED, Stage.SQL, Stage.OPPORTUNITY})

Natural = tuple[str, str]
AnyRow = TypeVar("AnyRow", ActivityRow, DispositionRow)


@transaction.atomic
def record_activities(
    *,
    rows: Sequence[ActivityRow],
    actor: str,
    origin: Origin,
    at: datetime,
    by: User | None = None,
) -> list[ActivityResult]:
    """Store sales attempts; a person's count towards the promises, automatic ones do not.

    The number of statements does not depend on the number of rows. A row whose (source,
    external_id) is known is left as it is.

    Args:
        rows: The attempts.
        actor: `user:<id>`, `key:<id>` or `system:<job>`.
        origin: By which way they entered.
        at: The instant of the call; `occurred_at` of rows that state none.
        by: The person who acts; the author of notes.

    Returns:
        One result per row, in order.
    """
    if not rows:
        return []
    leads = _lock(row.lead_id for row in rows)
    reps = _known_reps(row.rep_id for row in rows)
    known = _known_activities(rows)
    results: list[ActivityResult] = []
    new: dict[int, Activity] = {}
    for index, row in enumerate(rows):
        natural = (row.source, row.external_id)
        if row.external_id and natural in known:
            results.append(
                ActivityResult(
                    status=Status.UNCHANGED, lead_id=row.lead_id, activity_id=known[natural]
                )
            )
            continue
        try:
            _check(row.lead_id, leads=leads)
            _check_rep(row.rep_id, reps=reps)
            occurred_at = _instant(row, lead=leads[row.lead_id], origin=origin, at=at)
        except RefusedError as refusal:
            results.append(
                ActivityResult(
                    status=Status.REFUSED,
                    lead_id=row.lead_id,
                    code=refusal.code,
                    message=str(refusal),
                )
            )
            continue
        new[index] = _activity(row, actor=actor, occurred_at=occurred_at, at=at)
        if row.external_id:
            known[natural] = -index - 1
        results.append(ActivityResult(status=Status.CREATED, lead_id=row.lead_id))
    _store_activities(rows, new, actor=actor, origin=origin, at=at, by=by)
    return [_with_activity(result, index, new) for index, result in enumerate(results)]


def _instant(row: AnyRow, *, lead: Lead, origin: Origin, at: datetime) -> datetime:
    """Return when a row happened; a row of the API not before the lead was captured."""
    stated = instant(stated=row.occurred_at, at=at)
    return live_instant(occurred_at=stated, origin=origin, begins=[lead.captured_at])


def _activity(row: ActivityRow, *, actor: str, occurred_at: datetime, at: datetime) -> Activity:
    return Activity(
        lead_id=row.lead_id,
        rep_id=row.rep_id,
        occurred_at=occurred_at,
        recorded_at=at,
        kind=row.kind,
        outcome=row.outcome or "",
        is_automatic=row.is_automatic,
        actor=actor,
        source=row.source,
        external_id=row.external_id,
    )


def _taken_back_before(new: Collection[Activity], *, at: datetime) -> list[Activity]:
    """Mark and return the attempts whose void came before them."""
    names = {(row.source, row.external_id) for row in new if row.external_id}
    voided = voided_before(names)
    backed = [row for row in new if (row.source, row.external_id) in voided]
    for row in backed:
        row.voided_at = at
    return backed


def _store_activities(
    rows: Sequence[ActivityRow],
    new: dict[int, Activity],
    *,
    actor: str,
    origin: Origin,
    at: datetime,
    by: User | None,
) -> None:
    """Insert the attempts with their notes, and tell the promises."""
    backed = _taken_back_before(new.values(), at=at)
    Activity.objects.bulk_create(new.values())
    LeadNote.objects.bulk_create(
        LeadNote(
            lead_id=activity.lead_id,
            activity=activity,
            text=rows[index].note.strip(),
            author=by,
            written_at=at,
        )
        for index, activity in new.items()
        if rows[index].note.strip()
    )
    touched = {activity.lead_id for activity in new.values()}
    if not touched:
        return
    save_contacts(lead_ids=touched)
    Lead.objects.filter(pk__in=touched).update(changed_at=at)
    facts = [evidence.of_activity(row=row, origin=origin) for row in new.values()]
    facts += [
        evidence.taken_back(source=evidence.ACTIVITY, source_id=row.pk, lead_id=row.lead_id, at=at)
        for row in backed
    ]
    evidence.tell(facts=facts, lead_ids=touched, actor=actor, at=at)


def _with_activity(result: ActivityResult, index: int, new: dict[int, Activity]) -> ActivityResult:
    """Fill in the stored id; a row repeated within one call has that of its first twin."""
    if index in new:
        return replace(result, activity_id=new[index].pk)
    if result.activity_id is not None and result.activity_id < 0:
        return replace(result, activity_id=new[-result.activity_id - 1].pk)
    return result


@transaction.atomic
def record_dispositions(
    *,
    rows: Sequence[DispositionRow],
    actor: str,
    origin: Origin,
    at: datetime,
    by: User | None = None,
) -> list[DispositionResult]:
    """Log that leads are being worked: an outcome for the clocks, no change of stage.

    The number of statements does not depend on the number of rows.

    Args:
        rows: The leads.
        actor: `user:<id>`, `key:<id>` or `system:<job>`.
        origin: By which way they entered.
        at: The instant of the call; `occurred_at` of rows that state none.
        by: The person who acts; the author of notes.

    Returns:
        One result per row, in order.
    """
    leads = _lock(row.lead_id for row in rows)
    results, facts, notes = [], [], []
    for row in rows:
        try:
            _check(row.lead_id, leads=leads)
            _check_workable(leads[row.lead_id])
            occurred_at = _instant(row, lead=leads[row.lead_id], origin=origin, at=at)
        except RefusedError as refusal:
            results.append(
                DispositionResult(
                    status=Status.REFUSED,
                    lead_id=row.lead_id,
                    code=refusal.code,
                    message=str(refusal),
                )
            )
            continue
        results.append(DispositionResult(status=Status.CREATED, lead_id=row.lead_id))
        facts.append(_working(row, origin=origin, occurred_at=occurred_at))
        if row.note.strip():
            notes.append(
                LeadNote(lead_id=row.lead_id, text=row.note.strip(), author=by, written_at=at)
            )
    LeadNote.objects.bulk_create(notes)
    touched = {fact.lead_id for fact in facts}
    if touched:
        Lead.objects.filter(pk__in=touched).update(changed_at=at)
        evidence.tell(facts=facts, lead_ids=touched, actor=actor, at=at)
    return results


def _working(row: DispositionRow, *, origin: Origin, occurred_at: datetime) -> evidence.Told:
    """Return the evidence; the same statement made twice for one instant is one fact."""
    said = uuid.uuid5(uuid.NAMESPACE_OID, f"working {row.lead_id} {occurred_at.isoformat()}")
    return evidence.Told(
        lead_id=row.lead_id,
        kind=EvidenceKind.DISPOSITION,
        occurred_at=occurred_at,
        source=f"working_{origin.value}",
        source_id=str(said),
        payload={"value": DispositionValue.WORKING.value},
    )


def _lock(lead_ids: Any) -> dict[int, Lead]:
    """Lock the leads in the order of their ids; one statement."""
    leads = Lead.objects.select_for_update(no_key=True).filter(pk__in=set(lead_ids))
    return {lead.pk: lead for lead in leads.order_by("pk")}


def _check(lead_id: int, *, leads: dict[int, Lead]) -> None:
    if lead_id not in leads:
        raise RefusedError(Refusal.UNKNOWN_LEAD, "There is no such lead.")


def _check_rep(rep_id: int | None, *, reps: Collection[int]) -> None:
    if rep_id is not None and rep_id not in reps:
        raise RefusedError(Refusal.UNKNOWN_REP, "There is no such rep.")


def _check_workable(lead: Lead) -> None:
    stage = Stage(lead.stage)
    if stage not in WORKABLE:
        raise RefusedError(Refusal.STAGE, f"{lead} is {stages.words(stage)}.")


def _known_reps(rep_ids: Any) -> Collection[int]:
    wanted = {rep_id for rep_id in rep_ids if rep_id is not None}
    if not wanted:
        return ()
    return set(Rep.objects.filter(pk__in=wanted).values_list("pk", flat=True))


def _known_activities(rows: Sequence[ActivityRow]) -> dict[Natural, int]:
    """Return the stored activities among the rows by their natural key; one statement."""
    wanted = {(row.source, row.external_id) for row in rows if row.external_id}
    if not wanted:
        return {}
    stored = Activity.objects.filter(
        source__in={source for source, _ in wanted},
        external_id__in={external_id for _, external_id in wanted},
    ).values_list("source", "external_id", "pk")
    return {
        (source, external_id): pk
        for source, external_id, pk in stored
        if (source, external_id) in wanted
    }
