"""Contacts that count no longer: taken back by hand or by the system that told them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from pipeline.models import Activity, Lead, LeadNote
from pipeline.services import evidence
from pipeline.services.board import save_contacts
from pipeline.services.errors import refusal
from pipeline.services.rows import Refusal
from pipeline.services.telling import locked_lead
from sla import services as sla
from sla.choices import EvidenceKind
from sla.models import Evidence

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from revops.people.models import User

EARLY = "activity_void"
"""The source of voids that came before what they take back."""


@dataclass(frozen=True, kw_only=True)
class Voided:
    """What became of a void; `activity` is None while it waits for what it names."""

    activity: Activity | None
    is_new: bool


@transaction.atomic
def void_contact(*, activity: Activity, note: str, by: User, at: datetime) -> Lead:
    """Take a contact back that should not be there; the breach it hid comes up again.

    Args:
        activity: The contact; its lead is locked before it is read again.
        note: Why, in words.
        by: Somebody of RevOps.
        at: The instant.

    Raises:
        RequirementError: No reason was given.
        UndoRefusedError: It was taken back before.
    """
    if not note.strip():
        raise refusal(code=Refusal.NOTE_REQUIRED, message="Say why it is taken back.")
    lead, found = _locked(activity)
    if found.voided_at is not None:
        raise refusal(code=Refusal.NOT_UNDOABLE, message="It was taken back before.")
    take_back(found, lead=lead, actor=f"user:{by.pk}", at=at)
    LeadNote.objects.create(lead=lead, activity=found, text=note.strip(), author=by, written_at=at)
    return lead


@transaction.atomic
def void_told(*, activity: Activity, actor: str, at: datetime) -> Voided:
    """Take back a contact an integration told; again changes nothing."""
    lead, found = _locked(activity)
    if found.voided_at is not None:
        return Voided(activity=found, is_new=False)
    take_back(found, lead=lead, actor=actor, at=at)
    return Voided(activity=found, is_new=True)


@transaction.atomic
def void_by_name(*, source: str, external_id: str, actor: str, at: datetime) -> Voided:
    """Take back the contact a source knows by this id, whichever of the two arrives first."""
    known = Activity.objects.filter(source=source, external_id=external_id).first()
    if known is not None:
        return void_told(activity=known, actor=actor, at=at)
    row = sla.EvidenceRow(
        lead_id=None,
        kind=EvidenceKind.VOIDED,
        occurred_at=at,
        source=EARLY,
        source_id=_early_id(source, external_id),
    )
    is_known = Evidence.objects.filter(source=EARLY, source_id=row.source_id).exists()
    if not is_known:
        sla.record_evidence_batch(rows=[row], actor=actor, at=at)
    return Voided(activity=None, is_new=not is_known)


def voided_before(names: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Return the contacts, by source and id, whose void came before them; one statement."""
    by_id = {_early_id(*name): name for name in names}
    if not by_id:
        return frozenset()
    told = Evidence.objects.filter(source=EARLY, source_id__in=by_id)
    return frozenset(by_id[source_id] for source_id in told.values_list("source_id", flat=True))


def take_back(activity: Activity, *, lead: Lead, actor: str, at: datetime) -> None:
    """Void a contact of a locked lead: row, projections and evidence."""
    activity.voided_at = at
    activity.save(update_fields=["voided_at"])
    lead.changed_at = at
    lead.save(update_fields=["changed_at"])
    save_contacts(lead_ids=[lead.pk])
    fact = evidence.taken_back(
        source=evidence.ACTIVITY, source_id=activity.pk, lead_id=lead.pk, at=at
    )
    evidence.tell(facts=[fact], lead_ids=[lead.pk], actor=actor, at=at)


def _locked(activity: Activity) -> tuple[Lead, Activity]:
    lead = locked_lead(activity.lead_id)
    return lead, Activity.objects.select_for_update(no_key=True).get(pk=activity.pk)


def _early_id(source: str, external_id: str) -> str:
    """Return an id that fits whatever the source calls things."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{source}\n{external_id}"))
