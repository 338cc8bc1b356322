"""Which signals won deals showed before sales accepted them, and the MQL rule they speak for.

Pure arithmetic on counts: `pipeline.selectors.signals` counts, this module judges. What it finds
are associations. A signal may stand for another one, and of many that are looked at some differ
by chance.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from definitions import criteria_json
from definitions.content import Disqualifier, MqlRule
from definitions.criteria import Acts, All, Compare, Not, Operator, leaf_text
from definitions.fields import REGISTRY
from revops.formats import SMALL_SAMPLE
from revops.intervals import Interval, ratio, wilson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from definitions.criteria import Node

CHANCE: Final = 0.05
"""Of so many comparisons this share differs at 95 % though nothing does."""
MOST_POINTS: Final = 25
RARE_LIFT: Final = 1 / 3
"""A signal this much rarer among the won may keep a lead out."""
KEPT_WON: Final = 0.8
"""A threshold that would have kept more than a fifth of the won deals away is not proposed."""


class Direction(StrEnum):
    """What a signal says."""

    MORE = "more"
    FEWER = "fewer"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A criterion that may be a signal.

    Attributes:
        group: The heading it stands under.
        label: What it asks, in words.
        tree: The criterion itself.
    """

    group: str
    label: str
    tree: Node


@dataclass(frozen=True, slots=True)
class Signal:
    """A candidate with its counts.

    Attributes:
        won: How many of the won showed it, and how many won there are.
        other: The same of those they are compared with.
        lift: The share among the won divided by the share among the others.
        lift_interval: Katz's interval of 95 %.
    """

    candidate: Candidate
    won: tuple[int, int]
    other: tuple[int, int]
    lift: float
    lift_interval: Interval

    @property
    def n(self) -> int:
        """How many leads showed it."""
        return self.won[0] + self.other[0]

    @property
    def is_small(self) -> bool:
        """Whether the counts are too small to say anything."""
        return min(self.n, self.won[1], self.other[1]) < SMALL_SAMPLE

    @property
    def direction(self) -> Direction:
        """What it says: nothing where the interval holds 1 or the sample is small."""
        if self.is_small:
            return Direction.UNCLEAR
        if self.lift_interval.low > 1:
            return Direction.MORE
        return Direction.FEWER if self.lift_interval.high < 1 else Direction.UNCLEAR

    @property
    def won_interval(self) -> Interval:
        """Wilson's interval of the share among the won."""
        return wilson(successes=self.won[0], n=self.won[1]) or Interval(0, 1)

    @property
    def other_interval(self) -> Interval:
        """Wilson's interval of the share among the others."""
        return wilson(successes=self.other[0], n=self.other[1]) or Interval(0, 1)

    @property
    def points(self) -> int:
        """Points it would be worth as a level of fit: eight for each doubling of the share."""
        return max(-MOST_POINTS, min(MOST_POINTS, round(8 * math.log2(self.lift))))


@dataclass(frozen=True, slots=True)
class Reach:
    """How many won and how many others had at least `threshold` points."""

    threshold: int
    won: int
    other: int


@dataclass(frozen=True, slots=True)
class Report:
    """What the signals of a span are.

    Attributes:
        won_n: Won deals whose lead is known.
        other_n: Leads they are compared with.
        signals: Those with an answer; findings first, small samples last.
        looked_at: How many candidates there were.
        fit: Reach of each threshold of the fit score.
        intent: Likewise of the intent score.
    """

    won_n: int
    other_n: int
    signals: tuple[Signal, ...]
    looked_at: int
    fit: tuple[Reach, ...] = ()
    intent: tuple[Reach, ...] = ()

    @property
    def by_chance(self) -> int:
        """How many signals one would expect to differ though nothing does."""
        return round(CHANCE * sum(not signal.is_small for signal in self.signals))

    @property
    def is_small(self) -> bool:
        """Whether one of the groups is too small for any conclusion."""
        return min(self.won_n, self.other_n) < SMALL_SAMPLE


_ORDER: Final = {Direction.MORE: 0, Direction.FEWER: 1, Direction.UNCLEAR: 2}


def signals_of(
    counts: Iterable[tuple[Candidate, int, int]], *, won_n: int, other_n: int
) -> tuple[Signal, ...]:
    """Return the signals in reading order; what nobody or everybody shows is left out.

    Args:
        counts: Each candidate with how many won and how many others show it.
        won_n: All won.
        other_n: All others.
    """
    found = []
    for candidate, won, other in counts:
        answer = ratio(one=(won, won_n), other=(other, other_n))
        # What everybody shows tells nobody apart.
        if answer is not None and won + other < won_n + other_n:
            lift, interval = answer
            found.append(Signal(candidate, (won, won_n), (other, other_n), lift, interval))
    return tuple(
        sorted(
            found,
            key=lambda one: (_ORDER[one.direction], one.is_small, -one.lift, one.candidate.label),
        )
    )


