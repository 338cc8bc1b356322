"""Two answers to one question, side by side: by word, and by criterion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from definitions.choices import GapKind
from definitions.comparison import Leaf, Pair, Verdict, compare_trees
from definitions.criteria import Acts
from definitions.criteria_json import CriteriaError, parse
from definitions.fields import REGISTRY

if TYPE_CHECKING:
    from definitions.criteria import Node

LONGEST_TITLE = 200
LONGEST_VIEW = 500
VERDICTS = {
    Verdict.SAME: "Both",
    Verdict.DIFFERS: "Differs",
    Verdict.REMOVED: "Only marketing",
    Verdict.ADDED: "Only sales",
}


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """One criterion of the two answers; a team that does not ask it has an empty text.

    Attributes:
        place: Where it stands in the comparison, from zero.
        title: What a gap about it is called.
        kind: What kind of gap that is; None where both teams ask the same.
    """

    place: int
    verdict: Verdict
    marketing: str
    sales: str
    title: str
    kind: GapKind | None

    @property
    def label(self) -> str:
        """The verdict in words."""
        return VERDICTS[self.verdict]


def criterion_rows(*, marketing: Any, sales: Any) -> list[CriterionRow]:
    """Return the criteria of both answers, as stored, paired where they ask the same thing."""
    pairs = compare_trees(before=_tree(marketing), after=_tree(sales))
    return [_row(place, pair) for place, pair in enumerate(pairs)]


def _tree(stored: Any) -> Node | None:
    """Return the criteria, or None; a field that no longer exists is nothing to compare."""
    try:
        return None if stored is None else parse(stored)
    except CriteriaError:
        return None


def _row(place: int, pair: Pair) -> CriterionRow:
    before, after = pair.before, pair.after
    kinds = {Verdict.SAME: None, Verdict.DIFFERS: GapKind.THRESHOLD}
    return CriterionRow(
        place=place,
        verdict=pair.verdict,
        marketing=before.sentence if before else "",
        sales=after.sentence if after else "",
        title=cut(_title(pair), LONGEST_TITLE),
        kind=kinds.get(pair.verdict, GapKind.CRITERION),
    )


def _title(pair: Pair) -> str:
    leaf = pair.before or pair.after
    if pair.verdict in {Verdict.SAME, Verdict.DIFFERS} or leaf is None:
        return f"{_subject(leaf)}: not the same for both" if leaf else ""
    text = leaf.sentence
    return f"{VERDICTS[pair.verdict]} asks: {text[:1].lower()}{text[1:]}"


def _subject(leaf: Leaf) -> str:
    node = leaf.node
    if isinstance(node, Acts):
        return " or ".join(REGISTRY.acts[key].label for key in node.acts)
    label = REGISTRY.fields[node.field].label
    return f"{label[:1].upper()}{label[1:]}"


def cut(text: str, longest: int) -> str:
    """Return `text`, or its beginning with an ellipsis where it is longer than `longest`."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
