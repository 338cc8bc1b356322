"""What sales said when it turned leads down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.choices import Stage
from pipeline.models import LeadNote, Transition

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pipeline.models import Lead


@dataclass(frozen=True, kw_only=True)
class Said:
    """A reject in words: its reason, the note beside it, and who held the lead."""

    reason: str
    note: str
    rep: str
    at: datetime


def latest_reject(*, lead: Lead) -> Said | None:
    """Return the newest reject of `lead` that stands; two statements."""
    rows = Transition.objects.filter(
        round__lead=lead, to_stage=Stage.REJECTED, undone_by__isnull=True
    )
    newest = rows.order_by("-occurred_at", "-pk").values_list("pk", flat=True).first()
    return rejects_of([newest]).get(newest) if newest else None


def rejects_of(transition_ids: Collection[int]) -> dict[int, Said]:
    """Return what was said at each of these rejects; two statements."""
    rows = Transition.objects.filter(pk__in=transition_ids, to_stage=Stage.REJECTED)
    written = LeadNote.objects.filter(transition__in=transition_ids).order_by("pk")
    notes = dict(written.values_list("transition_id", "text"))
    return {
        row.pk: Said(
            reason=row.reason.label if row.reason else "",
            note=notes.get(row.pk, ""),
            rep=row.rep.name if row.rep else "",
            at=row.occurred_at,
        )
        for row in rows.select_related("reason", "rep")
    }
