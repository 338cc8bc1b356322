"""Pauses: a lead's promises stand still for an agreed reason, never longer than its cap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from pipeline import stages
from pipeline.choices import Stage
from pipeline.models import Activity, Lead
from pipeline.selectors.clocks import office_hours
from pipeline.services import evidence, telling
from pipeline.services.activities import WORKABLE
from pipeline.services.errors import LeadRefusedError
from pipeline.services.rows import Refusal
from sla.choices import ClockKind, EvidenceKind, PauseReason
from sla.fold.facts import TWO_WAY
from sla.selectors.pauses import agreed_pauses, running_kinds, standstill_of
from sla.services import current_terms

if TYPE_CHECKING:
    from datetime import date, datetime

    from definitions.content import PauseReason as AgreedReason
    from revops.people.models import User
    from sla.models import Evidence

PAUSE = "pause"
RESUME = "resume"


class PauseRefusedError(LeadRefusedError):
    """The promises cannot stand still for this reason, or stand still already."""

    fields = LeadRefusedError.fields | {
        Refusal.DATE_REQUIRED: "until",
        Refusal.DATE_PAST: "until",
        Refusal.DATE_TOO_LATE: "until",
        Refusal.CONVERSATION_REQUIRED: "reason",
        Refusal.OWN_FIRST_CONTACT: "reason",
    }


@dataclass(frozen=True, kw_only=True)
class PauseRow:
    """A pause as it is told.

    Attributes:
        until: The day on which the promises go on; reasons about time need it.
        occurred_at: When it began, if an integration tells of it later. Facts arrive in any
            order, so a late one is not compared with what is known by now.
        external_id: The integration's own id of the fact; telling it again changes nothing.
    """

    lead_id: int
    reason: str
    until: date | None = None
    note: str = ""
    occurred_at: datetime | None = None
    external_id: str = ""


@transaction.atomic
def pause_lead(*, row: PauseRow, actor: str, at: datetime, by: User | None = None) -> Evidence:
    """Let the promises of sales on a lead stand still; marketing's own clocks run on.

    Returned to marketing, the lead starts marketing's clock on feedback.

    Args:
        row: The pause.
        actor: `user:<id>` or `key:<id>`.
        at: The instant of the call; the pause begins at it unless the row says when.
        by: The person who pauses; an integration is treated as the rep it speaks for.

    Returns:
        The stored fact.

    Raises:
        PauseRefusedError: The agreement does not know the reason, asks for more than was given,
            or no promise runs that could stand still.
    """
    lead = telling.locked_lead(row.lead_id)
    begins = row.occurred_at or at
    name = telling.name_of(kind=PAUSE, lead_id=lead.pk, external_id=row.external_id, at=begins)
    reason = _agreed(row.reason, at=begins)
    if not telling.is_known(name):
        _check_words(row, lead=lead, reason=reason, begins=begins, at=at)
        if row.occurred_at is None:
            _check_state(lead, at=at)
        _check_first_contact(row, lead=lead, by=by)
    payload: dict[str, Any] = {
        "reason": reason.code, "cap_business_days": reason.cap_business_days,
    }  # fmt: skip
    if row.until is not None:
        payload["until"] = row.until.isoformat()
    source, source_id = name
    fact = evidence.Told(
        lead_id=lead.pk,
        kind=EvidenceKind.PAUSED,
        occurred_at=begins,
        source=source,
        source_id=source_id,
        payload=payload,
    )
    return telling.tell_one(fact=fact, note=row.note, actor=actor, by=by, at=at)


@transaction.atomic
def resume_lead(
    *,
    lead: Lead,
    actor: str,
    at: datetime,
    by: User | None = None,
    note: str = "",
    occurred_at: datetime | None = None,
    external_id: str = "",
) -> Evidence:
    """Let the promises of a lead go on.

    Args:
        lead: The lead; its row is locked before the check.
        actor: `user:<id>` or `key:<id>`.
        at: The instant of the call.
        by: The author of the note.
        note: Free text, kept apart from the evidence.
        occurred_at: When they went on, if an integration tells of it later.
        external_id: The integration's own id of the fact.

    Raises:
        PauseRefusedError: The promises do not stand still.
    """
    lead = telling.locked_lead(lead.pk)
    when = occurred_at or at
    name = telling.name_of(kind=RESUME, lead_id=lead.pk, external_id=external_id, at=when)
    if occurred_at is None and not telling.is_known(name):
        _check_paused(lead, at=at)
    fact = resumption(lead_id=lead.pk, name=name, at=when)
    return telling.tell_one(fact=fact, note=note, actor=actor, by=by, at=at)


def resumption(*, lead_id: int, name: tuple[str, str], at: datetime) -> evidence.Told:
    """Return the fact that promises go on."""
    source, source_id = name
    return evidence.Told(
        lead_id=lead_id,
        kind=EvidenceKind.RESUMED,
        occurred_at=at,
        source=source,
        source_id=source_id,
    )


def _agreed(code: str, *, at: datetime) -> AgreedReason:
    """Return the reason as the agreement in use has it."""
    known = {reason.code: reason for reason in agreed_pauses(at=at)}
    if not code:
        raise PauseRefusedError("Choose a reason.", code=Refusal.REASON_REQUIRED)
    if code not in known:
        words = ", ".join(known) or "none"
        raise PauseRefusedError(
            f"The agreement in use knows these reasons to pause: {words}.",
            code=Refusal.REASON_UNKNOWN,
        )
    return known[code]


def _check_words(
    row: PauseRow, *, lead: Lead, reason: AgreedReason, begins: datetime, at: datetime
) -> None:
    """Refuse a pause that lacks what its reason asks for."""
    if reason.needs_date and row.until is None:
        raise PauseRefusedError("Say on which day to go on.", code=Refusal.DATE_REQUIRED)
    hours = office_hours(terms=current_terms(at=at), at=begins)
    if row.until is not None and hours is not None:
        latest = hours.local_date(hours.end_of_business_day(begins, reason.cap_business_days))
        if row.until <= hours.local_date(begins):
            raise PauseRefusedError("Choose a day in the future.", code=Refusal.DATE_PAST)
        if row.until > latest:
            raise PauseRefusedError(
                f"This reason pauses for at most {reason.cap_business_days} business days,"
                f" until {latest:%d %b %Y}. Recycle the lead for anything later.",
                code=Refusal.DATE_TOO_LATE,
            )
    if reason.code == PauseReason.WAITING_ON_MARKETING and not row.note.strip():
        raise PauseRefusedError("Say what marketing is asked for.", code=Refusal.NOTE_REQUIRED)
    if reason.code == PauseReason.PROSPECT_ASKED_LATER and not _was_reached(lead, by=begins):
        raise PauseRefusedError(
            "No conversation is logged. Log the contact in which the day was named first.",
            code=Refusal.CONVERSATION_REQUIRED,
        )


def _was_reached(lead: Lead, *, by: datetime) -> bool:
    """Return whether the person answered in the lead's current round."""
    told = Activity.objects.filter(
        lead=lead,
        outcome__in=TWO_WAY,
        is_automatic=False,
        voided_at__isnull=True,
        occurred_at__lte=by,
    )
    current = lead.rounds.order_by("number").last()
    if current is not None and current.number > 1 and current.mql_at is not None:
        told = told.filter(occurred_at__gte=current.mql_at)
    return told.exists()


