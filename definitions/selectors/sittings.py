"""Who edited a clause: the saves of one sitting as one line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from definitions.models import Clause

SITTING = timedelta(minutes=10)
SHOWN = 8
READ = 100


@dataclass(frozen=True, slots=True)
class Sitting:
    """Edits of one person with pauses of at most ten minutes; `first` to `last` revision."""

    by: str
    first: int
    last: int
    began_at: datetime
    ended_at: datetime

    @property
    def revisions(self) -> str:
        """The revisions in words."""
        several = f"Revisions {self.first} to {self.last}"
        return several if self.last > self.first else f"Revision {self.first}"


def sittings(*, clause: Clause) -> list[Sitting]:
    """Return the last sittings over a clause, the newest first; one statement.

    Each save has its own row, for the history is append-only and loses no text (ADR 0029). Only
    what was saved as the person paused is drawn together; a save by hand stands for itself.
    """
    rows = (
        clause.history.order_by("-history_date", "-history_id").values_list(
            "history_user__name", "revision", "history_date", "history_change_reason"
        )
    )[:READ]
    found: list[Sitting] = []
    is_open = False
    for name, revision, at, reason in rows:
        last = found[-1] if found else None
        if is_open and reason and last and last.by == name and last.began_at - at <= SITTING:
            found[-1] = replace(last, first=revision, began_at=at)
        elif len(found) == SHOWN:
            break
        else:
            found.append(Sitting(name or "", revision, revision, at, at))
        is_open = bool(reason)
    return found
