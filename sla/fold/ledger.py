"""What the ledger of breaches has to say after a fold, and how evidence enters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sla.choices import ClockStatus, RevisionKind

if TYPE_CHECKING:
    from sla.fold.facts import Outcome

SKEW = timedelta(minutes=2)


class FutureEvidenceError(ValueError):
    """The fact claims to have happened later than clock skew can explain."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says of a clock: whether the breach stands, and as what."""

    stands: bool
    status: str


@dataclass(frozen=True, slots=True)
class Change:
    """A row to append: the breach itself (`kind` None) or a revision of it."""

    kind: str | None
    old_status: str
    new_status: str

    @property
    def entry(self) -> Entry:
        """What the ledger says once the row is appended."""
        return Entry(self.kind != RevisionKind.RESCINDED, self.new_status)


def settle(*, entry: Entry | None, outcome: Outcome) -> Change | None:
    """Return the row that makes the ledger agree with an outcome; None when it does.

    A breach is never deleted: evidence that arrives later appends a revision, and a breach found
    again after it was rescinded is reinstated.

    Args:
        entry: What the ledger says now; None without a breach.
        outcome: What the evidence says.
    """
    status = str(outcome.status)
    if entry is None:
        return Change(None, "", status) if outcome.breaches else None
    if not outcome.breaches:
        if not entry.stands:
            return None
        return Change(RevisionKind.RESCINDED, entry.status, status)
    if not entry.stands:
        return Change(RevisionKind.REINSTATED, entry.status, status)
    if entry.status == status:
        return None
    excused = status == ClockStatus.EXCUSED
    kind = RevisionKind.EXCUSED if excused else RevisionKind.RECLASSIFIED
    return Change(kind, entry.status, status)


def clamped(*, occurred_at: datetime, recorded_at: datetime) -> datetime:
    """Return the instant to store: up to two minutes ahead is skew and becomes `recorded_at`.

    Raises:
        ValueError: An instant is naive.
        FutureEvidenceError: `occurred_at` is more than two minutes after `recorded_at`.
    """
    if occurred_at.tzinfo is None or recorded_at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    if occurred_at > recorded_at + SKEW:
        raise FutureEvidenceError("the event lies more than two minutes in the future")
    return min(occurred_at, recorded_at)
