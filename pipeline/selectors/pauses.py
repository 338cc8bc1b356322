"""Leads whose promises stand still, for those who have to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count

from pipeline.models import Lead, LeadNote
from pipeline.selectors.persons import Person, person_of
from sla.choices import EvidenceKind
from sla.models import Evidence
from sla.selectors.pauses import Standstill, standstill_of, standstills

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from revops.people.models import User


@dataclass(frozen=True, kw_only=True)
class PausedRow:
    """A paused lead of the list; `count` is how often it was paused so far."""

    lead: Lead
    person: Person
    owner: str
    pause: Standstill
    note: str
    count: int


@dataclass(frozen=True, kw_only=True)
class PauseShown:
    """The pause of a lead as its page shows it."""

    pause: Standstill
    note: str


def paused_leads(*, user: User, at: datetime) -> list[PausedRow]:
    """Return the paused leads the user may see, the longest pause first; four statements."""
    standing = {stop.lead_id: stop for stop in standstills(at=at)}
    leads = (
        Lead.objects.visible_to(user)
        .filter(pk__in=standing, merged_into__isnull=True, is_test=False)
        .select_related("company", "owner")
    )
    shown = {lead.pk: lead for lead in leads}
    notes = _notes(shown)
    told = Evidence.objects.filter(lead__in=shown, kind=EvidenceKind.PAUSED)
    counts = dict(told.values_list("lead").annotate(count=Count("pk")).order_by("lead"))
    return [
        PausedRow(
            lead=shown[lead_id],
            person=person_of(lead=shown[lead_id], reader=user),
            owner=_owner(shown[lead_id]),
            pause=stop,
            note=notes.get(lead_id, ""),
            count=counts.get(lead_id, 0),
        )
        for lead_id, stop in standing.items()
        if lead_id in shown
    ]


def _owner(lead: Lead) -> str:
    return lead.owner.name if lead.owner else ""


def paused_count(*, user: User, at: datetime) -> int:
    """Return how many leads the user may see are paused; two statements."""
    standing = [stop.lead_id for stop in standstills(at=at)]
    leads = Lead.objects.visible_to(user).filter(pk__in=standing, is_test=False)
    return leads.filter(merged_into__isnull=True).count()


def pause_shown(*, lead: Lead, sees_notes: bool, at: datetime) -> PauseShown | None:
    """Return the pause of a lead with what was written beside it; two statements."""
    stop = standstill_of(lead_id=lead.pk, at=at)
    if stop is None:
        return None
    note = _notes([lead.pk]).get(lead.pk, "") if sees_notes else ""
    return PauseShown(pause=stop, note=note)


def _notes(lead_ids: Collection[int]) -> dict[int, str]:
    """Return what was written beside the newest pause of each lead; one statement."""
    written = LeadNote.objects.filter(
        lead__in=lead_ids, evidence__kind=EvidenceKind.PAUSED
    ).order_by("written_at", "pk")
    return dict(written.values_list("lead_id", "text"))
