"""The pipeline contribution agreement of one quarter."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from definitions.content.part import Code, Label, Line, Money, Part, Prose, Rate

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

# Three calendar months are between 90 (with February) and 92 days long.
QUARTER_DAYS = range(89, 94)


class SourcedRule(StrEnum):
    """Which touch of the primary contact decides where a deal came from."""

    FIRST_TOUCH = "first_touch"
    LEAD_SOURCE = "lead_source"
    LAST_TOUCH = "last_touch"


class Quarter(Part):
    """The quarter, half-open in the organisation's zone."""

    label: Label
    starts_on: date
    ends_on: date

    @model_validator(mode="after")
    def _is_a_quarter(self) -> Self:
        if (self.ends_on - self.starts_on) // timedelta(days=1) not in QUARTER_DAYS:
            raise ValueError("a quarter is three months long; ends_on is the day after it")
        return self


class TargetSplit(Part):
    """The part of the target one segment or channel carries."""

    segment: Label | None = None
    channel: Label | None = None
    amount: Money


class Target(Part):
    """Marketing's primary number: sourced pipeline sales accepted; None = not agreed yet."""

    amount: Money | None = None
    currency: Currency | None = None
    split: tuple[TargetSplit, ...] = Field(default=(), max_length=100)
    lead_count: int | None = Field(default=None, ge=0, le=10_000_000)
    pipeline_per_rep_amount: Money | None = None
    revenue_goal_amount: Money | None = None
    conflict_rule: Line = "Where the two targets pull apart, optimise pipeline, not leads."

    @model_validator(mode="after")
    def _amounts_have_a_currency(self) -> Self:
        amounts = (self.amount, self.pipeline_per_rep_amount, self.revenue_goal_amount)
        if any(amount is not None for amount in amounts) and self.currency is None:
            raise ValueError("an amount needs a currency")
        return self


class Attribution(Part):
    """How "sourced" and "influenced" are told; fixed before the quarter, locked after."""

    sourced_rule: SourcedRule = SourcedRule.FIRST_TOUCH
    sourced_window_days: int = Field(default=180, ge=1, le=730)
    sourced_text: Prose
    influenced_lookback_days: int = Field(default=0, ge=0, le=90)
    influenced_text: Prose


class SourceGroup(Part):
    """A group of channels; a channel belongs to exactly one."""

    code: Code
    label: Label
    is_marketing: bool = False
    channels: tuple[Label, ...] = Field(default=(), max_length=100)


class ConversionBand(Part):
    """Bands of MQL to SQL in mature cohorts, with what to say outside them."""

    segment: Label | None = None
    red_below: Rate = Decimal("0.20")
    amber_below: Rate = Decimal("0.25")
    green_to: Rate = Decimal("0.50")
    low_text: Line
    high_text: Line

    @model_validator(mode="after")
    def _bands_are_ordered(self) -> Self:
        if not self.red_below <= self.amber_below < self.green_to:
            raise ValueError("the bands overlap")
        return self


class StageTarget(Part):
    """The conversion agreed between two stages; None = not agreed."""

    from_stage: Code
    to_stage: Code
    rate: Rate | None = None


class Diagnosis(Part):
    """How the joint number is read, as a question to the process and never about a person."""

    low_share: Rate = Decimal("0.80")
    win_rate_threshold: Rate | None = None
    sales_question: Line
    demand_question: Line
    healthy_text: Line


class Contribution(Part):
    """The whole document; quarter None is the provisional content of any quarter."""

    purpose: Prose
    quarter: Quarter | None = None
    target: Target
    stage_targets: tuple[StageTarget, ...] = Field(default=(), max_length=20)
    attribution: Attribution
    source_groups: tuple[SourceGroup, ...] = Field(min_length=1, max_length=20)
    mql_to_sql_bands: tuple[ConversionBand, ...] = Field(min_length=1, max_length=20)
    exchange_rates: dict[Currency, Annotated[Decimal, Field(gt=0, max_digits=18)]] = Field(
        default_factory=dict, description="units of the target's currency for one unit of the key"
    )
    roster_note: Prose
    diagnosis: Diagnosis
    rejection_warning_rate: Rate = Decimal("0.40")
    review: Prose

    @model_validator(mode="after")
    def _channels_have_one_group(self) -> Self:
        channels = [name.lower() for group in self.source_groups for name in group.channels]
        twice = {name for name in channels if channels.count(name) > 1}
        if twice:
            raise ValueError(f"in more than one group: {', '.join(sorted(twice))}")
        return self

    def group_of(self, *, channel: str) -> SourceGroup | None:
        """Return the group `channel` belongs to, in any case; None when the map lacks it."""
        wanted = channel.strip().lower()
        for group in self.source_groups:
            if any(name.lower() == wanted for name in group.channels):
                return group
        return None
