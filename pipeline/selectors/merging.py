"""Which leads may be one person, and whether they may become one lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from pipeline import stages
from pipeline.choices import Stage
from pipeline.models import Activity, Lead, Touch
from pipeline.selectors.persons import person_of
from revops import formats

if TYPE_CHECKING:
    from pipeline.selectors.persons import Person
    from revops.people.models import User
    from revops.people.selectors import Viewer

CANDIDATES = 6
_ORDER = (Stage.NURTURE, *stages.PATH)


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of two leads, as the preview shows it."""

    lead: Lead
    person: Person
    facts: list[dict[str, str]]


def objection_to_merge(*, lead: Lead, into: Lead) -> str:
    """Return why `lead` may not be merged into `into`; empty when it may.

    Only an open round joins another: what was decided stays the history of the lead it was
    decided on. The lead that is further on survives, so that no stage is lost.
    """
    here, there = Stage(lead.stage), Stage(into.stage)
    counts_not = Stage.VOID in {here, there} or lead.voided_at or into.voided_at
    is_ahead = {here, there} <= set(_ORDER) and _ORDER.index(here) > _ORDER.index(there)
    objections = (
        (lead.pk == into.pk, "A lead cannot be merged into itself."),
        (lead.merged_into_id, f"{lead} is merged into another lead already."),
        (into.merged_into_id, f"{into} is itself merged into another lead; choose that one."),
        (counts_not, "A lead that counts for nothing is merged with none."),
        (lead.is_test != into.is_test, "A test is merged with tests only."),
        (
            here not in _ORDER,
            f"{lead} is {stages.words(here)}; what was decided stays with it.",
        ),
        (
            here != Stage.NURTURE and there not in _ORDER,
            f"{into} is {stages.words(there)}; {lead} is still open.",
        ),
        (is_ahead, f"{lead} is further on than {into}. Merge the other way round."),
    )
    return next((words for holds, words in objections if holds), "")


def twins_of(*, lead: Lead, user: User) -> list[Lead]:
    """Return leads that may be the same person: the same mail, or the name in one company."""
    same = Q(pk__isnull=True)
    if lead.email:
        same |= Q(email__iexact=lead.email)
    if lead.last_name and lead.company_id:
        same |= Q(last_name__iexact=lead.last_name, company=lead.company_id)
    found = Lead.objects.visible_to(user).filter(same, merged_into__isnull=True)
    found = found.exclude(pk=lead.pk).exclude(stage=Stage.VOID).select_related("company")
    return list(found.order_by("-recorded_at", "-pk")[:CANDIDATES])


def side_of(*, lead: Lead, user: User, reader: Viewer) -> Side:
    """Return one lead of the preview; two statements."""
    person = person_of(lead=lead, reader=user)
    captured = lead.captured_at
    told = [
        ("Lead", f"{lead.pk}"),
        ("Company", lead.company.name if lead.company else ""),
        ("Mail", person.email),
        ("Title", person.title),
        ("Stage", str(lead.get_stage_display())),
        ("Owner", lead.owner.name if lead.owner else "Nobody yet"),
        ("Captured", formats.local(captured, zone=reader.zone) if captured else ""),
        ("Contacts", formats.count(Activity.objects.filter(lead=lead).count())),
        ("Touches", formats.count(Touch.objects.filter(lead=lead).count())),
        ("Id at source", f"{lead.source_system} {lead.external_id}"),
    ]
    return Side(
        lead=lead,
        person=person,
        facts=[{"term": term, "text": text} for term, text in told if text],
    )
