"""Criteria judged with three values, and the explanation of a verdict."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from definitions.criteria.nodes import Acts, All, AnyOf, Compare, Node, Not, Operator, texts_of
from definitions.criteria.words import leaf_text, value_text
from definitions.fields import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from definitions.criteria.nodes import FactValue, Scalar
    from definitions.fields import Registry


class Outcome(StrEnum):
    """The answer of a node."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a lead at an instant.

    Attributes:
        values: Field key -> value; an absent key, None and an empty text mean "not known".
        acts: (act key, aware instant) pairs in any order; None when nothing records acts, which
            makes every count unknown instead of zero.
        at: The instant of the judgement; acts after it do not exist yet.
    """

    values: Mapping[str, FactValue]
    at: datetime
    acts: Sequence[tuple[str, datetime]] | None = ()

    def count(self, *, acts: tuple[str, ...], within_days: int | None) -> int | None:
        """Return how many of `acts` happened in the window ending at `at`; None if unknown."""
        if self.acts is None:
            return None
        since = None if within_days is None else self.at - timedelta(days=within_days)
        return sum(
            1
            for kind, when in self.acts
            if kind in acts and when <= self.at and (since is None or when > since)
        )


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict of one node and of every node beneath it."""

    outcome: Outcome
    path: str
    criterion: str
    value: str = ""
    children: tuple[Explanation, ...] = field(default=())

    @property
    def qualifies(self) -> bool:
        """Whether the node holds; unknown does not."""
        return self.outcome is Outcome.PASS

    @property
    def sentence(self) -> str:
        """The verdict in plain words: what is asked and what was found."""
        if self.children:
            words = {Outcome.PASS: "holds", Outcome.FAIL: "does not hold"}
            return f"{self.criterion}: {words.get(self.outcome, 'missing')}"
        found = self.value if self.outcome is not Outcome.MISSING else "missing"
        return f"{self.criterion}: {found}"

    def leaves(self) -> Iterator[Explanation]:
        """Yield the comparisons, from left to right."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def to_json(self) -> dict[str, object]:
        """Return the snapshot stored with a decision."""
        stored: dict[str, object] = {
            "outcome": self.outcome.value,
            "path": self.path,
            "criterion": self.criterion,
        }
        if self.children:
            stored["children"] = [child.to_json() for child in self.children]
        else:
            stored["value"] = self.value
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Explanation:
        """Return the explanation a snapshot holds."""
        children = stored.get("children", ())
        return cls(
            outcome=Outcome(str(stored["outcome"])),
            path=str(stored["path"]),
            criterion=str(stored["criterion"]),
            value=str(stored.get("value", "")),
            children=tuple(cls.from_json(child) for child in children),  # type: ignore[attr-defined]
        )


def fold_text(text: str) -> str:
    """Return the form in which texts are compared: composed, trimmed, lower case.

    The final sigma is written as the other one: which of them `lower` gives depends on where in
    the word it stands, and SQL does not look there.
    """
    return unicodedata.normalize("NFC", text).strip().lower().replace("\u03c2", "\u03c3")


def evaluate(tree: Node, facts: Facts, *, registry: Registry = REGISTRY) -> Explanation:
    """Judge `facts` by `tree`.

    Args:
        tree: A tree that `criteria_json.parse` accepted.
        facts: What is known at `facts.at`.
        registry: Where the words of fields and acts come from.

    Returns:
        One explanation per node, the root first. Logic is Kleene's: "all" fails if one child
        fails, else is missing if one is missing; "any" the other way round.
    """
    return _judge(tree, facts, registry, "")


def _judge(node: Node, facts: Facts, registry: Registry, path: str) -> Explanation:
    match node:
        case All(children=children) | AnyOf(children=children):
            key = "all" if isinstance(node, All) else "any"
            judged = tuple(
                _judge(child, facts, registry, f"{path}/{key}/{index}")
                for index, child in enumerate(children)
            )
            outcome = conjunction(judged) if isinstance(node, All) else disjunction(judged)
            words = "All of these" if isinstance(node, All) else "At least one of these"
            return Explanation(outcome, path or "/", words, children=judged)
        case Not(child=child):
            inner = _judge(child, facts, registry, f"{path}/not")
            words = "Not this"
            if isinstance(child, Compare | Acts):
                words = leaf_text(child, registry, is_denied=True)
            return Explanation(opposite(inner.outcome), path or "/", words, children=(inner,))
        case Acts():
            count = facts.count(acts=node.acts, within_days=node.within_days)
            found = "" if count is None else str(count)
            return Explanation(
                _count_outcome(node, count), path or "/", leaf_text(node, registry), found
            )
        case Compare():
            value = known(facts.values.get(node.field))
            outcome = compare(node, value)
            found = value_text(value, about=registry.fields[node.field])
            return Explanation(outcome, path or "/", leaf_text(node, registry), found)


def conjunction(judged: Sequence[Explanation]) -> Outcome:
    """Return the outcome of "all of these"."""
    outcomes = {child.outcome for child in judged}
    if Outcome.FAIL in outcomes:
        return Outcome.FAIL
    return Outcome.MISSING if Outcome.MISSING in outcomes else Outcome.PASS


def disjunction(judged: Sequence[Explanation]) -> Outcome:
    """Return the outcome of "at least one of these"."""
    outcomes = {child.outcome for child in judged}
    if Outcome.PASS in outcomes:
        return Outcome.PASS
    return Outcome.MISSING if Outcome.MISSING in outcomes else Outcome.FAIL


def opposite(outcome: Outcome) -> Outcome:
    """Return the outcome of "not"."""
    if outcome is Outcome.MISSING:
        return outcome
    return Outcome.FAIL if outcome is Outcome.PASS else Outcome.PASS


def known(value: FactValue) -> FactValue:
    """Return `value`, or None where it says nothing: blank text and an empty list."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, tuple | list):
        return tuple(value) or None
    return value


