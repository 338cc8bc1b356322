"""Let somebody of the same side sign in one's place for a while, and take that back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from definitions import selectors
from definitions.models import Delegation, DelegationEnd
from definitions.services.base import (
    FRESH,
    DocumentError,
    NotAllowedError,
    StaleAuthenticationError,
    actor_of,
    lock_documents,
)
from revops.audit.services import record
from revops.outbox.services import Notice, announce
from revops.people.choices import Side

if TYPE_CHECKING:
    from datetime import datetime

    from revops.people.models import User

LONGEST = timedelta(days=60)


class DelegationRefusedError(DocumentError):
    """The delegation cannot be given as asked.

    Attributes:
        field: What is wrong: `substitute`, `starts_at`, `ends_at` or `reason`.
    """

    def __init__(self, message: str, *, field: str) -> None:
        self.field = field
        super().__init__(message)


@transaction.atomic
def delegate_slot(
    *,
    slot: str,
    substitute: User,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: User,
    authenticated_at: datetime,
    at: datetime,
) -> Delegation:
    """Let `substitute` sign for the slot of `by` from `starts_at` until before `ends_at`.

    Args:
        slot: The slot `by` fills by role; what somebody else delegated is not passed on.
        substitute: Somebody of the same side who has no slot.
        starts_at: When it begins to count, not before `at`.
        ends_at: The first instant at which it counts no more, 60 days later at most.
        reason: Why; everybody can read it.
        by: Who signs by role.
        authenticated_at: When the password of `by` was last checked.
        at: When it is given.

    Raises:
        NotAllowedError: The slot is not that of the person's own role, or it is RevOps'.
        StaleAuthenticationError: The password was checked more than five minutes ago.
        DelegationRefusedError: Another side, a bad span, no reason, or one is already given.
    """
    lock_documents()
    if slot not in selectors.own_slots(user=by) or Side(slot) not in selectors.TEAMS:
        raise NotAllowedError("Only who signs for marketing or sales names a substitute.")
    if not timedelta(0) <= at - authenticated_at < FRESH:
        raise StaleAuthenticationError("Type your password again; it was checked too long ago.")
    reason = reason.strip()
    if not reason:
        raise DelegationRefusedError("Say why somebody else signs.", field="reason")
    _check_span(starts_at=starts_at, ends_at=ends_at, at=at)
    if not selectors.possible_substitutes(slot=slot, user=by).filter(pk=substitute.pk).exists():
        raise DelegationRefusedError(
            f"Choose somebody of {Side(slot).label} who does not sign by role.", field="substitute"
        )
    _refuse_overlap(slot=slot, by=by, starts_at=starts_at, ends_at=ends_at)
    delegation = Delegation.objects.create(
        slot=slot,
        signer=by,
        substitute=substitute,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason[:300],
        delegated_at=at,
        actor=actor_of(by),
    )
    _note(act="slot_delegated", delegation=delegation, by=by, at=at)
    return delegation


def _check_span(*, starts_at: datetime, ends_at: datetime, at: datetime) -> None:
    if starts_at < at:
        raise DelegationRefusedError("It cannot begin in the past.", field="starts_at")
    if ends_at <= starts_at:
        raise DelegationRefusedError("It ends before it begins.", field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise DelegationRefusedError(
            f"A delegation holds for {LONGEST.days} days at most.", field="ends_at"
        )


def _refuse_overlap(*, slot: str, by: User, starts_at: datetime, ends_at: datetime) -> None:
    given = Delegation.objects.filter(
        slot=slot, signer=by, end__isnull=True, starts_at__lt=ends_at, ends_at__gt=starts_at
    )
    other = given.select_related("substitute").first()
    if other is not None:
        raise DelegationRefusedError(
            f"{other.substitute} already signs for you in that time. End that delegation first.",
            field="starts_at",
        )


@transaction.atomic
def end_delegation(*, delegation: Delegation, by: User, at: datetime) -> DelegationEnd:
    """Take a delegation back; what was signed by it stays signed.

    Raises:
        NotAllowedError: Somebody else gave it.
        DocumentError: It is over or was taken back before.
    """
    lock_documents()
    delegation = Delegation.objects.select_related("end", "substitute").get(pk=delegation.pk)
    if delegation.signer_id != by.pk:
        raise NotAllowedError("Only who gave a delegation takes it back.")
    if hasattr(delegation, "end") or delegation.ends_at <= at:
        raise DocumentError("This delegation is over.")
    end = DelegationEnd.objects.create(
        delegation=delegation, ended_at=at, ended_by=by, actor=actor_of(by)
    )
    _note(act="delegation_ended", delegation=delegation, by=by, at=at)
    return end


def _note(*, act: str, delegation: Delegation, by: User, at: datetime) -> None:
    record(
        at=at,
        actor=actor_of(by),
        act=act,
        subject=f"delegation:{delegation.pk}",
        details={"slot": delegation.slot, "substitute": f"user:{delegation.substitute_id}"},
    )
    notice = Notice(
        key=f"{act}:{delegation.pk}",
        kind=act,
        payload={"delegation": delegation.pk, "to": [delegation.substitute_id, by.pk]},
    )
    announce(notices=[notice], at=at)
