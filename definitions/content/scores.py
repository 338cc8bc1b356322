"""The score model: fit points from attributes, intent points from acts."""

from __future__ import annotations

from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from definitions import criteria_json
from definitions.content.part import ActKey, Code, Criteria, Label, Part, Points, Prose, Score
from definitions.criteria import Node  # noqa: TC001 - pydantic reads the annotation

SCALE = 100


class FitLevel(Part):
    """Points for one range or set of values; the criteria name the attribute."""

    label: Label
    when: Criteria
    points: Points

    @cached_property
    def tree(self) -> Node:
        """The criteria, parsed."""
        return criteria_json.parse(self.when)


class FitAttribute(Part):
    """One attribute: the first level that holds gives the points, none gives 0."""

    code: Code
    label: Label
    levels: tuple[FitLevel, ...] = Field(min_length=1, max_length=20)

    @property
    def most(self) -> int:
        """The most points the attribute can give."""
        return max(0, *(level.points for level in self.levels))


class IntentAct(Part):
    """Points each time the act happens, up to its cap, inside the cap of its group."""

    act: ActKey
    label: Label
    group: Code
    points: Points
    cap_points: Score


class IntentGroup(Part):
    """Acts that are alike and share a cap."""

    code: Code
    label: Label
    cap_points: Score


class ScoreModel(Part):
    """The whole document.

    Fit is the sum over `fit`, clipped to 0-100, without decay. Intent is the sum over the groups
    of the acts' points, each act and then each group clipped to its cap, the sum to 0-100. With
    `half_life_days` an act's points halve every so many days of age; None is off.
    """

    purpose: Prose
    fit: tuple[FitAttribute, ...] = Field(min_length=1, max_length=40)
    intent_groups: tuple[IntentGroup, ...] = Field(min_length=1, max_length=20)
    intent: tuple[IntentAct, ...] = Field(min_length=1, max_length=60)
    half_life_days: int | None = Field(default=None, ge=1, le=730)
    review: Prose

    @model_validator(mode="after")
    def _groups_exist(self) -> Self:
        groups = {group.code for group in self.intent_groups}
        for act in self.intent:
            if act.group not in groups:
                raise ValueError(f"{act.label} belongs to no group called {act.group!r}")
        acts = [act.act for act in self.intent]
        if len(acts) != len(set(acts)):
            raise ValueError("an act is listed twice")
        return self

    @property
    def most_fit(self) -> int:
        """The highest fit score anybody can reach."""
        return min(SCALE, sum(attribute.most for attribute in self.fit))

    @property
    def most_intent(self) -> int:
        """The highest intent score anybody can reach."""
        reach = 0
        for group in self.intent_groups:
            caps = sum(
                act.cap_points for act in self.intent if act.group == group.code and act.points > 0
            )
            reach += min(group.cap_points, caps)
        return min(SCALE, reach)
