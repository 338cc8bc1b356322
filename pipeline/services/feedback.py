"""What sales tells marketing of a lead, and marketing's answers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from pipeline.models import Lead, LeadNote
from pipeline.selectors.feedback import items_of
from pipeline.services import evidence, telling
from pipeline.services.errors import LeadRefusedError
from pipeline.services.pauses import RESUME, resumption
from pipeline.services.rows import Refusal
from revops.people.choices import Role
from sla.choices import EvidenceKind, PauseReason
from sla.models import Evidence
from sla.selectors.pauses import standstill_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipeline.choices import FeedbackAnswer
    from revops.people.models import User

SOURCE = "feedback_answer"
GIVEN = "feedback"
WITHDRAWN = "feedback_withdrawal"


class NoFeedbackError(LeadRefusedError):
    """Sales said nothing of the lead that could be answered, or that can be said."""


@dataclass(frozen=True, kw_only=True)
class AnswerRow:
    """Marketing answers what sales said of one lead; without `answered_at` at the call's `at`.

    `items` are ids of the facts that are answered; none is all that was said by then.
    """

    lead_id: int
    answer: FeedbackAnswer
    answered_at: datetime | None = None
    note: str = ""
    items: tuple[int, ...] = ()


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
    *,
    lead: Lead,
    answer: FeedbackAnswer,
    at: datetime,
    by: User | None = None,
    actor: str = "",
    note: str = "",
    items: Sequence[int] = (),
) -> Evidence:
    """Answer what sales said of `lead`; a later answer adds to the first, which stopped the clock.

    A lead that waits on marketing goes on with the answer it waited for.

    Args:
        lead: The lead; its row is locked before the check.
        answer: What marketing does about it.
        at: When marketing answered.
        by: The author; None for an integration, which is named by `actor`.
        actor: `key:<id>` where no person answers.
        note: Free text, kept apart from the evidence.
        items: Ids of the facts that are answered; none answers all that was said.

    Returns:
        The stored answer.

    Raises:
        NoFeedbackError: The lead was never turned down, or that was taken back, or an item is
            none of its feedback.
    """
    lead = telling.locked_lead(lead.pk)
    actor = actor if by is None else f"user:{by.pk}"
    known = items_of(lead=lead)
    if not known and not lead.rounds.filter(rejected_at__isnull=False).exists():
        raise NoFeedbackError(
            f"Sales has not turned {lead} down; there is nothing to answer.",
            code=Refusal.NOTHING_TO_ANSWER,
        )
    if not set(items) <= {item.id for item in known}:
        raise NoFeedbackError(
            "Sales did not say that of this lead.", code=Refusal.NOTHING_TO_ANSWER
        )
    row = AnswerRow(lead_id=lead.pk, answer=answer, note=note, items=tuple(sorted(set(items))))
    record_answers(rows=[row], actor=actor, at=at, by=by)
    _go_on(lead, items=items, actor=actor, at=at)
    told = _told(row, at=at)
    return Evidence.objects.get(source=told.source, source_id=told.source_id)


def _go_on(lead: Lead, *, items: Sequence[int], actor: str, at: datetime) -> None:
    """Let a lead go on that waited for this answer."""
    standing = standstill_of(lead_id=lead.pk, at=at)
    if standing is None or standing.reason != PauseReason.WAITING_ON_MARKETING:
        return
    asked = Evidence.objects.filter(
        lead=lead, kind=EvidenceKind.PAUSED, occurred_at=standing.since
    )
    if items and not asked.filter(pk__in=items).exists():
        return
    name = telling.name_of(kind=RESUME, lead_id=lead.pk, external_id="", at=at)
    fact = resumption(lead_id=lead.pk, name=name, at=at)
    evidence.tell(facts=[fact], lead_ids=[lead.pk], actor=actor, at=at)


@transaction.atomic
def give_feedback(
    *,
    lead: Lead,
    note: str,
    actor: str,
    at: datetime,
    by: User | None = None,
    occurred_at: datetime | None = None,
    external_id: str = "",
) -> Evidence:
    """Tell marketing something of `lead` without turning it down; marketing's clock starts.

    Args:
        lead: A lead that was handed to sales.
        note: The words; without them there is nothing to answer.
        actor: `user:<id>` or `key:<id>`.
        at: The instant of the call.
        by: The author.
        occurred_at: When it was said, if an integration tells of it later.
        external_id: The integration's own id of the fact.

    Raises:
        NoFeedbackError: There are no words, or the lead was never handed to sales.
    """
    lead = telling.locked_lead(lead.pk)
    if not note.strip():
        raise NoFeedbackError("Say what marketing should know.", code=Refusal.NOTE_REQUIRED)
    if not lead.rounds.exists():
        raise NoFeedbackError(f"{lead} was never handed to sales.", code=Refusal.STAGE)
    when = occurred_at or at
    source, source_id = telling.name_of(
        kind=GIVEN, lead_id=lead.pk, external_id=external_id, at=when
    )
    fact = evidence.Told(
        lead_id=lead.pk,
        kind=EvidenceKind.FEEDBACK,
        occurred_at=when,
        source=source,
        source_id=source_id,
        rep_id=lead.owner_id,
    )
    return telling.tell_one(fact=fact, note=note, actor=actor, by=by, at=at)


@transaction.atomic
def withdraw_feedback(*, item: Evidence, actor: str, at: datetime, by: User | None) -> Evidence:
    """Take a note back that its author no longer wants answered; its clock is cancelled.

    Raises:
        NoFeedbackError: Somebody else said it, or it is answered or withdrawn already.
    """
    lead = telling.locked_lead(item.lead_id or 0)
    open_ids = {one.id for one in items_of(lead=lead) if one.is_open}
    if item.kind != EvidenceKind.FEEDBACK or item.pk not in open_ids:
        raise NoFeedbackError("Nothing of it is open any more.", code=Refusal.NOTHING_TO_ANSWER)
    if item.actor != actor and (by is None or by.role != Role.REVOPS):
        raise NoFeedbackError("Only who said it can take it back.", code=Refusal.NOT_UNDOABLE)
    fact = evidence.Told(
        lead_id=lead.pk,
        kind=EvidenceKind.FEEDBACK_WITHDRAWN,
        occurred_at=at,
        source=WITHDRAWN,
        source_id=str(item.pk),
        payload={"answers": [item.pk]},
    )
    return telling.tell_one(fact=fact, note="", actor=actor, by=by, at=at)


def _told(row: AnswerRow, *, at: datetime) -> evidence.Told:
    """Return the evidence; the same answer given twice for one instant is one fact."""
    about = " ".join(str(item) for item in row.items)
    named = f"{row.lead_id} {row.answer} {at.isoformat()} {about}".strip()
    payload: dict[str, Any] = {"answer": row.answer.value}
    if row.items:
        payload["answers"] = list(row.items)
    return evidence.Told(
        lead_id=row.lead_id,
        kind=EvidenceKind.FEEDBACK_ANSWERED,
        occurred_at=at,
        source=SOURCE,
        source_id=str(uuid.uuid5(uuid.NAMESPACE_OID, named)),
        payload=payload,
    )
