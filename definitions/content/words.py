"""The definitions document: terms, the MQL rule, reasons, and who may move what."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any, Self

from pydantic import Field, model_validator

from definitions import criteria_json
from definitions.choices import Purpose
from definitions.content.part import (
    ActKey,
    Code,
    Criteria,
    Label,
    Line,
    MoveKey,
    Part,
    Prose,
    Rate,
    RequiredKey,
    Score,
)
from definitions.criteria import Acts, All, AnyOf, Compare, Node, Operator
from revops.people.choices import Role, Side


class Dimension(StrEnum):
    """What a term looks at."""

    BEHAVIOUR = "behaviour"
    FIT = "fit"
    BOTH = "both"


class Passage(StrEnum):
    """Whether a term is one step or a matter of degree."""

    GATE = "gate"
    GRADIENT = "gradient"


class EdgeCase(Part):
    """A case people argue about, with the ruling that ends the argument."""

    case: Line
    ruling: Line = ""


class Term(Part):
    """One word both teams use, as answers to fixed questions.

    Attributes:
        position: Where the term stands on the page.
        summary: What it means in one sentence.
        conditions: What has to be true.
        decided_by: The team that owns the decision.
        designated_by: The roles that may say so.
        disqualifies: What rules it out.
        dimension: Behavioural, firmographic or both; None where the question does not apply.
        passage: Gate or gradient; None where the question does not apply.
        human_contact: Whether a person must have spoken to them; None where it does not apply.
        qualified_means: What "qualified" means here.
        boundary: The line to its neighbour: when a contact becomes a deal, lost against stalled.
        required_fields: What must be filled in at the transition, in words.
        examples: Cases that qualify.
        edge_cases: Cases people argue about, with rulings.
    """

    position: int = Field(ge=0, le=99)
    name: Label
    long_name: Label
    summary: Line
    conditions: tuple[Line, ...] = Field(max_length=20)
    decided_by: Side
    designated_by: tuple[Role, ...]
    disqualifies: tuple[Line, ...] = Field(default=(), max_length=20)
    dimension: Dimension | None = None
    passage: Passage | None = None
    human_contact: bool | None = None
    qualified_means: Prose = ""
    boundary: Prose = ""
    required_fields: tuple[Label, ...] = Field(default=(), max_length=20)
    examples: tuple[Line, ...] = Field(default=(), max_length=20)
    edge_cases: tuple[EdgeCase, ...] = Field(default=(), max_length=40)


class Disqualifier(Part):
    """Something that keeps a lead out when it is known to be true; unknown does not."""

    code: Code
    label: Label
    criteria: Criteria

    @cached_property
    def tree(self) -> Node:
        """The criteria, parsed."""
        return criteria_json.parse(self.criteria)


class Band(Part):
    """A range of both scores with the action the teams agreed for it."""

    code: Code
    label: Label
    minimum_fit: Score
    minimum_intent: Score
    owner: Side
    action: Line


class MqlRule(Part):
    """When a lead is an MQL: fit and intent both, and no disqualifier.

    Attributes:
        bypass_acts: Acts that stand in for the intent threshold, never for fit; empty = none.
        hand_raise_acts: Acts by which a person asks to be contacted; they are sorted first.
        also: Further criteria that must hold, or None.
        bands: From the highest to the lowest; the first whose two minimums are reached applies.
    """

    fit_threshold: Score
    intent_threshold: Score
    bypass_acts: tuple[ActKey, ...] = Field(default=(), max_length=20)
    hand_raise_acts: tuple[ActKey, ...] = Field(default=(), max_length=20)
    also: Criteria | None = None
    disqualifiers: tuple[Disqualifier, ...] = Field(default=(), max_length=40)
    bands: tuple[Band, ...] = Field(min_length=1, max_length=9)

    @cached_property
    def tree(self) -> Node:
        """The whole rule as one tree; disqualifiers are judged apart (`Disqualifier.tree`)."""
        fit = Compare(field="fit_score", operator=Operator.AT_LEAST, value=self.fit_threshold)
        intent: Node = Compare(
            field="intent_score", operator=Operator.AT_LEAST, value=self.intent_threshold
        )
        if self.bypass_acts:
            intent = AnyOf((intent, *(Acts(acts=(key,)) for key in self.bypass_acts)))
        extra = () if self.also is None else (criteria_json.parse(self.also),)
        return All((fit, intent, *extra))

    def band(self, *, fit: int, intent: int) -> Band:
        """Return the first band whose minimums both scores reach; the last one takes the rest."""
        for band in self.bands:
            if fit >= band.minimum_fit and intent >= band.minimum_intent:
                return band
        return self.bands[-1]


class RecycleRule(Part):
    """What happens to a lead that goes back to marketing for this reason."""

    wait_days: int = Field(ge=0, le=730)
    owner: Side = Side.MARKETING
    re_entry: Line
    cool_down_days: int = Field(default=30, ge=0, le=365)
    bypass_acts: tuple[ActKey, ...] = ("demo_request",)
    maximum_rounds: int = Field(default=3, ge=1, le=12, description="in 12 months")
    same_rep: bool = True


class ReasonEntry(Part):
    """One entry of a reason list; retired entries stay listed and are never offered.

    Attributes:
        merged_into: The code of the reason that is given instead; facts keep what they name, and
            reports may count the two as one. A merged reason is retired.
    """

    code: Code
    label: Label
    meaning: Line
    example: Line = ""
    needs_note: bool = False
    needs_date: bool = False
    needs_competitor: bool = False
    minimum_attempts: int = Field(default=0, ge=0, le=20)
    recycle: RecycleRule | None = None
    history_only: bool = False
    is_retired: bool = False
    merged_into: Code | None = None

    @model_validator(mode="before")
    @classmethod
    def _merged_is_retired(cls, held: Any) -> Any:
        is_merged = isinstance(held, dict) and held.get("merged_into")
        return {**held, "is_retired": True} if is_merged else held


class ReasonList(Part):
    """The only reasons of one purpose; `other_warning_rate` flags too much "other"."""

    intro: Line = ""
    other_warning_rate: Rate = Decimal("0.15")
    entries: tuple[ReasonEntry, ...] = Field(min_length=1, max_length=40)

    @model_validator(mode="after")
    def _codes_are_unique(self) -> Self:
        codes = [entry.code for entry in self.entries]
        if len(codes) != len(set(codes)):
            raise ValueError("two reasons share a code")
        return self


class CheckItem(Part):
    """One line of a checklist a person ticks."""

    code: Code
    label: Label


class TransitionRule(Part):
    """Who may make a move and what it asks for.

    Attributes:
        to: The stage the lead moves to, or the act ("mql" is the manual designation).
        roles: Who may do it by hand; integrations need the scope for stages.
        required_fields: Keys that must be filled in before the move.
        checklist: What the person confirms; all of it.
        purpose: The reason list the move draws from, if it needs a reason.
    """

    to: MoveKey
    decided_by: Side
    roles: tuple[Role, ...] = Field(max_length=6)
    required_fields: tuple[RequiredKey, ...] = ()
    checklist: tuple[CheckItem, ...] = Field(default=(), max_length=20)
    purpose: Purpose | None = None
    note: Line = ""


class Definitions(Part):
    """The whole document."""

    purpose: Prose
    ideal_customer: Prose
    terms: dict[Code, Term] = Field(min_length=1, max_length=40)
    mql: MqlRule
    reasons: dict[Purpose, ReasonList]
    transitions: tuple[TransitionRule, ...] = Field(max_length=20)
    review: Prose

    @model_validator(mode="after")
    def _every_purpose_has_a_list(self) -> Self:
        absent = [purpose.label for purpose in Purpose if purpose not in self.reasons]
        if absent:
            raise ValueError(f"no reasons for {', '.join(map(str, absent))}")
        return self

    def ordered_terms(self) -> list[tuple[str, Term]]:
        """Return the terms with their codes, in reading order."""
        return sorted(self.terms.items(), key=lambda pair: (pair[1].position, pair[0]))

    def reason(self, *, purpose: Purpose, code: str) -> ReasonEntry | None:
        """Return one entry, or None if the list has none of that code."""
        entries = self.reasons[purpose].entries
        return next((entry for entry in entries if entry.code == code), None)

    def transition(self, *, to: str) -> TransitionRule | None:
        """Return the rule of the move to `to`, or None if none is agreed."""
        return next((rule for rule in self.transitions if rule.to == to), None)
