"""Deals as the API takes them in and gives them out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from pipeline.fact_rows import OpportunityIn
from pipeline.rows import SystemName
from pipeline.serializers.common import DEFAULT_SYSTEM, RepOut, rep_out
from pipeline.serializers.words import REASON_SAID, OpportunityAt, OutcomeOut
from pipeline.words import address_of
from revops.rest.pagination import PageQuery
from revops.rest.schema import Out
from revops.rest.strict import Instant, Key, Line, Row, one_of

if TYPE_CHECKING:
    from decimal import Decimal

    from pipeline.models import Opportunity


class OpportunityBody(OpportunityIn):
    """A deal, known by its source system and id."""

    source_system: SystemName = DEFAULT_SYSTEM


class OpportunityQuery(PageQuery):
    """Filters of the deals."""

    source_system: SystemName | None = None
    external_id: Key | None = None
    lead_external_id: Key | None = None
    outcome: Annotated[str, BeforeValidator(one_of(["open", "won", "lost"]))] | None = None


class DealTransitionBody(Row):
    """What happened to a deal; a lost one needs a reason of the list in use."""

    to: Annotated[
        str,
        BeforeValidator(one_of(["accepted", "won", "lost"])),
        Field(
            description=f"accepted {address_of('opportunity')}, won {address_of('closed_won')}, "
            f"lost {address_of('closed_lost')}."
        ),
    ]
    occurred_at: Instant | None = None
    reason: Annotated[Line, Field(description=REASON_SAID)] = ""
    competitor: Line = ""


class MoneyOut(Out):
    """An amount as text, so that no cent is lost, with its currency."""

    amount: str
    currency: str


class OpportunityOut(Out):
    """A deal as stored."""

    id: int
    source_system: str
    external_id: str
    lead_external_id: str | None
    name: str
    account: str | None
    amount: MoneyOut | None
    accepted_amount: MoneyOut | None
    stage: str
    outcome: OutcomeOut
    created_at: datetime | None
    accepted_at: OpportunityAt
    closed_at: datetime | None
    lost_reason: str | None
    competitor: str
    source_group: str
    sdr: RepOut | None
    rep: RepOut | None
    attributes: dict[str, Any]
    quality_flags: list[str]


class OpportunityPage(Out):
    """A page of deals."""

    data: list[OpportunityOut]
    next: str | None


def money(amount: Decimal | None, *, currency: str) -> MoneyOut | None:
    """Return an amount, None where none is recorded."""
    return None if amount is None else MoneyOut(amount=f"{amount:.2f}", currency=currency)


def opportunity_out(deal: Opportunity) -> OpportunityOut:
    """Return a deal as the API shows one."""
    return OpportunityOut(
        id=deal.pk,
        source_system=deal.source_system,
        external_id=deal.external_id,
        lead_external_id=None if deal.lead is None else deal.lead.external_id,
        name=deal.name,
        account=None if deal.company is None else deal.company.name,
        amount=money(deal.amount, currency=deal.currency),
        accepted_amount=money(deal.accepted_amount, currency=deal.currency),
        stage=deal.stage,
        outcome=deal.outcome,
        created_at=deal.created_at,
        accepted_at=deal.accepted_at,
        closed_at=deal.closed_at,
        lost_reason=None if deal.lost_reason is None else deal.lost_reason.code,
        competitor=deal.competitor,
        source_group=deal.source_group,
        sdr=rep_out(deal.sdr),
        rep=rep_out(deal.rep),
        attributes=deal.attributes,
        quality_flags=deal.quality_flags,
    )
