"""How many stored leads a tree of criteria holds for, and why it cannot tell of the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from definitions.criteria import Acts, All, AnyOf, Compare, Not, Operator
from definitions.fields import REGISTRY
from pipeline.selectors.predicates import count_matching

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from definitions.criteria import Node

DAYS = 90
# Each is a statement of its own; a tree that looks at more is explained by its first ones.
FIELDS_ASKED = 5


@dataclass(frozen=True, slots=True)
class Counted:
    """What an editor shows beneath criteria.

    Attributes:
        missing: Leads for which the tree is neither true nor false.
        unknown: The fields it looks at that are not known of some lead, the worst first.
    """

    matching: int
    missing: int
    total: int
    unknown: tuple[str, ...] = ()
    days: int = DAYS


def counted(*, tree: Node, at: datetime) -> Counted:
    """Return how many of the leads of the last 90 days match, in at most six statements."""
    since = at - timedelta(days=DAYS)
    found = count_matching(tree=tree, at=at, since=since)
    unknown: list[tuple[int, str]] = []
    if found.missing:
        for key in list(dict.fromkeys(_fields(tree)))[:FIELDS_ASKED]:
            known = count_matching(
                tree=Compare(field=key, operator=Operator.IS_KNOWN), at=at, since=since
            )
            if known.matching < found.total:
                unknown.append((found.total - known.matching, REGISTRY.fields[key].label))
    unknown.sort(key=lambda pair: (-pair[0], pair[1]))
    return Counted(
        matching=found.matching,
        missing=found.missing,
        total=found.total,
        unknown=tuple(label for _, label in unknown),
    )


def _fields(tree: Node) -> Iterator[str]:
    match tree:
        case All(children=children) | AnyOf(children=children):
            for child in children:
                yield from _fields(child)
        case Not(child=child):
            yield from _fields(child)
        case Compare(operator=operator) if operator is not Operator.IS_KNOWN:
            yield tree.field
        case Compare() | Acts():
            return
