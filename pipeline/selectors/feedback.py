"""What sales said when it turned leads down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.choices import Stage
from pipeline.models import LeadNote, Transition
from pipeline.selectors.clocks import line_of, terms_in_use
from sla.choices import ClockKind
from sla.models import Clock

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pipeline.models import Lead
    from pipeline.selectors.clocks import ClockLine
    from revops.people.selectors import Viewer


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


def answer_clock(*, lead: Lead, reader: Viewer, at: datetime) -> ClockLine | None:
    """Return marketing's clock on the newest feedback about `lead`; two statements."""
    clocks = Clock.objects.of_teams().filter(lead=lead, kind=ClockKind.MARKETING_FEEDBACK)
    newest = clocks.select_related("commitment").order_by("-started_at", "-pk").first()
    if newest is None:
        return None
    return line_of(clock=newest, terms=terms_in_use(), reader=reader, at=at)


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
