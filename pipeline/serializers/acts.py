"""Acts and decisions as the API takes them in, and what became of them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pipeline.fact_rows import ActivityIn, TouchIn
from pipeline.rows import SystemName
from pipeline.serializers.common import DEFAULT_SYSTEM, MAX_ROWS, RepOut
from pipeline.serializers.words import REASON_SAID, STAGE_SAID, StageOut
from revops.rest.schema import Out
from revops.rest.strict import Day, Instant, Key, Line, Row, Story, one_of

MOVES = ("working", "accepted", "rejected", "recycled", "disqualified", "sql", "opportunity")


class TouchBatchIn(Row):
    """Up to 1,000 marketing acts of known leads."""

    source_system: SystemName = DEFAULT_SYSTEM
    touches: list[Any] = Field(
        max_length=MAX_ROWS, json_schema_extra={"items": TouchIn.model_json_schema()}
    )


class ActivityBatchIn(Row):
    """Up to 1,000 sales attempts on known leads."""

    source_system: SystemName = DEFAULT_SYSTEM
    activities: list[Any] = Field(
        max_length=MAX_ROWS, json_schema_extra={"items": ActivityIn.model_json_schema()}
    )


class TransitionBody(Row):
    """A decision on a lead; a reject needs a reason of the list in use."""

    to: Annotated[str, BeforeValidator(one_of(MOVES)), Field(description=STAGE_SAID)]
    occurred_at: Instant | None = None
    reason: Annotated[Line, Field(description=REASON_SAID)] = ""
    note: Story = ""
    checklist: dict[str, bool] = Field(default_factory=dict, max_length=50)
    recycle_on: Day | None = None
    rep_external_id: Key | None = None


class TransitionAnswer(Out):
    """The stored decision."""

    lead_id: int
    stage: StageOut
    transition_id: int | None
    status: str


class AssignmentBody(Row):
    """Who gets the lead; without a rep the next in turn."""

    rep_external_id: Key | None = None


class AssignmentAnswer(Out):
    """Who got the lead, and why."""

    lead_id: int
    stage: StageOut
    assignment_id: int | None
    rep: RepOut | None
    why: dict[str, Any]
    status: str
