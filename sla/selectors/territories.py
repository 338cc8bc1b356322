"""Which hours a person's team works in, where it has hours of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sla.models import Territory

if TYPE_CHECKING:
    from collections.abc import Collection


def calendars_of_reps(rep_ids: Collection[int]) -> dict[int, int]:
    """Return the territory's calendar of each rep whose team has a territory; one statement."""
    if not rep_ids:
        return {}
    pairs = Territory.objects.filter(team__reps__in=rep_ids)
    return dict(pairs.values_list("team__reps", "calendar"))
