"""Leads as the API takes them in and gives them out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pipeline.choices import Stage
from pipeline.rows import Group, LeadRow, SystemName
from pipeline.serializers.common import (
    DEFAULT_SYSTEM,
    MAX_ROWS,
    CompanyOut,
    RepOut,
    company_out,
    rep_out,
)
from pipeline.serializers.words import (
    STAGE_SAID,
    AcceptedAt,
    IsMql,
    MqlAt,
    OpportunityAt,
    RejectedAt,
    SqlAt,
    StageOut,
)
from revops.rest.pagination import PageQuery
from revops.rest.schema import Out
from revops.rest.strict import Instant, Key, Row, one_of

if TYPE_CHECKING:
    from pydantic.config import JsonDict

    from pipeline.models import Lead, Round


LEAD_ROW: JsonDict = {"type": "object", "description": "A lead as POST /leads/ takes it (LeadIn)."}


class LeadIn(LeadRow):
    """A lead; `external_id` may be absent where an Idempotency-Key is sent."""


class LeadAnswer(Out):
    """What became of a posted lead; ids and scores only, because it is kept for replays."""

    id: int
    source_system: str
    external_id: str
    stage: StageOut
    is_mql: IsMql
    fit_score: int | None
    intent_score: int | None
    source_group: str
    rep_id: int | None
    captured_at: datetime | None
    recorded_at: datetime
    url: str


class UpsertAnswer(Out):
    """What became of an upserted lead; `kept` names fields the handoff has fixed."""

    id: int
    source_system: str
    external_id: str
    status: Literal["created", "updated", "unchanged"]
    changed: bool
    stage: StageOut
    kept: list[str]
    url: str


class LeadBatchIn(Row):
    """Up to 1,000 leads; one bad row never sinks the others."""

    source_system: SystemName = DEFAULT_SYSTEM
    leads: list[Any] = Field(max_length=MAX_ROWS, json_schema_extra={"items": LEAD_ROW})


class LeadQuery(PageQuery):
    """Filters of the lead list."""

    source_system: SystemName | None = None
    external_id: Key | None = None
    stage: Annotated[
        Annotated[str, BeforeValidator(one_of(Stage.values))] | None, Field(description=STAGE_SAID)
    ] = None
    source_group: Group | None = None
    rep_external_id: Key | None = None
    captured_since: Instant | None = None
    captured_before: Instant | None = None
    changed_since: Instant | None = None


class RoundOut(Out):
    """One qualification of a lead."""

    number: int
    stage: StageOut
    designation: str
    fit_score: int | None
    intent_score: int | None
    mql_at: MqlAt
    assigned_at: datetime | None
    accepted_at: AcceptedAt
    rejected_at: RejectedAt
    sql_at: SqlAt
    opportunity_at: OpportunityAt
    definitions_version_id: int
    explanation: dict[str, Any]


class LeadOut(Out):
    """A lead as stored; personal fields are null for those who may not see them."""

    id: int
    source_system: str
    external_id: str
    url: str
    stage: StageOut
    is_mql: IsMql
    fit_score: int | None
    intent_score: int | None
    source_group: str
    channel: str | None
    campaign: str
    email: str | None
    first_name: str | None
    last_name: str | None
    title: str
    seniority: str
    company: CompanyOut | None
    rep: RepOut | None
    attributes: dict[str, Any] | None
    is_hand_raiser: bool
    captured_at: datetime | None
    recorded_at: datetime
    changed_at: datetime
    last_touch_at: datetime | None
    quality_flags: list[str]


class LeadDetail(LeadOut):
    """A lead with its rounds, each with the criteria it was judged by."""

    rounds: list[RoundOut]


class LeadPage(Out):
    """A page of leads."""

    data: list[LeadOut]
    next: str | None


class TimelineEntry(Out):
    """Something that happened to a lead."""

    at: datetime
    kind: Literal["captured", "touch", "activity", "transition", "assignment", "note"]
    id: int
    what: str
    actor: str = ""
    details: dict[str, Any] = Field(default_factory=dict)


class Timeline(Out):
    """Everything that happened to a lead, the newest first."""

    data: list[TimelineEntry]


def lead_url(lead_id: int) -> str:
    """Return the API's address of a lead."""
    return f"/api/v1/leads/{lead_id}/"


def lead_fields(lead: Lead, *, shows_personal: bool) -> dict[str, Any]:
    """Return the fields of a lead; personal ones are null unless `shows_personal`."""
    return {
        "id": lead.pk,
        "source_system": lead.source_system,
        "external_id": lead.external_id,
        "url": lead_url(lead.pk),
        "stage": lead.stage,
        "is_mql": lead.stage != Stage.NURTURE,
        "fit_score": lead.fit_score,
        "intent_score": lead.intent_score,
        "source_group": lead.source_group,
        "channel": None if lead.channel is None else lead.channel.name,
        "campaign": lead.campaign,
        "email": lead.email if shows_personal else None,
        "first_name": lead.first_name if shows_personal else None,
        "last_name": lead.last_name if shows_personal else None,
        "title": lead.title,
        "seniority": lead.seniority,
        "company": company_out(lead.company),
        "rep": rep_out(lead.owner),
        "attributes": lead.attributes if shows_personal else None,
        "is_hand_raiser": lead.is_hand_raiser,
        "captured_at": lead.captured_at,
        "recorded_at": lead.recorded_at,
        "changed_at": lead.changed_at,
        "last_touch_at": lead.last_touch_at,
        "quality_flags": lead.quality_flags,
    }


def round_out(current: Round) -> RoundOut:
    """Return a round as the API shows one."""
    names = RoundOut.model_fields
    return RoundOut(**{name: getattr(current, name) for name in names})
