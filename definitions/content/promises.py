"""The service level agreement: what each side promises, in which time, to be kept how often."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from definitions.choices import ClockKind, Unit
from definitions.content.part import Code, Label, Line, Part, Prose, Rate
from revops.people.choices import Side


class Commitment(Part):
    """One promise of one side.

    Attributes:
        sentence: The promise as people read it; `{amount}`, `{unit}` and `{count}` are filled in.
        allowance_amount: How much time; None for the monthly volume and for what is judged once
            at handoff.
        count: Attempts asked for, or MQLs per month; None where nothing is counted or agreed.
        includes_first: Whether the first contact is one of the attempts.
        collapse_minutes: Attempts on one channel closer than this to the last counted one are one.
        target_rate: The share of clocks that should be kept.
        warning_share: The share of the allowance after which the owner is warned.
        hand_raisers_only: The promise covers only people who asked to be contacted.
        follows_territory: The time counts in the hours of the holder's territory where it has its
            own calendar, not in the company's.
        is_active: Whether it is promised at all; an inactive one is shown as not agreed.
    """

    position: int = Field(ge=0, le=99)
    kind: ClockKind
    side: Side
    title: Label
    sentence: Line
    starts: Line
    stops: Line
    allowance_amount: int | None = Field(default=None, ge=1, le=10_000)
    unit: Unit
    count: int | None = Field(default=None, ge=1, le=1_000_000)
    includes_first: bool = False
    collapse_minutes: int | None = Field(default=None, ge=0, le=1440)
    target_rate: Rate = Decimal("0.90")
    warning_share: Rate = Decimal("0.75")
    hand_raisers_only: bool = False
    follows_territory: bool = False
    is_active: bool = True

    @model_validator(mode="after")
    def _amount_fits_kind(self) -> Self:
        counted = self.kind is ClockKind.MQL_VOLUME
        if counted != (self.unit is Unit.PER_MONTH):
            raise ValueError("only the monthly volume is counted per month")
        judged_once = self.kind in {ClockKind.MINIMUM_FIT, ClockKind.CONTEXT}
        if judged_once != (self.unit is Unit.AT_HANDOFF):
            raise ValueError("only minimum fit and handoff context are judged at handoff")
        if (counted or judged_once) == (self.allowance_amount is not None):
            raise ValueError("a promise of time needs an allowance, any other has none")
        if self.kind is ClockKind.ATTEMPTS and self.count is None:
            raise ValueError("the number of attempts is missing")
        return self

    @property
    def text(self) -> str:
        """The sentence with its blanks filled in."""
        amount = "" if self.allowance_amount is None else str(self.allowance_amount)
        unit = self.unit.label
        if self.allowance_amount == 1:
            unit = unit.removesuffix("s")
        count = "an agreed number of" if self.count is None else str(self.count)
        blanks = {"{amount}": amount, "{unit}": unit, "{count}": count}
        text = self.sentence
        for blank, word in blanks.items():
            text = text.replace(blank, word)
        return text


class LadderStep(Part):
    """Who hears about a clock, and when, in business time of the allowance."""

    label: Label
    share: Rate
    plus_business_days: int = Field(default=0, ge=0, le=20)
    notify: tuple[Literal["owner", "manager", "revops"], ...] = Field(min_length=1)


class PauseReason(Part):
    """The only reasons for which a clock may stand still, each with a cap."""

    code: Code
    label: Label
    meaning: Line
    needs_date: bool = False
    cap_business_days: int = Field(ge=1, le=60)


class ContextItem(Part):
    """What the rep must see at assignment without a click."""

    code: Code
    label: Label
    channels: tuple[Code, ...] = Field(default=(), description="empty = every channel")


class Sla(Part):
    """The whole document; the minimum fit is the definition's and is shown, never restated."""

    purpose: Prose
    commitments: dict[Code, Commitment] = Field(min_length=1, max_length=40)
    minimum_fit: Literal["definitions.mql.fit_threshold"] = "definitions.mql.fit_threshold"
    calendar: Label
    coverage: Prose
    pauses: tuple[PauseReason, ...] = Field(max_length=20)
    ladder: tuple[LadderStep, ...] = Field(max_length=9)
    handoff_context: tuple[ContextItem, ...] = Field(max_length=20)
    measures: tuple[Line, ...] = Field(max_length=20)
    misses_before_revision: int = Field(default=3, ge=1, le=12, description="months in a row")
    review: Prose

    def ordered_commitments(self, *, side: Side | None = None) -> list[tuple[str, Commitment]]:
        """Return the commitments, of one side if asked, with their keys in reading order."""
        pairs = sorted(self.commitments.items(), key=lambda pair: (pair[1].position, pair[0]))
        return [pair for pair in pairs if side is None or pair[1].side is side]
