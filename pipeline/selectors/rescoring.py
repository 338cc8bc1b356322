"""How far scoring everybody again has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pipeline.models import Rescoring

if TYPE_CHECKING:
    from datetime import datetime

SHOWN_FOR: Final = timedelta(days=1)
"""How long a page still tells that the work is done."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The newest work, as pages show it.

    Attributes:
        done_count: Leads scored so far.
        total_count: Leads that are to be scored.
        qualified_count: Of them, those that became MQL.
        is_over: Whether nothing more will happen.
    """

    done_count: int
    total_count: int
    qualified_count: int
    is_over: bool


def rescoring_progress(*, at: datetime) -> Progress | None:
    """Return how the newest work stands, or None where none is worth telling of."""
    work = Rescoring.objects.order_by("-requested_at", "-id").first()
    if work is None or (work.finished_at is not None and work.finished_at < at - SHOWN_FOR):
        return None
    return Progress(
        done_count=work.done_count,
        total_count=work.total_count or 0,
        qualified_count=work.qualified_count,
        is_over=work.is_over,
    )
