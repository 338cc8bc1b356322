"""Two criteria trees beside each other, comparison by comparison.

Trees are read as lists of what they ask: a comparison is found again by its field and operator,
or by its acts and window. So the order in which two people wrote their criteria does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from definitions.criteria import Acts, All, AnyOf, Compare, Node, Not, Operator, leaf_text
from definitions.fields import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from definitions.fields import Registry


class Verdict(StrEnum):
    """How one comparison stands in two trees."""

    SAME = "same"
    DIFFERS = "differs"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison of a tree, and how much hangs on it.

    Attributes:
        is_negated: Whether it must not hold.
        is_alternative: Whether another comparison may hold in its place.
        text: What it asks, in plain words; of one that must not hold the opposite.
    """

    node: Compare | Acts
    is_negated: bool
    is_alternative: bool
    text: str

    @property
    def sentence(self) -> str:
        """The comparison in words, with what hangs on it."""
        return f"{self.text}, or another one" if self.is_alternative else self.text


@dataclass(frozen=True, slots=True)
class Pair:
    """One comparison as two trees hold it; a tree without it has None."""

    verdict: Verdict
    before: Leaf | None
    after: Leaf | None


Key: TypeAlias = "Callable[[Leaf], Hashable]"


def compare_trees(
    *, before: Node | None, after: Node | None, registry: Registry = REGISTRY
) -> list[Pair]:
    """Return every comparison of two trees, paired where both ask about the same thing.

    Args:
        before: The older tree, or the one on the left; None asks nothing.
        after: The newer tree, or the one on the right.
        registry: Where the words of fields and acts come from.

    Returns:
        The pairs in the order of `before`, then what only `after` holds. A pair differs by its
        threshold, its values, its window, or by what hangs on it.
    """
    old, new = list(leaves(before, registry=registry)), list(leaves(after, registry=registry))
    partner: dict[int, int] = {}
    for key in (_whole, _same_question, _same_subject):
        _match(old, new, partner, key)
    pairs = [
        _pair(leaf, new[partner[place]] if place in partner else None)
        for place, leaf in enumerate(old)
    ]
    taken = set(partner.values())
    pairs += [
        Pair(Verdict.ADDED, None, leaf) for place, leaf in enumerate(new) if place not in taken
    ]
    return pairs


def _match(old: list[Leaf], new: list[Leaf], partner: dict[int, int], key: Key) -> None:
    """Give each leaf of `old` that is still alone the first lone leaf of `new` with its key."""
    free: dict[Hashable, list[int]] = {}
    taken = set(partner.values())
    for place, leaf in enumerate(new):
        if place not in taken:
            free.setdefault(key(leaf), []).append(place)
    for place, leaf in enumerate(old):
        if place not in partner and free.get(key(leaf)):
            partner[place] = free[key(leaf)].pop(0)


def _pair(before: Leaf, after: Leaf | None) -> Pair:
    if after is None:
        return Pair(Verdict.REMOVED, before, None)
    same = _whole(before) == _whole(after)
    return Pair(Verdict.SAME if same else Verdict.DIFFERS, before, after)


def _whole(leaf: Leaf) -> Hashable:
    """All that a leaf says; the order of the values it names says nothing."""
    node = leaf.node
    said: tuple[Hashable, ...]
    if isinstance(node, Acts):
        said = (frozenset(node.acts), node.at_least, node.at_most, node.within_days)
    else:
        value = frozenset(node.value) if isinstance(node.value, tuple) else node.value
        # 1 == True in Python, and a number is no flag.
        said = (node.field, node.operator, type(value) is bool, value)
    return (*said, leaf.is_negated, leaf.is_alternative)


def _same_question(leaf: Leaf) -> Hashable:
    node = leaf.node
    if isinstance(node, Acts):
        return (frozenset(node.acts), node.within_days, leaf.is_negated)
    return (node.field, node.operator, leaf.is_negated)


def _same_subject(leaf: Leaf) -> Hashable:
    """The loosest tie: the acts whatever the window; one value of a field or several of it."""
    node = leaf.node
    if isinstance(node, Acts):
        return frozenset(node.acts)
    operator = Operator.ONE_OF if node.operator is Operator.EQUALS else node.operator
    return (node.field, operator)


def leaves(tree: Node | None, *, registry: Registry = REGISTRY) -> Iterator[Leaf]:
    """Yield the comparisons of a tree, from left to right."""
    if tree is not None:
        yield from _leaves(tree, registry, is_negated=False, is_alternative=False)


def _leaves(
    node: Node, registry: Registry, *, is_negated: bool, is_alternative: bool
) -> Iterator[Leaf]:
    match node:
        case All(children=children) | AnyOf(children=children):
            # "Not any of these" asks for each; "not all of these" for one of them.
            offers = isinstance(node, AnyOf) is not is_negated and len(children) > 1
            for child in children:
                yield from _leaves(
                    child,
                    registry,
                    is_negated=is_negated,
                    is_alternative=is_alternative or offers,
                )
        case Not(child=child):
            yield from _leaves(
                child, registry, is_negated=not is_negated, is_alternative=is_alternative
            )
        case Compare() | Acts():
            text = leaf_text(node, registry, is_denied=is_negated)
            yield Leaf(node, is_negated, is_alternative, text)
