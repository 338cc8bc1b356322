"""Lists of leads and deals, narrowed and paged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import Q, Value
from django.db.models.functions import Concat

from pipeline.choices import Outcome, Stage
from pipeline.models import Lead, Opportunity
from pipeline.selectors.persons import Person, person_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.paginator import Page

    from pipeline.models.deals import OpportunityQuerySet
    from revops.people.models import User

PAGE_SIZE = 50
TONES = {
    Stage.WON: "good",
    Stage.LOST: "bad",
    Stage.REJECTED: "bad",
    Stage.DISQUALIFIED: "bad",
    Stage.RECYCLED: "warn",
    Stage.SQL: "accent",
    Stage.OPPORTUNITY: "accent",
    Stage.ACCEPTED: "accent",
}


@dataclass(frozen=True, kw_only=True)
class LeadRow:
    """One lead of the list."""

    lead: Lead
    person: Person
    stage: str
    tone: str


@dataclass(frozen=True, kw_only=True)
class LeadList:
    """One page of leads."""

    rows: list[LeadRow]
    page: Page[Lead]


def leads(*, user: User, filters: Mapping[str, Any], page: str | None) -> LeadList:
    """Return the leads the user may see; four statements, whatever their number.

    The newest come first. Who may not see names can search companies and ids only.
    """
    found = Lead.objects.visible_to(user).filter(merged_into__isnull=True)
    words = (filters.get("q") or "").strip()
    if words:
        found = found.alias(full=Concat("first_name", Value(" "), "last_name")).filter(
            _matches(words, sees_names=user.has_perm("pipeline.view_personal"))
        )
    if filters.get("stage"):
        found = found.filter(stage=filters["stage"])
    if filters.get("channel"):
        found = found.filter(channel=filters["channel"])
    found = found.select_related("company", "channel", "owner").order_by("-recorded_at", "-pk")
    shown = Paginator(found, PAGE_SIZE).get_page(page)
    rows = [
        LeadRow(
            lead=lead,
            person=person_of(lead=lead, reader=user),
            stage=str(Stage(lead.stage).label),
            tone=TONES.get(Stage(lead.stage), ""),
        )
        for lead in shown.object_list
    ]
    return LeadList(rows=rows, page=shown)


def _matches(words: str, *, sees_names: bool) -> Q:
    found = Q(company__name__icontains=words) | Q(external_id__iexact=words)
    if sees_names:
        found |= Q(full__icontains=words) | Q(email__iexact=words)
    return found


def deals(*, user: User, filters: Mapping[str, Any], page: str | None) -> Page[Opportunity]:
    """Return the deals the user may see, those decided soonest first; two statements."""
    found = _of_state(Opportunity.objects.visible_to(user), state=filters.get("state") or "")
    words = (filters.get("q") or "").strip()
    if words:
        found = found.filter(
            Q(name__icontains=words)
            | Q(company__name__icontains=words)
            | Q(external_id__iexact=words)
        )
    found = found.select_related("company", "rep", "lost_reason").order_by(
        "-closed_at", "expected_close_on", "-recorded_at", "-pk"
    )
    return Paginator(found, PAGE_SIZE).get_page(page)


def _of_state(found: OpportunityQuerySet, *, state: str) -> OpportunityQuerySet:
    if state == "waiting":
        return found.filter(accepted_at__isnull=True, outcome="")
    if state in Outcome.values:
        return found.filter(outcome=state)
    return found if state == "all" else found.filter(outcome="", accepted_at__isnull=False)
