"""Excuses: the side that missed asks, the other side or RevOps decides, the breach stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from sla.choices import ClockKind, EvidenceKind, ExcuseCause, ExcuseDecision, RevisionKind
from sla.models import Breach, ExcuseRequest
from sla.selectors.excuses import may_ask, objection_to
from sla.services.months import excuse_month
from sla.services.recording import EvidenceRow, lock_lead, record_evidence_batch
from sla.services.refolding import refold

if TYPE_CHECKING:
    from datetime import datetime

    from revops.people.models import User

SOURCE = "excuse"


class ExcuseRefusedError(Exception):
    """The request or the decision is refused; `field` names where to look, if anywhere."""

    def __init__(self, message: str, *, field: str = "") -> None:
        """Keep where to look beside the message."""
        super().__init__(message)
        self.field = field


class ExcuseForbiddenError(ExcuseRefusedError):
    """This person may not, whatever is sent."""


class ExcuseStaleError(ExcuseRefusedError):
    """The breach or the request is not any more what it was when the page was loaded."""


@transaction.atomic
def ask_excuse(
    *, breach: Breach, cause: str, by: User, at: datetime, note: str = ""
) -> ExcuseRequest:
    """Ask that `breach` be excused; nothing changes until somebody else decides.

    Args:
        breach: A breach that stands.
        cause: One of `ExcuseCause`.
        by: Somebody of the side that missed, or of RevOps.
        at: The instant of the request.
        note: What happened; needed where the cause alone does not say it.

    Raises:
        ExcuseForbiddenError: The other side missed it.
        ExcuseStaleError: The breach does not stand, or a request for it is open.
        ExcuseRefusedError: The cause is unknown or needs a note.
    """
    breach = _locked(breach.pk)
    if not may_ask(side=breach.side, by=by):
        words = breach.get_side_display()
        raise ExcuseForbiddenError(f"{words} missed it, so {words} asks.")
    if cause not in ExcuseCause.values:
        raise ExcuseRefusedError("Choose a cause.", field="cause")
    if cause == ExcuseCause.OTHER and not note.strip():
        raise ExcuseRefusedError("Say in the note what the cause was.", field="note")
    _check_stands(breach)
    if breach.excuse_requests.filter(decision="").exists():
        raise ExcuseStaleError("Somebody asked already; the decision is open.")
    return ExcuseRequest.objects.create(
        breach=breach, cause=cause, note=note.strip(), asked_by=by, asked_at=at
    )


@transaction.atomic
def grant_excuse(*, request: ExcuseRequest, by: User, at: datetime, note: str = "") -> None:
    """Excuse the miss: the clock says so, and the breach keeps its place in the ledger.

    Args:
        request: An open request; its lead, month and row are locked before the check.
        by: RevOps or the leader of the other side.
        at: The instant of the decision.
        note: Why, in words.

    Raises:
        ExcuseForbiddenError: This person may not decide about it; see `selectors.excuses`.
        ExcuseStaleError: It was decided before, or the breach does not stand any more.
    """
    held = _decided(request, ExcuseDecision.GRANTED, by=by, at=at, note=note)
    clock = held.breach.clock
    payload: dict[str, Any] = {"clock": clock.kind, "reason": held.cause}
    if clock.month is not None:
        payload["month"] = clock.month.isoformat()
    elif clock.kind == ClockKind.MARKETING_FEEDBACK:
        payload["item"] = clock.started_by_id
    row = EvidenceRow(
        lead_id=clock.lead_id,
        kind=EvidenceKind.EXCUSED,
        occurred_at=at,
        stated_cycle=clock.cycle or None,
        source=SOURCE,
        source_id=str(held.pk),
        payload=payload,
    )
    record_evidence_batch(rows=[row], actor=f"user:{by.pk}", at=at)
    if clock.month is not None:
        excuse_month(month=clock.month, at=at)
    elif clock.lead_id is not None:
        refold(lead_ids=[clock.lead_id], at=at)


@transaction.atomic
def decline_excuse(*, request: ExcuseRequest, by: User, at: datetime, note: str) -> None:
    """Leave the miss as it is and say why; raises as `grant_excuse`."""
    if not note.strip():
        raise ExcuseRefusedError("Say why it is declined.", field="note")
    _decided(request, ExcuseDecision.DECLINED, by=by, at=at, note=note)


def _decided(
    request: ExcuseRequest, decision: ExcuseDecision, *, by: User, at: datetime, note: str
) -> ExcuseRequest:
    """Store a decision after every check, with the locks held."""
    breach = _locked(request.breach_id)
    held = ExcuseRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    held.breach = breach
    objection = objection_to(request=held, by=by)
    if objection:
        raise ExcuseForbiddenError(objection)
    if held.decision:
        raise ExcuseStaleError(f"It was {held.get_decision_display().lower()} already.")
    if decision == ExcuseDecision.GRANTED:
        _check_stands(breach)
    held.decision, held.decision_note = decision, note.strip()
    held.decided_by, held.decided_at = by, at
    held.save(update_fields=["decision", "decision_note", "decided_by", "decided_at"])
    return held


def _locked(breach_id: int) -> Breach:
    """Lock the breach's lead and return the breach with how it stands; the row is append-only."""
    rows = Breach.objects.with_standing().select_related("clock", "rep")
    breach: Breach = rows.get(pk=breach_id)
    if breach.clock.lead_id is not None:
        lock_lead(breach.clock.lead_id)
        breach = rows.get(pk=breach_id)
    return breach


def _check_stands(breach: Any) -> None:
    if breach.last_revision == RevisionKind.RESCINDED:
        raise ExcuseStaleError("Later evidence took this breach back; nothing is to excuse.")
    if breach.last_revision == RevisionKind.EXCUSED:
        raise ExcuseStaleError("This breach is excused already.")
