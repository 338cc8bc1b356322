"""Which leads a person holds, and which of them an absence moved to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import F

from pipeline.choices import Stage
from pipeline.models import Assignment, Lead

if TYPE_CHECKING:
    from pipeline.models.leads import LeadQuerySet
    from revops.people.models import Absence

HELD: Final = frozenset({Stage.ASSIGNED, Stage.ACCEPTED})
"""Stages in which promises of the person who holds the lead run."""


def held_leads(*, rep: int) -> LeadQuerySet:
    """Return the leads on which a person still owes an act, the oldest first."""
    return Lead.objects.kept().filter(owner=rep, stage__in=HELD).order_by("pk")


def leads_to_give_back(*, absence: Absence) -> dict[int, int]:
    """Return the holder by lead of what an absence handed over and is open with who took it over.

    One statement on the index of assignments that name an absence.
    """
    rows = Assignment.objects.filter(
        why__has_key="absence",
        why__absence=absence.pk,
        why__rule="handed_over",
        rep=F("round__rep"),
        round__lead__owner=F("rep"),
        round__lead__stage__in=HELD,
        round__lead__voided_at__isnull=True,
    ).order_by("round__lead_id")
    return {
        lead_id: rep_id
        for lead_id, rep_id in rows.values_list("round__lead_id", "rep_id")
        if rep_id is not None
    }
