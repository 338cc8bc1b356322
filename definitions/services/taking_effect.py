"""What happens at the instant a signed version begins to hold: people hear of it, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from definitions.models import Activation
from definitions.services.base import journal, lock_documents, raise_epoch
from revops.audit.models import AuditEntry
from revops.outbox.services import Notice, announce
from revops.people.models import User

if TYPE_CHECKING:
    from datetime import datetime

ACT = "came_into_force"
ACTOR = "system:announce_in_force"


@transaction.atomic
def announce_in_force(*, at: datetime) -> int:
    """Tell everybody of each version that was signed for a later day, when that day has come.

    A periodic service. That a version holds follows from its activation, whenever this runs;
    here it is journaled once, and every process is told to read the schedule again. Of several
    versions of a document that came while nothing ran, only the one that holds is announced.

    Returns:
        How many versions came into force since the last run; a second run finds none.
    """
    lock_documents()
    begun = list(
        Activation.objects.filter(
            is_signed=True, effective_from__lte=at, effective_from__gt=F("activated_at")
        )
        .exclude(withdrawal__withdrawn_at__lte=F("effective_from"))
        .select_related("version")
        .defer("version__content", "version__canonical_text")
        .order_by("effective_from", "id")
    )
    known = set(
        AuditEntry.objects.filter(
            act=ACT, subject__in=[f"version:{row.version_id}" for row in begun]
        ).values_list("subject", flat=True)
    )
    fresh = [row for row in begun if f"version:{row.version_id}" not in known]
    for row in fresh:
        journal(act=ACT, version=row.version, actor=ACTOR, at=at)
    if fresh:
        announce(notices=[_notice(row) for row in _holding(fresh, at=at)], at=at)
        raise_epoch()
    return len(fresh)


def _holding(rows: list[Activation], *, at: datetime) -> list[Activation]:
    """Return those of `rows` that hold at `at`: neither withdrawn nor replaced."""
    newest = {
        row.kind: row.pk
        for row in Activation.objects.filter(effective_from__lte=at)
        .exclude(withdrawal__withdrawn_at__lte=at)
        .order_by("effective_from", "id")
    }
    return [row for row in rows if newest.get(row.kind) == row.pk]


def _notice(activation: Activation) -> Notice:
    everybody = User.objects.filter(is_active=True).order_by("pk")
    return Notice(
        key=f"in_force:{activation.pk}",
        kind="definition.in_force",
        payload={
            "version": activation.version_id,
            "to": list(everybody.values_list("pk", flat=True)),
        },
    )
