"""Who signs in whose place, and when that counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from definitions.models import Delegation
from revops.people.choices import Side
from revops.people.models import User
from revops.people.permissions import MARKETING, RIGHTS, SALES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

# RevOps' slot belongs to the role: a colleague in it signs without a delegation.
TEAMS = {Side.MARKETING: MARKETING, Side.SALES: SALES}
SLOTS = (Side.REVOPS, Side.MARKETING, Side.SALES)


@dataclass(frozen=True, slots=True)
class Substitution:
    """One delegation as everybody may read it.

    Attributes:
        standing: `ahead`, `holds`, `over`, or `ended` when it was taken back.
    """

    delegation: Delegation
    standing: str

    @property
    def is_open(self) -> bool:
        """Whether there is something left to end."""
        return self.standing in {"ahead", "holds"}


def own_slots(*, user: User) -> list[str]:
    """Return the signature slots the user's role fills, without delegations."""
    return [slot.value for slot in SLOTS if user.has_perm(f"definitions.sign_{slot}")]


def slots_of(*, user: User, at: datetime) -> list[str]:
    """Return the slots the user may fill: those of the role, else those held as a substitute."""
    own = own_slots(user=user)
    if own or not user.is_active:
        return own
    held = {delegation.slot for delegation in holding(at=at).filter(substitute=user)}
    return [slot.value for slot in SLOTS if slot in held]


def delegation_for(*, user: User, slot: str, at: datetime) -> Delegation | None:
    """Return the delegation by which the user signs for `slot`; None where the role does."""
    if slot in own_slots(user=user):
        return None
    return holding(at=at).filter(substitute=user, slot=slot).order_by("id").first()


def holding(*, at: datetime) -> QuerySet[Delegation]:
    """Return the delegations that count at `at`.

    Begun, not over, not ended; the signer still holds the slot and the substitute still belongs to
    the side. What the roles were earlier does not matter: a right that has gone is not lent.
    """
    sides = Q()
    for side, team in TEAMS.items():
        signers = RIGHTS[f"definitions.sign_{side}"]
        sides |= Q(slot=side, signer__role__in=signers, substitute__role__in=team)
    return (
        Delegation.objects.filter(
            sides,
            starts_at__lte=at,
            ends_at__gt=at,
            signer__is_active=True,
            substitute__is_active=True,
        )
        .exclude(end__ended_at__lte=at)
        .select_related("signer", "substitute")
    )


def substitute_ids(*, slots: Iterable[str], at: datetime) -> list[int]:
    """Return the ids of the people who may fill one of the slots in somebody's place."""
    return list(
        holding(at=at)
        .filter(slot__in=list(slots))
        .order_by("substitute_id")
        .values_list("substitute_id", flat=True)
        .distinct()
    )


def possible_substitutes(*, slot: str, user: User) -> QuerySet[User]:
    """Return who may stand in for `user`: the side's people who have no slot of their own."""
    team = TEAMS.get(Side(slot), frozenset())
    roles = [role for role in team if role not in RIGHTS[f"definitions.sign_{slot}"]]
    return User.objects.filter(role__in=roles, is_active=True).exclude(pk=user.pk).order_by("name")


def substitutions(*, at: datetime) -> list[Substitution]:
    """Return every delegation ever given, the newest first, with its standing at `at`."""
    rows = Delegation.objects.select_related("signer", "substitute", "end").order_by("-id")
    return [Substitution(row, _standing(row, at)) for row in rows]


def _standing(delegation: Delegation, at: datetime) -> str:
    if hasattr(delegation, "end") and delegation.end.ended_at <= at:
        return "ended"
    if delegation.ends_at <= at:
        return "over"
    return "ahead" if delegation.starts_at > at else "holds"
