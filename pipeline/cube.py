"""The cube: leads grouped by the answers to every comparison a rule is made of.

Two leads with the same answers are told apart by no rule over the same comparisons. So leads are
read once; every other threshold, number of points, cap, or way of putting the comparisons
together is then arithmetic over the groups. A rule that asks something new needs another pass.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias

from definitions.criteria import (
    Acts,
    All,
    AnyOf,
    Compare,
    Not,
    Outcome,
    compare,
    leaf_text,
)
from pipeline.scoring import (
    SCALE,
    act_points,
    clip,
    first_level,
    intent_value,
    outcome_by,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from definitions.content.scores import IntentAct, ScoreModel
    from definitions.content.words import MqlRule
    from definitions.criteria import Node

SCORES: Final = frozenset({"fit_score", "intent_score"})
OUTCOMES: Final = {1: Outcome.PASS, 0: Outcome.FAIL, -1: Outcome.MISSING}
NOTHING: Final = -1
LEAST_COUNTED: Final = 3
SLACK: Final = 3
"""Acts are counted further than the caps ask, so that points may be lowered without a pass."""


class NeedsPassError(Exception):
    """The rule asks what the cube does not hold; the message names it."""


@dataclass(frozen=True, slots=True)
class Count:
    """How often an act happened, counted up to `most`."""

    act: str
    most: int


@dataclass(frozen=True, slots=True)
class Decayed:
    """How often an act counts when its weight halves every so many days."""

    act: str
    half_life_days: int


@dataclass(frozen=True, slots=True)
class Given:
    """A score that came with the lead and cannot be recounted."""

    score: str


Leaf: TypeAlias = Compare | Acts | Count | Decayed | Given
Answers: TypeAlias = tuple[float, ...]


@dataclass(frozen=True)
class Rule:
    """What decides whether a lead is an MQL: two documents' parts."""

    mql: MqlRule
    model: ScoreModel


@dataclass(frozen=True, slots=True)
class Signature:
    """The leads with the same answers, and what became of them.

    Attributes:
        answers: In the order of the cube's leaves: 1 holds, 0 does not, -1 is missing; a count;
            a weight; a given score or -1.
        size: How many leads.
        tally: Counts by what became of them, such as "accepted".
        won: Lead -> amounts won by currency, in the smallest unit.
        key: Where the stored signature is found.
    """

    answers: Answers
    size: int
    tally: Mapping[str, int] = field(default_factory=dict)
    won: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    key: int = 0


@dataclass(frozen=True, slots=True)
class Cube:
    """The signatures of the leads of a span."""

    leaves: tuple[Leaf, ...]
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of a signature, before its two thresholds.

    Attributes:
        stands_in: An act happened that stands in for the intent threshold.
        holds: The further criteria hold and no disqualifier does.
    """

    fit: int
    intent: int
    stands_in: bool
    holds: bool

    def qualifies(self, *, fit: int, intent: int) -> bool:
        """Return whether the leads are MQLs with these thresholds."""
        return self.holds and self.fit >= fit and (self.stands_in or self.intent >= intent)


def leaves_of(*rules: Rule) -> tuple[Leaf, ...]:
    """Return everything these rules ask of a lead, each once, in an order that stays."""
    found: dict[Leaf, None] = {}
    for rule in rules:
        for leaf in (*_fit_leaves(rule), *_rule_leaves(rule)):
            found[leaf] = None
    counted: dict[str, int] = {}
    for rule in rules:
        for act in rule.model.intent:
            if rule.model.half_life_days is not None:
                found[Decayed(act.act, rule.model.half_life_days)] = None
                continue
            most = min(SCALE, max(LEAST_COUNTED, SLACK * counts_needed(act)))
            counted[act.act] = max(counted.get(act.act, 0), most)
    counts = [Count(act, most) for act, most in counted.items()]
    return (*found, *counts, Given("fit"), Given("intent"))


def counts_needed(act: IntentAct) -> int:
    """Return after how many times more of the act gives no more points."""
    return 0 if act.points == 0 else -(-act.cap_points // abs(act.points))


def _fit_leaves(rule: Rule) -> Iterator[Compare]:
    """Yield the comparisons of fit levels; scores and acts are not known while fit is scored."""
    for attribute in rule.model.fit:
        for level in attribute.levels:
            yield from (leaf for leaf in _leaves(level.tree) if isinstance(leaf, Compare))


def _rule_leaves(rule: Rule) -> Iterator[Compare | Acts]:
    for tree in (*_also(rule), *(one.tree for one in rule.mql.disqualifiers)):
        yield from _leaves(tree)
    for key in rule.mql.bypass_acts:
        yield Acts(acts=(key,))


def _also(rule: Rule) -> tuple[Node, ...]:
    """Return the criteria beside the two thresholds, which come first in the rule's tree."""
    tree = rule.mql.tree
    return tree.children[2:] if isinstance(tree, All) else ()


def _leaves(tree: Node) -> Iterator[Compare | Acts]:
    match tree:
        case All(children=children) | AnyOf(children=children):
            for child in children:
                yield from _leaves(child)
        case Not(child=child):
            yield from _leaves(child)
        case Compare(field=field) if field in SCORES:
            return
        case Compare() | Acts():
            yield tree


