"""Two leads that are one person: the survivor keeps everything, the other one points at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from pipeline.models import Activity, Lead, LeadNote, Opportunity, Touch
from pipeline.selectors.merging import objection_to_merge
from pipeline.services import evidence
from pipeline.services.board import save_contacts
from pipeline.services.errors import LeadRefusedError
from pipeline.services.rows import Refusal
from sla.choices import EvidenceKind

if TYPE_CHECKING:
    from datetime import datetime

MERGE = "merge"
FILLED = ("email", "first_name", "last_name", "title", "seniority", "form_text", "campaign")
"""What the survivor takes over where it knows nothing itself."""


class MergeRefusedError(LeadRefusedError):
    """The two leads cannot become one."""


@transaction.atomic
def merge_leads(
    *, lead: Lead, into: Lead, actor: str, at: datetime, occurred_at: datetime | None = None
) -> Lead:
    """Merge `lead` into `into`, which takes the earliest start and stop of both.

    What was done with either is the survivor's from now on; later posts under the other one's
    id in its source reach the survivor. Merged again into the same lead nothing changes.

    Args:
        lead: The one that goes.
        into: The one that stays; both rows are locked, by id, and read again.
        actor: `user:<id>` or `key:<id>`.
        at: The instant of the call.
        occurred_at: When they were merged, if an integration tells of it later.

    Returns:
        The survivor.

    Raises:
        MergeRefusedError: They are the same, one is merged or taken back already, or the one
            that goes is further on.
    """
    rows = Lead.objects.select_for_update(no_key=True).filter(pk__in=[lead.pk, into.pk])
    locked = {row.pk: row for row in rows.order_by("pk")}
    gone, kept = locked[lead.pk], locked[into.pk]
    if gone.merged_into_id == kept.pk and gone.pk != kept.pk:
        return kept
    objection = objection_to_merge(lead=gone, into=kept)
    if objection:
        raise MergeRefusedError(objection, code=Refusal.MERGE)
    gone.merged_into, gone.changed_at = kept, at
    gone.save(update_fields=["merged_into", "changed_at"])
    # One step from every former id to the survivor, however often leads were merged.
    Lead.objects.filter(merged_into=gone).update(merged_into=kept)
    _take_over(gone, kept, at=at)
    fact = evidence.Told(
        lead_id=gone.pk,
        kind=EvidenceKind.MERGED,
        occurred_at=occurred_at or at,
        source=MERGE,
        source_id=str(gone.pk),
        payload={"into": kept.pk},
    )
    evidence.tell(facts=[fact], lead_ids=[gone.pk, kept.pk], actor=actor, at=at)
    return kept


def _take_over(gone: Lead, kept: Lead, *, at: datetime) -> None:
    """Give the survivor what was done with the other one, and what it did not know itself."""
    for model in (Activity, Touch, Opportunity):
        model._default_manager.filter(lead=gone).update(lead=kept)  # noqa: SLF001 - Django's documented name
    LeadNote.objects.filter(lead=gone, transition__isnull=True).update(lead=kept)
    for name in FILLED:
        setattr(kept, name, getattr(kept, name) or getattr(gone, name))
    for name, choose in (("captured_at", min), ("last_touch_at", max)):
        told = [value for value in (getattr(gone, name), getattr(kept, name)) if value]
        setattr(kept, name, choose(told, default=None))
    kept.is_hand_raiser = kept.is_hand_raiser or gone.is_hand_raiser
    kept.company_id = kept.company_id or gone.company_id
    kept.changed_at = at
    kept.save(
        update_fields=[
            *FILLED, "captured_at", "last_touch_at", "is_hand_raiser", "company", "changed_at",
        ]
    )  # fmt: skip
    save_contacts(lead_ids=[gone.pk, kept.pk])
