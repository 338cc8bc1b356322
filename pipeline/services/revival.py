"""Take imported rounds and leads out of every count, and bring them back.

Both ways are compensating rows: an undone import voids the rounds it began, and importing the
rows again takes that voiding back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.choices import Origin, Stage
from pipeline.models import Lead, Transition
from pipeline.services.moves import move_rounds
from pipeline.services.rows import Move
from pipeline.services.undo import undo_moves

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

UNDONE: Final = "import_undone"
"""The code of the reason in the list of void reasons."""


def void_rounds(*, lead_ids: Collection[int], actor: str, at: datetime) -> None:
    """Void the latest round of each lead, because the import that began it is undone."""
    move_rounds(
        moves=[
            Move(lead_id=lead_id, to=Stage.VOID, reason=UNDONE) for lead_id in sorted(lead_ids)
        ],
        actor=actor,
        origin=Origin.JOB,
        at=at,
    )


def revive_rounds(*, lead_ids: Collection[int], actor: str, at: datetime) -> None:
    """Take back the voiding of rounds of an undone import; they stand where they stood."""
    if not lead_ids:
        return
    voidings = Transition.objects.filter(
        round__lead__in=lead_ids,
        to_stage=Stage.VOID,
        reason__code=UNDONE,
        undone_by__isnull=True,
        undoes__isnull=True,
    )
    ids = list(voidings.values_list("pk", flat=True))
    if ids:
        undo_moves(transition_ids=ids, actor=actor, at=at)


def revive_leads(*, lead_ids: Collection[int], actor: str, at: datetime) -> None:
    """Bring back leads whose import was undone, with their rounds."""
    if not lead_ids:
        return
    Lead.objects.filter(pk__in=lead_ids).update(voided_at=None, changed_at=at)
    revive_rounds(lead_ids=lead_ids, actor=actor, at=at)
