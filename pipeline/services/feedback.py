"""Marketing's answers to what sales said of a lead."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from pipeline.models import Lead, LeadNote
from pipeline.services import evidence
from pipeline.services.errors import LeadRefusedError
from pipeline.services.rows import Refusal
from sla.choices import EvidenceKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipeline.choices import FeedbackAnswer
    from revops.people.models import User

SOURCE = "feedback_answer"


class NoFeedbackError(LeadRefusedError):
    """Sales said nothing of the lead that could be answered."""


@dataclass(frozen=True, kw_only=True)
class AnswerRow:
    """Marketing answers all that is open of one lead; without `answered_at` at the call's `at`."""

    lead_id: int
    answer: FeedbackAnswer
    answered_at: datetime | None = None
    note: str = ""


@transaction.atomic
def record_answers(
    *, rows: Sequence[AnswerRow], actor: str, at: datetime, by: User | None = None
) -> None:
    """Store answers to feedback and stop its clocks; the number of statements is constant.

    Args:
        rows: The answers; of known leads.
        actor: `user:<id>`, `key:<id>` or `system:<job>`.
        at: The instant of the call.
        by: The author of the notes, when a person answers.
    """
    lead_ids = sorted({row.lead_id for row in rows})
    locked = Lead.objects.select_for_update(no_key=True).filter(pk__in=lead_ids)
    list(locked.order_by("pk").values_list("pk"))
    LeadNote.objects.bulk_create(
        LeadNote(lead_id=row.lead_id, text=row.note.strip(), author=by, written_at=at)
        for row in rows
        if row.note.strip()
    )
    Lead.objects.filter(pk__in=lead_ids).update(changed_at=at)
    evidence.tell(
        facts=[_told(row, at=row.answered_at or at) for row in rows],
        lead_ids=lead_ids,
        actor=actor,
        at=at,
    )


@transaction.atomic
def answer_feedback(
    *, lead: Lead, answer: FeedbackAnswer, by: User, at: datetime, note: str = ""
) -> None:
    """Answer what sales said of `lead`; a later answer adds to the first, which stopped the clock.

    Args:
        lead: The lead; its row is locked before the check.
        answer: What marketing does about it.
        by: The author.
        at: When marketing answered.
        note: Free text, kept apart from the evidence.

    Raises:
        NoFeedbackError: The lead was never turned down, or that was taken back.
    """
    lead = Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
    if not lead.rounds.filter(rejected_at__isnull=False).exists():
        raise NoFeedbackError(
            f"Sales has not turned {lead} down; there is nothing to answer.",
            code=Refusal.STAGE,
        )
    row = AnswerRow(lead_id=lead.pk, answer=answer, note=note)
    record_answers(rows=[row], actor=f"user:{by.pk}", at=at, by=by)


def _told(row: AnswerRow, *, at: datetime) -> evidence.Told:
    """Return the evidence; the same answer given twice for one instant is one fact."""
    said = uuid.uuid5(uuid.NAMESPACE_OID, f"{row.lead_id} {row.answer} {at.isoformat()}")
    return evidence.Told(
        lead_id=row.lead_id,
        kind=EvidenceKind.FEEDBACK_ANSWERED,
        occurred_at=at,
        source=SOURCE,
        source_id=str(said),
        payload={"answer": row.answer.value},
    )