def judged(*, cube: Cube, rule: Rule) -> list[Verdict]:
    """Return what `rule` says of each signature, in their order.

    The score of fit, that of intent and the criteria beside them look at different answers, so
    each distinct part is judged once and looked up afterwards.

    Raises:
        NeedsPassError: The rule has a comparison, a half-life or a cap the cube does not hold.
    """
    judge = _Judge(cube.leaves, rule)
    return [judge(signature.answers) for signature in cube.signatures]


class _Judge:
    """Judges signatures by one rule; what it has judged it remembers."""

    def __init__(self, leaves: Sequence[Leaf], rule: Rule) -> None:
        self.rule = rule
        self.place = {leaf: index for index, leaf in enumerate(leaves)}
        self.counts = {leaf.act: leaf for leaf in leaves if isinstance(leaf, Count)}
        self.intent_places = [self._intent_place(act) for act in rule.model.intent]
        given = [self.place[Given("fit")], self.place[Given("intent")]]
        self.fit_key = self._key([*self._places(_fit_leaves(rule)), given[0]])
        self.intent_key = self._key([*self.intent_places, given[1]])
        self.rest_key = self._key(self._places(_rule_leaves(rule)))
        self.fits: dict[object, int] = {}
        self.intents: dict[object, int] = {}
        self.rests: dict[object, tuple[bool, bool]] = {}
        self.reads_scores = any(
            leaf.field in SCORES
            for tree in (*_also(rule), *(one.tree for one in rule.mql.disqualifiers))
            for leaf in _all_compares(tree)
        )

    @staticmethod
    def _key(places: Sequence[int]) -> Callable[[Answers], object]:
        return itemgetter(*places) if places else lambda _: ()

    def _places(self, leaves: Iterator[Compare] | Iterator[Compare | Acts]) -> list[int]:
        places = []
        for leaf in leaves:
            if leaf not in self.place:
                raise NeedsPassError(f"No pass has asked yet: {leaf_text(leaf)}.")
            places.append(self.place[leaf])
        return places

    def _intent_place(self, act: IntentAct) -> int:
        half_life = self.rule.model.half_life_days
        if half_life is not None:
            leaf: Leaf = Decayed(act.act, half_life)
            if leaf not in self.place:
                raise NeedsPassError(f"No pass has weighed {act.label} by {half_life} days.")
            return self.place[leaf]
        counted = self.counts.get(act.act)
        if counted is None:
            raise NeedsPassError(f"No pass has counted {act.label}.")
        if counts_needed(act) > counted.most:
            raise NeedsPassError(f"{act.label} was counted up to {counted.most} times only.")
        return self.place[counted]

    def __call__(self, answers: Answers) -> Verdict:
        fit_key, intent_key = self.fit_key(answers), self.intent_key(answers)
        fit = self.fits.get(fit_key)
        if fit is None:
            fit = self.fits[fit_key] = self._fit(answers)
        intent = self.intents.get(intent_key)
        if intent is None:
            intent = self.intents[intent_key] = self._intent(answers)
        scores = (fit, intent) if self.reads_scores else ()
        rest_key = (self.rest_key(answers), scores)
        rest = self.rests.get(rest_key)
        if rest is None:
            rest = self.rests[rest_key] = self._rest(answers, fit=fit, intent=intent)
        return Verdict(fit, intent, *rest)

    def _fit(self, answers: Answers) -> int:
        given = int(answers[self.place[Given("fit")]])
        if given != NOTHING:
            return given

        def judge(leaf: Compare | Acts) -> Outcome:
            if isinstance(leaf, Acts):
                return Outcome.MISSING
            if leaf.field in SCORES:
                return compare(leaf, None)
            return OUTCOMES[int(answers[self.place[leaf]])]

        points = 0
        for attribute in self.rule.model.fit:
            level = first_level(attribute.levels, lambda tree: outcome_by(tree, judge))
            points += 0 if level is None else level.points
        return clip(points)

    def _intent(self, answers: Answers) -> int:
        given = int(answers[self.place[Given("intent")]])
        if given != NOTHING:
            return given
        model = self.rule.model
        points = {
            act.act: act_points(act, float(answers[place]))
            for act, place in zip(model.intent, self.intent_places, strict=True)
        }
        return intent_value(model=model, points=points)

    def _rest(self, answers: Answers, *, fit: int, intent: int) -> tuple[bool, bool]:
        scores = {"fit_score": fit, "intent_score": intent}

        def judge(leaf: Compare | Acts) -> Outcome:
            if isinstance(leaf, Compare) and leaf.field in SCORES:
                return compare(leaf, scores[leaf.field])
            return OUTCOMES[int(answers[self.place[leaf]])]

        def passes(tree: Node) -> bool:
            return outcome_by(tree, judge) is Outcome.PASS

        mql = self.rule.mql
        stands_in = any(passes(Acts(acts=(key,))) for key in mql.bypass_acts)
        is_out = any(passes(one.tree) for one in mql.disqualifiers)
        return stands_in, not is_out and all(passes(tree) for tree in _also(self.rule))


def _all_compares(tree: Node) -> Iterator[Compare]:
    match tree:
        case All(children=children) | AnyOf(children=children):
            for child in children:
                yield from _all_compares(child)
        case Not(child=child):
            yield from _all_compares(child)
        case Compare():
            yield tree
        case Acts():
            return