def _check_state(lead: Lead, *, at: datetime) -> None:
    """Refuse a pause now that stops nothing."""
    stage = Stage(lead.stage)
    if stage not in WORKABLE:
        raise PauseRefusedError(
            f"{lead} is {stages.words(stage)}; nothing runs.", code=Refusal.STAGE
        )
    standing = standstill_of(lead_id=lead.pk, at=at)
    if standing is not None:
        raise PauseRefusedError(
            f"{lead} is paused already: {standing.label.lower()}.", code=Refusal.PAUSED
        )
    if not running_kinds(lead_id=lead.pk):
        raise PauseRefusedError(
            f"No promise of sales runs on {lead}; there is nothing to pause.",
            code=Refusal.NOTHING_RUNS,
        )


def _check_paused(lead: Lead, *, at: datetime) -> None:
    if standstill_of(lead_id=lead.pk, at=at) is None:
        raise PauseRefusedError(f"{lead} is not paused.", code=Refusal.NOT_PAUSED)


def _check_first_contact(row: PauseRow, *, lead: Lead, by: User | None) -> None:
    """Refuse reps who would stop their own clock before anybody called. Source: sla-clock R7."""
    if row.reason == PauseReason.WAITING_ON_MARKETING:
        return
    is_own = by is None or (lead.owner is not None and lead.owner.user_id == by.pk)
    if is_own and ClockKind.FIRST_CONTACT in running_kinds(lead_id=lead.pk):
        raise PauseRefusedError(
            "The first contact is still owed, and who owes it cannot pause it. Log an attempt, "
            "return the lead to marketing, or ask your leader.",
            code=Refusal.OWN_FIRST_CONTACT,
        )
