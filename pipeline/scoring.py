"""Fit and intent: two scores from 0 to 100, each with the parts it was added up from.

Fit comes from attributes and does not age. Intent comes from acts, each kind capped, each group of
kinds capped again, and halved every so many days where the model asks for it. Both can be
computed for any past instant and any version of the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from definitions.criteria import (
    Acts,
    All,
    AnyOf,
    Compare,
    Facts,
    Not,
    Outcome,
    compare,
    known,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from definitions.content.scores import FitLevel, IntentAct, ScoreModel
    from definitions.criteria import FactValue, Node

SCALE: Final = 100
_DAY: Final = timedelta(days=1)
_NO_INSTANT: Final = datetime(2000, 1, 1, tzinfo=UTC)
# Kleene's logic: the first of these among the children's outcomes is the parent's.
_ALL_ORDER: Final = (Outcome.FAIL, Outcome.MISSING, Outcome.PASS)
_ANY_ORDER: Final = (Outcome.PASS, Outcome.MISSING, Outcome.FAIL)
_OPPOSITE: Final = {
    Outcome.PASS: Outcome.FAIL,
    Outcome.FAIL: Outcome.PASS,
    Outcome.MISSING: Outcome.MISSING,
}


@dataclass(frozen=True, slots=True)
class ScorePart:
    """What one attribute or one kind of act gave; `why` is the level or the count in words."""

    code: str
    label: str
    points: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """A score from 0 to 100 and what it was added up from."""

    value: int
    parts: tuple[ScorePart, ...] = ()
    is_given: bool = False

    def to_json(self) -> dict[str, object]:
        """Return the snapshot stored with a decision."""
        return {
            "value": self.value,
            "is_given": self.is_given,
            "parts": [
                {"code": part.code, "label": part.label, "points": part.points, "why": part.why}
                for part in self.parts
            ],
        }


def given(value: int) -> Score:
    """Return a score that came with the lead and cannot be recounted here."""
    return Score(value=value, is_given=True)


def outcome_of(tree: Node, facts: Facts) -> Outcome:
    """Judge `facts` by `tree` as `definitions.criteria.evaluate` does, without the explanation."""

    def judge(leaf: Compare | Acts) -> Outcome:
        if isinstance(leaf, Acts):
            return _count_outcome(leaf, facts.count(acts=leaf.acts, within_days=leaf.within_days))
        return compare(leaf, known(facts.values.get(leaf.field)))

    return outcome_by(tree, judge)


def outcome_by(tree: Node, judge: Callable[[Compare | Acts], Outcome]) -> Outcome:
    """Return the outcome of `tree` whose comparisons `judge` answers."""
    match tree:
        case Compare() | Acts():
            return judge(tree)
        case Not(child=child):
            return _OPPOSITE[outcome_by(child, judge)]
        case All(children=children):
            outcomes = {outcome_by(child, judge) for child in children}
            return next(each for each in _ALL_ORDER if each in outcomes)
        case AnyOf(children=children):
            outcomes = {outcome_by(child, judge) for child in children}
            return next(each for each in _ANY_ORDER if each in outcomes)


def _count_outcome(node: Acts, count: int | None) -> Outcome:
    if count is None:
        return Outcome.MISSING
    holds = count >= node.at_least and (node.at_most is None or count <= node.at_most)
    return Outcome.PASS if holds else Outcome.FAIL


def fit_score(*, model: ScoreModel, attributes: Mapping[str, FactValue]) -> Score:
    """Return the fit of a lead with these attributes.

    Args:
        model: The score model; the first level of an attribute that holds gives its points.
        attributes: Field key -> value, as in the registry of `definitions.fields`.
    """
    facts = Facts(values=attributes, at=_NO_INSTANT, acts=None)
    parts = []
    for attribute in model.fit:
        level = first_level(attribute.levels, lambda tree: outcome_of(tree, facts))
        points = 0 if level is None else level.points
        why = "" if level is None else level.label
        parts.append(ScorePart(attribute.code, attribute.label, points, why))
    return Score(value=clip(sum(part.points for part in parts)), parts=tuple(parts))


def first_level(levels: Sequence[FitLevel], outcome: Callable[[Node], Outcome]) -> FitLevel | None:
    """Return the first level whose criteria hold by `outcome`, or None."""
    return next((level for level in levels if outcome(level.tree) is Outcome.PASS), None)


def intent_score(
    *, model: ScoreModel, acts: Sequence[tuple[str, datetime]], at: datetime
) -> Score:
    """Return the intent shown until `at`.

    Args:
        model: The score model with its caps and its half-life.
        acts: (act key, aware instant) in any order; later ones than `at` do not exist yet.
        at: The instant of the judgement, aware.
    """
    ages: dict[str, list[timedelta]] = {}
    for kind, occurred_at in acts:
        if occurred_at <= at:
            ages.setdefault(kind, []).append(at - occurred_at)
    points: dict[str, float] = {}
    parts = []
    for act in model.intent:
        points[act.act] = act_points(act, weight(ages.get(act.act, ()), model.half_life_days))
        if act.act in ages:
            why = f"{len(ages[act.act])} times" if len(ages[act.act]) > 1 else "once"
            parts.append(ScorePart(act.act, act.label, _whole(points[act.act]), why))
    return Score(value=intent_value(model=model, points=points), parts=tuple(parts))


def weight(ages: Sequence[timedelta], half_life_days: int | None) -> float:
    """Return how often an act counts: each time once, or less the longer it is ago."""
    if half_life_days is None:
        return float(len(ages))
    return float(sum(0.5 ** (age / (_DAY * half_life_days)) for age in ages))


def act_points(act: IntentAct, weight: float) -> float:
    """Return the points of an act that counts `weight` times, inside its cap."""
    return max(-act.cap_points, min(act.cap_points, act.points * weight))


def intent_value(*, model: ScoreModel, points: Mapping[str, float]) -> int:
    """Return the score of acts that gave these points, each group inside its cap."""
    groups: dict[str, float] = {}
    for act in model.intent:
        groups[act.group] = groups.get(act.group, 0.0) + points[act.act]
    total = 0.0
    for group in model.intent_groups:
        found = groups.get(group.code, 0.0)
        total += max(-group.cap_points, min(group.cap_points, found))
    return clip(_whole(total))


def _whole(points: float) -> int:
    """Round half away from zero, after what binary fractions leave over is cut off."""
    exact = round(points, 9)
    return int(exact + 0.5) if exact >= 0 else -int(0.5 - exact)


def clip(points: int) -> int:
    """Return `points` inside the scale."""
    return max(0, min(SCALE, points))
