"""The gap list: record, decide, resolve, confirm."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from definitions import selectors
from definitions.choices import GapKind, GapPriority
from definitions.models import Gap, GapConfirmation, history_by
from definitions.services.base import DocumentError, actor_of, lock_documents, require
from revops.audit.services import record

if TYPE_CHECKING:
    from datetime import datetime

    from definitions.models import Version
    from revops.people.models import User


class GapError(DocumentError):
    """The gap list does not allow it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A gap in words: what it is called, how it differs, and how each team sees it."""

    title: str
    kind: GapKind = GapKind.OTHER
    priority: GapPriority = GapPriority.MEDIUM
    marketing_view: str = ""
    sales_view: str = ""


def _require(by: User) -> None:
    require(by=by, right="definitions.run_audit", words="change the gap list")


@transaction.atomic
def record_gap(*, term: str, difference: Difference, by: User, at: datetime) -> Gap:
    """Put a difference between the two answers on the list.

    Args:
        term: The term; its newest round that both teams answered is what the gap comes from.
        difference: The gap in words.
        by: RevOps.
        at: When.

    Raises:
        NotAllowedError: Only RevOps keeps the list.
        GapError: No round on the term is answered by both teams.
    """
    _require(by)
    lock_documents()
    rounds = selectors.rounds_of(term=term)
    asked = next((state for state in rounds if not state.is_sealed), None)
    if asked is None:
        raise GapError("Both teams answer first; a gap is the difference between two answers.")
    gap = Gap(round_id=asked.pk, recorded_at=at, recorded_by=by, **asdict(difference))
    _save(gap, by=by, at=at)
    return gap


def _standing(gap: Gap) -> Gap:
    """Lock a gap and read it again.

    Raises:
        GapError: It was taken off the list.
    """
    stored = Gap.objects.select_for_update(no_key=True, of=("self",)).get(pk=gap.pk)
    if stored.removed_at is not None:
        raise GapError("This gap was taken off the list.")
    return stored


def _save(gap: Gap, *, by: User, at: datetime) -> None:
    history_by(instance=gap, by=by, at=at)
    gap.save()


@transaction.atomic
def edit_gap(*, gap: Gap, difference: Difference, by: User, at: datetime) -> Gap:
    """Word a gap differently, or give it another kind or priority.

    Raises:
        NotAllowedError: Only RevOps keeps the list.
        GapError: It was taken off the list.
    """
    _require(by)
    gap = _standing(gap)
    for name, value in asdict(difference).items():
        setattr(gap, name, value)
    _save(gap, by=by, at=at)
    return gap


@transaction.atomic
def remove_gap(*, gap: Gap, by: User, at: datetime) -> Gap:
    """Take a gap off the list; its row and history stay.

    Raises:
        NotAllowedError: Only RevOps keeps the list.
        GapError: It is off the list already, or a version has resolved it.
    """
    _require(by)
    gap = _standing(gap)
    if gap.resolved_in_id is not None:
        raise GapError("A version has resolved this gap; it stays on the list.")
    gap.removed_at = at
    _save(gap, by=by, at=at)
    return gap


@transaction.atomic
def decide_gap(*, gap: Gap, decision: str, by: User, at: datetime) -> Gap:
    """Write down what both teams decided about a gap.

    Raises:
        NotAllowedError: Only RevOps keeps the list.
        GapError: It was taken off the list, or a version has resolved it and the decision is
            empty.
    """
    _require(by)
    gap = _standing(gap)
    if not decision.strip() and gap.resolved_in_id is not None:
        raise GapError("A version has resolved this gap; its decision stays.")
    gap.decision = decision.strip()
    _save(gap, by=by, at=at)
    return gap


@transaction.atomic
def resolve_gap(*, gap: Gap, version: Version, by: User, at: datetime) -> Gap:
    """Name the signed version that settles a gap.

    Raises:
        NotAllowedError: Only RevOps keeps the list.
        GapError: It was taken off the list, nothing was decided, or nobody signed the version.
    """
    _require(by)
    gap = _standing(gap)
    if not gap.decision:
        raise GapError("Write down the decision first.")
    if not selectors.resolving_versions().filter(pk=version.pk).exists():
        raise GapError("Only a signed version resolves a gap.")
    gap.resolved_in = version
    _save(gap, by=by, at=at)
    return gap


@transaction.atomic
def confirm_gaps(*, note: str = "", by: User, at: datetime) -> GapConfirmation:
    """Confirm that the gap list is complete; the first version may be drafted after it.

    Raises:
        NotAllowedError: Only RevOps confirms, for both teams.
        GapError: Something is missing, named in the message, or nothing changed since the last
            confirmation.
    """
    require(by=by, right="definitions.run_audit", words="confirm the gap list")
    lock_documents()
    missing = selectors.missing_for_confirmation()
    if missing:
        raise GapError(" ".join(missing))
    gaps = selectors.gap_list()
    last = selectors.gap_confirmation()
    if last is not None and not _changed_since(last):
        raise GapError("The list is confirmed already and did not change since.")
    made = GapConfirmation.objects.create(
        gap_count=len(gaps), note=note, confirmed_at=at, confirmed_by=by, actor=actor_of(by)
    )
    record(
        at=at,
        actor=actor_of(by),
        act="gaps_confirmed",
        subject=f"gapconfirmation:{made.pk}",
        details={"gap_count": len(gaps)},
    )
    return made


def _changed_since(last: GapConfirmation) -> bool:
    """Return whether a gap came onto the list or left it after a confirmation."""
    at = last.confirmed_at
    return (
        Gap.objects.filter(recorded_at__gt=at).exists()
        or Gap.objects.filter(removed_at__gt=at).exists()
    )
