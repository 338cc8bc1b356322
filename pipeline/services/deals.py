"""Deals: opened and accepted by sales, won, or lost for a reason of the list."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db import transaction

from pipeline.choices import DealChange, Origin, Outcome, QualityFlag, Stage
from pipeline.models import Lead, LeadNote, Opportunity, OpportunityChange
from pipeline.selectors.actors import actor_of
from pipeline.services.attribution import attribute_deals
from pipeline.services.errors import refusal
from pipeline.services.lifecycle import make_move
from pipeline.services.rows import Move, Refusal
from pipeline.services.rulebook import Rulebook
from revops.outbox.services import Notice, announce
from revops.people.selectors import local_day

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from definitions.models import Reason
    from revops.people.models import Rep, User

OWN_SYSTEM = "accord"


@transaction.atomic
def open_opportunity(
    *,
    lead: Lead,
    name: str,
    amount: Decimal | None,
    currency: str,
    expected_close_on: date | None,
    next_step: str,
    by: User,
    at: datetime,
    rep: Rep | None = None,
    seen: int | None = None,
) -> Opportunity:
    """Open a deal from `lead`; sales opens it, so sales has accepted it at once.

    Args:
        lead: The lead; its round moves to opportunity, skipped stages are implied.
        name: What the deal is called.
        amount: Expected amount; None is flagged, never taken for zero.
        currency: ISO 4217 code of `amount`.
        expected_close_on: When it should be decided.
        next_step: What happens next.
        by: The person who opens it.
        at: The instant.
        rep: Who closes it; the lead's owner if none is named.
        seen: Id of the transition the person saw as the current one; None asks for no check.

    Returns:
        The stored deal.

    Raises:
        StageChangeRefusedError: The lead's stage does not allow it.
        StaleLeadError: Somebody changed the lead since.
    """
    _check_close_date(expected_close_on, at=at)
    moved = make_move(move=Move(lead_id=lead.pk, to=Stage.OPPORTUNITY), seen=seen, by=by, at=at)
    current = moved.round
    owner = current.rep
    closer = rep or owner
    deal = Opportunity(
        source_system=OWN_SYSTEM,
        external_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"deal of transition {moved.pk}")),
        lead=lead,
        round=current,
        company=lead.company,
        channel=lead.channel,
        name=name or str(lead.company or lead),
        created_at=at,
        recorded_at=at,
        accepted_at=at,
        amount=amount,
        accepted_amount=amount,
        currency=currency,
        next_step=next_step,
        expected_close_on=expected_close_on,
        definitions_version_id=moved.definitions_version_id,
        sdr=owner,
        rep=closer,
        segment=closer.segment if closer else "",
        origin=Origin.FORM,
        quality_flags=placeholders(
            amount=amount, expected_close_on=expected_close_on, next_step=next_step
        ),
    )
    attribute_deals(deals=[deal])
    deal.save(force_insert=True)
    for kind in (DealChange.CREATED, DealChange.ACCEPTED):
        _note_change(deal, kind=kind, by=by, at=at)
    _announce(deal, kind="opportunity.created", at=at)
    return deal


def _check_close_date(expected: date | None, *, at: datetime) -> None:
    """Refuse a new deal that is expected to close on a day that is over."""
    if expected is not None and expected < local_day(at=at):
        raise refusal(code=Refusal.CLOSE_DATE_PAST, message="The expected close lies in the past.")


def placeholders(
    *, amount: Decimal | None, expected_close_on: date | None, next_step: str
) -> list[str]:
    """Return the flags of a deal that lacks what the definition of an opportunity asks for."""
    flags = []
    if amount is None:
        flags.append(QualityFlag.AMOUNT_MISSING.value)
    if amount is None or expected_close_on is None or not next_step.strip():
        flags.append(QualityFlag.PLACEHOLDER.value)
    return flags


@transaction.atomic
def accept_opportunity(*, opportunity: Opportunity, by: User, at: datetime) -> Opportunity:
    """Take on a deal that marketing or an integration created: it is pipeline from now on.

    Raises:
        DealRefusedError: It was accepted before, or is closed.
    """
    deal = _lock_deal(opportunity)
    if deal.accepted_at is not None:
        raise refusal(code=Refusal.NOT_OPEN, message=f"{deal} was accepted before.")
    deal.accepted_at, deal.accepted_amount, deal.returned_at = at, deal.amount, None
    attribute_deals(deals=[deal])
    deal.save(
        update_fields=[
            "accepted_at", "accepted_amount", "returned_at", "source_group", "attribution",
        ]
    )  # fmt: skip
    _note_change(deal, kind=DealChange.ACCEPTED, by=by, at=at)
    return deal


@transaction.atomic
def return_opportunity(
    *, opportunity: Opportunity, reason: str, by: User, at: datetime, note: str = ""
) -> Opportunity:
    """Give a deal that sales never accepted back to who created it, for a reject reason.

    Raises:
        DealRefusedError: It was accepted, or is closed.
        RequirementError: No reason of the list, or a note is missing.
    """
    deal = _lock_deal(opportunity)
    if deal.accepted_at is not None:
        raise refusal(code=Refusal.NOT_OPEN, message=f"{deal} was accepted before.")
    told = _reason(purpose="reject", code=reason, note=note, at=at)
    deal.returned_at = at
    deal.save(update_fields=["returned_at"])
    _note_change(deal, kind=DealChange.RETURNED, by=by, at=at, reason=told)
    _keep_note(deal, text=note, by=by, at=at)
    return deal


@transaction.atomic
def win_opportunity(*, opportunity: Opportunity, by: User, at: datetime) -> Opportunity:
    """Close a deal as won, with the round it came from.

    Raises:
        DealRefusedError: It is not open.
        StageChangeRefusedError: The round's stage does not allow it.
    """
    deal = _lock_deal(opportunity)
    _check_accepted(deal)
    if deal.round is not None and deal.lead is not None:
        make_move(move=Move(lead_id=deal.lead.pk, to=Stage.WON), seen=None, by=by, at=at)
    deal.outcome, deal.closed_at = Outcome.WON.value, at
    deal.save(update_fields=["outcome", "closed_at"])
    _note_change(deal, kind=DealChange.WON, by=by, at=at)
    _announce(deal, kind="opportunity.closed", at=at)
    return deal


@transaction.atomic
def lose_opportunity(
    *,
    opportunity: Opportunity,
    reason: str,
    by: User,
    at: datetime,
    competitor: str = "",
    note: str = "",
) -> Opportunity:
    """Close a deal as lost for a reason of the closed-lost list, with the round it came from.

    Args:
        opportunity: The deal; its row is locked and read again before the check.
        reason: Code of an entry of the closed-lost list in use.
        by: The person who closes it.
        at: The instant.
        competitor: Who won it; asked for by "competitor".
        note: Free text; some reasons need it.

    Returns:
        The stored deal.

    Raises:
        DealRefusedError: It is not open.
        RequirementError: No reason of the list, or it asks for more than was given.
        StageChangeRefusedError: The round's stage does not allow it.
    """
    deal = _lock_deal(opportunity)
    _check_accepted(deal)
    told = _reason(purpose="closed_lost", code=reason, note=note, at=at)
    if told.needs_competitor and not competitor.strip():
        raise refusal(code=Refusal.COMPETITOR_REQUIRED, message="Name the competitor.")
    if deal.round is not None and deal.lead is not None:
        move = Move(lead_id=deal.lead.pk, to=Stage.LOST, reason=reason, note=note)
        make_move(move=move, seen=None, by=by, at=at)
    else:
        _keep_note(deal, text=note, by=by, at=at)
    deal.outcome, deal.closed_at = Outcome.LOST.value, at
    deal.lost_reason, deal.lost_reason_purpose = told, told.purpose
    deal.definitions_version_id = told.version_id
    deal.competitor = competitor.strip()
    deal.save(
        update_fields=[
            "outcome", "closed_at", "lost_reason", "lost_reason_purpose", "definitions_version",
            "competitor",
        ]
    )  # fmt: skip
    _note_change(deal, kind=DealChange.LOST, by=by, at=at, reason=told)
    _announce(deal, kind="opportunity.closed", at=at)
    return deal


def _lock_deal(opportunity: Opportunity) -> Opportunity:
    """Lock the lead first, as everywhere, then the deal, and read it again."""
    if opportunity.lead_id is not None:
        Lead.objects.select_for_update(no_key=True).get(pk=opportunity.lead_id)
    deal = Opportunity.objects.select_for_update(no_key=True).get(pk=opportunity.pk)
    if deal.outcome or deal.voided_at is not None:
        raise refusal(code=Refusal.NOT_OPEN, message=f"{deal} is closed.")
    return deal


def _check_accepted(deal: Opportunity) -> None:
    if deal.accepted_at is None:
        raise refusal(code=Refusal.NOT_OPEN, message=f"Accept {deal} first.")


def _reason(*, purpose: str, code: str, note: str, at: datetime) -> Reason:
    """Return the reason of the list in use, with what it asks for checked."""
    if not code.strip():
        raise refusal(code=Refusal.REASON_REQUIRED, message="Choose a reason from the list.")
    rulebook = Rulebook()
    entry = rulebook.entry_at(at)
    found = entry and rulebook.reason(entry=entry, purpose=purpose, code=code)
    if not found or found.history_only:
        raise refusal(
            code=Refusal.REASON_UNKNOWN,
            message=f"{code!r} is not a reason of the definitions in use.",
        )
    if found.needs_note and not note.strip():
        raise refusal(code=Refusal.NOTE_REQUIRED, message=f"{found.label!r} needs a note.")
    return found


def _note_change(
    deal: Opportunity, *, kind: DealChange, by: User, at: datetime, reason: Reason | None = None
) -> None:
    OpportunityChange.objects.create(
        opportunity=deal,
        kind=kind,
        occurred_at=at,
        recorded_at=at,
        actor=actor_of(by),
        amount=deal.amount,
        currency=deal.currency,
        definitions_version_id=reason.version_id if reason else deal.definitions_version_id,
        reason=reason,
        origin=Origin.FORM,
    )


def _keep_note(deal: Opportunity, *, text: str, by: User, at: datetime) -> None:
    """Keep free text where it can be erased: with the deal's lead."""
    if text.strip() and deal.lead is not None:
        LeadNote.objects.create(lead=deal.lead, text=text.strip(), author=by, written_at=at)


def _announce(deal: Opportunity, *, kind: str, at: datetime) -> None:
    payload: dict[str, Any] = {"opportunity": deal.pk, "lead": deal.lead_id}
    if deal.outcome:
        payload["outcome"] = deal.outcome
    announce(notices=[Notice(key=f"{kind}:{deal.pk}", kind=kind, payload=payload)], at=at)
