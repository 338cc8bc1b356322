"""One deal with what it is worth, who brought it and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.choices import DealChange, QualityFlag, SourceGroup
from pipeline.models import OpportunityChange
from pipeline.selectors.actors import names_of
from pipeline.selectors.lead import Fact
from pipeline.selectors.persons import person_of
from pipeline.selectors.timeline import Moment
from revops import formats

if TYPE_CHECKING:
    from pipeline.models import Opportunity
    from revops.people.models import User

_LOOKS = {
    DealChange.CREATED: ("plus", ""),
    DealChange.ACCEPTED: ("check", "accent"),
    DealChange.RETURNED: ("undo-2", "warn"),
    DealChange.WON: ("trophy", "good"),
    DealChange.LOST: ("x", "bad"),
}
_RULES = {
    "first_touch": "First touch before sales",
    "lead_source": "Source of the lead",
    "last_touch": "Last touch",
    "own_channel": "Channel of the deal",
}


@dataclass(frozen=True, kw_only=True)
class DealPage:
    """Everything the page of a deal shows."""

    facts: list[Fact]
    attribution: list[Fact]
    moments: list[Moment]
    flags: list[str]
    state: str
    tone: str


def deal_page(*, deal: Opportunity, user: User) -> DealPage:
    """Return what the page of `deal` shows; four statements."""
    changes = list(
        OpportunityChange.objects.filter(opportunity=deal)
        .select_related("reason")
        .order_by("-occurred_at", "-pk")
    )
    names = names_of(change.actor for change in changes)
    moments = [_of_change(change, names=names) for change in changes]
    state, tone = state_of(deal)
    return DealPage(
        facts=_facts(deal, user=user),
        attribution=_attribution(deal),
        moments=moments,
        flags=[str(QualityFlag(flag).label) for flag in deal.quality_flags],
        state=state,
        tone=tone,
    )


def state_of(deal: Opportunity) -> tuple[str, str]:
    """Return how the deal stands, and its tone."""
    if deal.outcome:
        return str(deal.get_outcome_display()), "good" if deal.outcome == "won" else "bad"
    if deal.accepted_at is not None:
        return deal.stage or "Open", "accent"
    return ("Returned", "warn") if deal.returned_at else ("Waits for sales", "warn")


def _of_change(change: OpportunityChange, *, names: dict[str, str]) -> Moment:
    icon, tone = _LOOKS.get(DealChange(change.kind), ("circle-dot", ""))
    title = str(change.get_kind_display())
    if change.reason is not None:
        title = f"{title}: {change.reason.label}"
    body = ""
    if change.old_value or change.new_value:
        body = f"{change.old_value or 'nothing'} to {change.new_value or 'nothing'}"
    return Moment(
        at=change.occurred_at,
        icon=icon,
        tone=tone,
        title=title,
        who=names.get(change.actor, change.actor),
        body=body,
    )


def _facts(deal: Opportunity, *, user: User) -> list[Fact]:
    lead = deal.lead
    told = [
        Fact(term="Company", text=deal.company.name if deal.company else "No account recorded"),
        Fact(term="Closes it", text=deal.rep.name if deal.rep else "Nobody yet"),
    ]
    if deal.sdr is not None and deal.sdr_id != deal.rep_id:
        told.append(Fact(term="Developed it", text=deal.sdr.name))
    if lead is not None:
        name = person_of(lead=lead, reader=user).name
        told.append(Fact(term="Contact", text=name, href=lead.get_absolute_url()))
    if deal.expected_close_on is not None and not deal.outcome:
        told.append(Fact(term="Expected close", text=f"{deal.expected_close_on:%d %b %Y}"))
    if deal.next_step:
        told.append(Fact(term="Next step", text=deal.next_step))
    if deal.accepted_amount is not None and deal.accepted_amount != deal.amount:
        amount = formats.money(deal.accepted_amount, currency=deal.currency or "USD")
        told.append(Fact(term="When accepted", text=amount))
    if deal.lost_reason is not None:
        told.append(Fact(term="Lost because", text=deal.lost_reason.label))
    if deal.competitor:
        told.append(Fact(term="Competitor", text=deal.competitor))
    if deal.segment:
        told.append(Fact(term="Segment", text=deal.segment))
    told.append(Fact(term="Id at source", text=f"{deal.source_system} {deal.external_id}"))
    return told


def _attribution(deal: Opportunity) -> list[Fact]:
    """Return who brought the deal by the rule, and what the other rules would say."""
    stored = deal.attribution
    told = [Fact(term="Sourced by", text=_group(deal.source_group))]
    rule = str(stored.get("rule", ""))
    if rule:
        told.append(Fact(term="Rule", text=_RULES.get(rule, rule)))
    if stored.get("channel"):
        told.append(Fact(term="Channel", text=str(stored["channel"]).replace("_", " ")))
    for name, group in sorted(stored.get("alternatives", {}).items()):
        told.append(Fact(term=f"{_RULES.get(name, name)} says", text=_group(group)))
    return told


def _group(group: str) -> str:
    return str(SourceGroup(group).label) if group in SourceGroup.values else "Not recorded"
