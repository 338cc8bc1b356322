"""One fact of one lead with the words beside it: what pauses and feedback have in common."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from pipeline.models import Lead, LeadNote
from pipeline.services import evidence
from sla.models import Evidence

if TYPE_CHECKING:
    from datetime import datetime

    from revops.people.models import User

API = "api"
"""Marks the ids that integrations give, so that no id of ours is ever taken for one of theirs."""


def locked_lead(lead_id: int) -> Lead:
    """Lock a lead and return it as stored."""
    return Lead.objects.select_for_update(no_key=True).get(pk=lead_id)


def name_of(*, kind: str, lead_id: int, external_id: str, at: datetime) -> tuple[str, str]:
    """Return source and id of a fact; without an id the same one told twice at once is one."""
    if external_id:
        return f"{kind}_{API}", external_id
    return kind, str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {lead_id} {at.isoformat()}"))


def is_known(name: tuple[str, str]) -> bool:
    """Return whether the fact was told before."""
    source, source_id = name
    return Evidence.objects.filter(source=source, source_id=source_id).exists()


def tell_one(
    *, fact: evidence.Told, note: str, actor: str, by: User | None, at: datetime
) -> Evidence:
    """Store a fact of a locked lead, bring its clocks up to date, and keep the words apart.

    A fact that is told again is compared and adds nothing, not even its note.

    Raises:
        EvidenceConflictError: The source told something else under the same id before.
        EvidenceRefusedError: The fact lies in the future.
    """
    was_known = is_known((fact.source, fact.source_id))
    evidence.tell(facts=[fact], lead_ids=[fact.lead_id], actor=actor, at=at)
    stored = Evidence.objects.get(source=fact.source, source_id=fact.source_id)
    if was_known:
        return stored
    Lead.objects.filter(pk=fact.lead_id).update(changed_at=at)
    if note.strip():
        LeadNote.objects.create(
            lead_id=fact.lead_id, evidence=stored, text=note.strip(), author=by, written_at=at
        )
    return stored
