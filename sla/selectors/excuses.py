"""Requests that a miss be excused: who may ask, who may decide, what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.people.choices import Side
from revops.people.permissions import side_of
from sla.choices import ExcuseDecision, RevisionKind
from sla.models import ExcuseRequest

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from revops.people.models import User

SETTLED = frozenset({RevisionKind.RESCINDED, RevisionKind.EXCUSED})
"""Breaches last revised so have nothing left to excuse."""


def requests() -> QuerySet[ExcuseRequest]:
    """Return every request with what pages show of it, the oldest first."""
    return ExcuseRequest.objects.select_related(
        "breach__clock__lead__company", "breach__commitment", "breach__rep", "asked_by"
    ).order_by("asked_at", "pk")


def open_requests() -> QuerySet[ExcuseRequest]:
    """Return the requests nobody has decided, the oldest first."""
    return requests().filter(decision="")


def asked_for(breach_ids: Collection[int]) -> frozenset[int]:
    """Return which of these breaches somebody has asked to excuse, undecided; one statement."""
    rows = ExcuseRequest.objects.filter(breach__in=breach_ids, decision="")
    return frozenset(rows.values_list("breach_id", flat=True))


def granted_to(*, breach_id: int) -> ExcuseRequest | None:
    """Return the request that excused a breach; None where none did."""
    rows = ExcuseRequest.objects.select_related("asked_by", "decided_by")
    return (
        rows.filter(breach=breach_id, decision=ExcuseDecision.GRANTED)
        .order_by("-decided_at", "-pk")
        .first()
    )


def may_ask(*, side: str, by: User) -> bool:
    """Return whether `by` speaks for the side that missed, or for RevOps."""
    return by.has_perm("sla.ask_excuse") and side_of(by.role) in {Side(side), Side.REVOPS}


def objection_to(*, request: ExcuseRequest, by: User) -> str:
    """Return why `by` may not decide about `request`; empty when nothing speaks against it.

    Source: ADR 0063.
    """
    breach = request.breach
    if request.asked_by_id == by.pk:
        return "Who asks does not decide."
    if breach.rep is not None and breach.rep.user_id == by.pk:
        return "You held the lead at the deadline; somebody else decides."
    if not by.has_perm("sla.excuse_breach"):
        return "Your role does not decide about excuses."
    if side_of(by.role) == Side(breach.side):
        return "Your own side missed it; the other side or RevOps decides."
    return ""