def propose_mql(report: Report, *, base: MqlRule) -> MqlRule:
    """Return a first MQL rule from the signals; where they say nothing, `base` stays.

    Thresholds are those that part the won from the others best (Youden's index, 1950) among the
    ones that keep four fifths of the won. An act by which people ask to be contacted stands in
    for intent where it is clearly more frequent among the won. What none of the won showed, and
    the others often, keeps a lead out.
    """
    fit = best_threshold(report.fit, report=report, otherwise=base.fit_threshold)
    intent = best_threshold(report.intent, report=report, otherwise=base.intent_threshold)
    raises = [*_acts(report, Direction.MORE, raising=True)]
    against = {*_acts(report, Direction.FEWER, raising=True)}
    bypass = [key for key in base.bypass_acts if key not in against]
    known = [entry.criteria for entry in base.disqualifiers]
    added = [
        Disqualifier(
            code=code_of(signal.candidate.label),
            label=signal.candidate.label[:120],
            criteria=criteria_json.to_json(signal.candidate.tree),
        )
        for signal in report.signals
        if _keeps_out(signal) and criteria_json.to_json(signal.candidate.tree) not in known
    ]
    codes = {entry.code for entry in base.disqualifiers}
    bands = tuple(
        band.model_copy(
            update={
                "minimum_fit": _moved(band.minimum_fit, base.fit_threshold, fit),
                "minimum_intent": _moved(band.minimum_intent, base.intent_threshold, intent),
            }
        )
        for band in base.bands
    )
    return base.model_copy(
        update={
            "fit_threshold": fit,
            "intent_threshold": intent,
            "bypass_acts": tuple(dict.fromkeys([*bypass, *raises])),
            "hand_raise_acts": tuple(dict.fromkeys([*base.hand_raise_acts, *raises])),
            "disqualifiers": (
                *base.disqualifiers,
                *(entry for entry in added if entry.code not in codes),
            ),
            "bands": bands,
        }
    )


def _moved(minimum: int, before: int, after: int) -> int:
    """Return a band's minimum after the threshold moved: it goes along, or stays beneath."""
    if minimum == before:
        return after
    return min(minimum, after) if minimum < before else max(minimum, after)


def best_threshold(reaches: Sequence[Reach], *, report: Report, otherwise: int) -> int:
    """Return the threshold that parts won from others best, or `otherwise` if none does."""
    if report.is_small:
        return otherwise
    kept = [reach for reach in reaches if reach.won >= KEPT_WON * report.won_n]
    best = max(
        kept,
        key=lambda one: (one.won / report.won_n - one.other / report.other_n, -one.threshold),
        default=None,
    )
    if best is None or best.won / report.won_n <= best.other / report.other_n:
        return otherwise
    return best.threshold


def code_of(label: str) -> str:
    """Return a code in the form the documents ask for."""
    plain = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:40].strip("_")
    return plain if plain[:1].isalpha() else f"signal_{plain}"[:40].strip("_")


def _acts(report: Report, direction: Direction, *, raising: bool) -> Iterable[str]:
    for signal in report.signals:
        tree = signal.candidate.tree
        if isinstance(tree, Acts) and len(tree.acts) == 1 and signal.direction is direction:
            (key,) = tree.acts
            is_plain = tree.at_least == 1 and tree.within_days is None and tree.at_most is None
            if is_plain and REGISTRY.acts[key].is_hand_raise == raising:
                yield key


def _keeps_out(signal: Signal) -> bool:
    """Whether none of the won showed it, and the others so often that it is no accident."""
    tree = signal.candidate.tree
    return (
        isinstance(tree, Compare)
        and tree.operator is Operator.EQUALS
        and tree.field not in {"channel", "source_group"}
        and signal.won[0] == 0
        and signal.direction is Direction.FEWER
        and signal.lift_interval.high < RARE_LIFT
    )


def reads_acts(tree: Node) -> bool:
    """Return whether the criterion asks what people did; such a one gives no points of fit."""
    match tree:
        case Acts():
            return True
        case Compare():
            return tree.field in {"fit_score", "intent_score"}
        case Not(child=child):
            return reads_acts(child)
        case _:
            return any(reads_acts(child) for child in tree.children)


def level_label(tree: Node) -> str:
    """Return a criterion as the name of a level: its comparisons in words."""
    match tree:
        case Compare() | Acts():
            return leaf_text(tree)
        case Not(child=Compare() | Acts() as denied):
            return leaf_text(denied, is_denied=True)
        case Not(child=child):
            return f"Not: {level_label(child)}"
        case _:
            word = " and " if isinstance(tree, All) else " or "
            return word.join(level_label(child) for child in tree.children)


def first_field(tree: Node) -> str:
    """Return the field of the first comparison; empty where none is made."""
    match tree:
        case Compare():
            return tree.field
        case Acts():
            return ""
        case Not(child=child):
            return first_field(child)
        case _:
            return next(filter(None, map(first_field, tree.children)), "")
