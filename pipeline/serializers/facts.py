"""Pauses, feedback, merges and voids as the API takes them in, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pipeline.choices import FeedbackAnswer
from pipeline.rows import SystemName
from pipeline.serializers.common import DEFAULT_SYSTEM
from revops.rest.schema import Out
from revops.rest.strict import Day, Instant, Key, Row, Story, Whole, one_of
from sla.choices import PauseReason


class PauseBody(Row):
    """Why the promises on a lead stand still; a reason about time needs `until`."""

    reason: Annotated[str, BeforeValidator(one_of(PauseReason.values))]
    until: Day | None = None
    note: Story = ""
    occurred_at: Instant | None = None
    external_id: Key | None = None


class ResumeBody(Row):
    """The promises go on."""

    note: Story = ""
    occurred_at: Instant | None = None
    external_id: Key | None = None


class FeedbackBody(Row):
    """What marketing should know of a lead."""

    note: Annotated[Story, Field(min_length=1)]
    occurred_at: Instant | None = None
    external_id: Key | None = None


class AnswerBody(Row):
    """What marketing does about it; without `items` it answers all that was said."""

    answer: Annotated[str, BeforeValidator(one_of(FeedbackAnswer.values))]
    items: list[Whole] = Field(default_factory=list, max_length=100)
    note: Story = ""


class MergeBody(Row):
    """The id of the lead that stays."""

    into: Annotated[int, Field(ge=1, le=2**63 - 1)]
    occurred_at: Instant | None = None


class MergeAnswer(Out):
    """Which lead went into which."""

    lead_id: int
    merged_into: int
    url: str


class VoidBody(Row):
    """An attempt counts no longer, named as its source knows it."""

    source_system: SystemName = DEFAULT_SYSTEM
    external_id: Key


class VoidAnswer(Out):
    """`voided`; `unchanged` when it was before; `waiting` while the attempt has not arrived."""

    activity_id: int | None
    status: Literal["voided", "unchanged", "waiting"]


class FactAnswer(Out):
    """The stored fact; `status` says whether it was new."""

    id: int
    lead_id: int
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    status: str
