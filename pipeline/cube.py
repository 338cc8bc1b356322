"""The cube: leads grouped by the answers to every comparison a rule is made of.

Two leads with the same answers are told apart by no rule over the same comparisons. So leads are
read once; every other threshold, number of points, cap, or way of putting the comparisons
together is then arithmetic over the groups. A rule that asks something new needs another pass.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

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
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

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


KEPT: Final = 6
T = TypeVar("T")
Leaf: TypeAlias = Compare | Acts | Count | Decayed | Given
Answers: TypeAlias = tuple[float, ...]


@dataclass(frozen=True)
class Rule:
    """What decides whether a lead is an MQL: two documents' parts."""

    mql: MqlRule
    model: ScoreModel

    @property
    def asked(self) -> tuple[str, str]:
        """What tells the verdicts of two rules apart: all but the thresholds."""
        beside = {"fit_threshold", "intent_threshold", "bands", "hand_raise_acts"}
        model = self.model.model_dump_json(exclude={"purpose", "review"})
        return self.mql.model_dump_json(exclude=beside), model


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
class Part:
    """Signatures told apart by some of their answers only.

    Attributes:
        examples: The answers of one signature for each distinct part.
        which: For each signature the index of its part.
    """

    examples: list[Answers]
    which: list[int]


@dataclass(frozen=True)
class Cube:
    """The signatures of the leads of a span; what was found out about them is kept."""

    leaves: tuple[Leaf, ...]
    signatures: tuple[Signature, ...]
    _parts: dict[tuple[int, ...], Part] = field(default_factory=dict, repr=False, compare=False)
    _kept: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def kept(self, key: Hashable, find: Callable[[], T]) -> T:
        """Return what `find` found before under `key`; only the latest few are kept."""
        found: T | None = self._kept.get(key)
        if found is None:
            found = find()
            # Threads share a cube; a copy of the keys cannot change beneath us.
            for old in list(self._kept)[: 1 - KEPT]:
                self._kept.pop(old, None)
            self._kept[key] = found
        return found

    def part(self, places: tuple[int, ...]) -> Part:
        """Return the distinct answers to the leaves at `places`, and which each signature has."""
        part = self._parts.get(places)
        if part is None:
            part = self._parts[places] = self._part(places)
        return part

    def _part(self, places: tuple[int, ...]) -> Part:
        key = itemgetter(*places) if places else lambda _: ()
        numbers: dict[object, int] = {}
        examples: list[Answers] = []
        which = []
        for signature in self.signatures:
            number = numbers.setdefault(key(signature.answers), len(examples))
            if number == len(examples):
                examples.append(signature.answers)
            which.append(number)
        return Part(examples, which)


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
    """Return what `rule` says of each signature, in their order; thresholds do not matter here.

    The score of fit, that of intent and the criteria beside them look at different answers, so
    each distinct part is judged once and looked up afterwards.

    Raises:
        NeedsPassError: The rule has a comparison, a half-life or a cap the cube does not hold.
    """
    return cube.kept(("verdicts", rule.asked), lambda: _verdicts(cube, rule))


def _verdicts(cube: Cube, rule: Rule) -> list[Verdict]:
    judge = _Judge(cube.leaves, rule)
    fit, intent = cube.part(judge.fit_places), cube.part(judge.given_intent_places)
    rest = cube.part(judge.rest_places)
    fits = [judge.fit(answers) for answers in fit.examples]
    intents = [judge.intent(answers) for answers in intent.examples]
    rests: dict[tuple[int, ...], tuple[bool, bool]] = {}
    known: dict[tuple[int, int, int], Verdict] = {}
    verdicts = []
    for f, i, r in zip(fit.which, intent.which, rest.which, strict=True):
        key = (fits[f], intents[i], r)
        verdict = known.get(key)
        if verdict is None:
            asked = key if judge.reads_scores else (r,)
            if asked not in rests:
                rests[asked] = judge.rest(rest.examples[r], fit=key[0], intent=key[1])
            verdict = known[key] = Verdict(key[0], key[1], *rests[asked])
        verdicts.append(verdict)
    return verdicts


class _Judge:
    """Judges answers by one rule."""

    def __init__(self, leaves: Sequence[Leaf], rule: Rule) -> None:
        self.rule = rule
        self.place = {leaf: index for index, leaf in enumerate(leaves)}
        self.counts = {leaf.act: leaf for leaf in leaves if isinstance(leaf, Count)}
        self.intent_places = tuple(self._intent_place(act) for act in rule.model.intent)
        self.fit_places = (*self._places(_fit_leaves(rule)), self.place[Given("fit")])
        self.given_intent_places = (*self.intent_places, self.place[Given("intent")])
        self.rest_places = self._places(_rule_leaves(rule))
        trees = (*_also(rule), *(one.tree for one in rule.mql.disqualifiers))
        self.reads_scores = any(_reads_scores(tree) for tree in trees)

    def _places(self, leaves: Iterator[Compare] | Iterator[Compare | Acts]) -> tuple[int, ...]:
        places = []
        for leaf in leaves:
            if leaf not in self.place:
                raise NeedsPassError(f"No pass has asked yet: {leaf_text(leaf)}.")
            places.append(self.place[leaf])
        return tuple(places)

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

    def fit(self, answers: Answers) -> int:
        """Return the fit score."""
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

    def intent(self, answers: Answers) -> int:
        """Return the intent score."""
        given = int(answers[self.place[Given("intent")]])
        if given != NOTHING:
            return given
        model = self.rule.model
        points = {
            act.act: act_points(act, float(answers[place]))
            for act, place in zip(model.intent, self.intent_places, strict=True)
        }
        return intent_value(model=model, points=points)

    def rest(self, answers: Answers, *, fit: int, intent: int) -> tuple[bool, bool]:
        """Return whether an act stands in for intent, and whether all else holds."""
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


def _reads_scores(tree: Node) -> bool:
    match tree:
        case All(children=children) | AnyOf(children=children):
            return any(_reads_scores(child) for child in children)
        case Not(child=child):
            return _reads_scores(child)
        case Compare():
            return tree.field in SCORES
        case Acts():
            return False