def compare(node: Compare, value: FactValue) -> Outcome:
    """Return the outcome of one comparison; a value of another type counts as missing."""
    if node.operator is Operator.IS_KNOWN:
        return Outcome.FAIL if value is None else Outcome.PASS
    if value is None:
        return Outcome.MISSING
    match node.operator:
        case Operator.AT_LEAST | Operator.AT_MOST:
            answer = _ordered(node, value)
        case Operator.CONTAINS:
            answer = _contains(texts_of(node.value), value)
        case _:
            answer = _equals(node.value, value)
    if answer is None:
        return Outcome.MISSING
    return Outcome.PASS if answer else Outcome.FAIL


def _ordered(node: Compare, value: FactValue) -> bool | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    limit = node.value
    if isinstance(limit, bool) or not isinstance(limit, int | Decimal):
        return None
    return value >= limit if node.operator is Operator.AT_LEAST else value <= limit


def _contains(wanted: tuple[str, ...], value: FactValue) -> bool | None:
    if isinstance(value, tuple | list):
        held = {fold_text(entry) for entry in value}
        return any(fold_text(text) in held for text in wanted)
    if isinstance(value, str):
        held_text = fold_text(value)
        return any(fold_text(text) in held_text for text in wanted)
    return None


def _equals(wanted: Scalar | tuple[str, ...] | None, value: FactValue) -> bool | None:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted if isinstance(value, bool) and isinstance(wanted, bool) else None
    if isinstance(value, str):
        return fold_text(value) in {fold_text(text) for text in texts_of(wanted)}
    if isinstance(value, int | Decimal) and isinstance(wanted, int | Decimal):
        return value == wanted
    return None


def _count_outcome(node: Acts, count: int | None) -> Outcome:
    if count is None:
        return Outcome.MISSING
    holds = count >= node.at_least and (node.at_most is None or count <= node.at_most)
    return Outcome.PASS if holds else Outcome.FAIL
