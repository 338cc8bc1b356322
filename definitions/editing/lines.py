"""A criteria builder as a browser posts it: named inputs, and the tree they make.

Whatever is posted gives some tree; past the limits it gives one that `criteria_json.parse`
refuses by name, so that a hostile form is answered like a mistaken one.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Protocol

from definitions.criteria import Operator
from definitions.criteria_json import MAX_DEPTH, MAX_LIST, MAX_NODES
from definitions.editing.trees import ACTS, GROUPS, draw, operators_of, root_of
from definitions.fields import REGISTRY, FieldType

if TYPE_CHECKING:
    from definitions.editing.trees import Branch

COUNTS = ("at_least", "at_most", "within_days")


class Posted(Protocol):
    """What is read of a posted form; a QueryDict is one."""

    def get(self, key: str, default: Any = "") -> Any:
        """Return the last value of a name."""

    def getlist(self, key: str) -> list[Any]:
        """Return all values of a name."""


class Values(dict[str, list[str]]):
    """Values by name as a form would post them."""

    def get(self, key: str, default: Any = "") -> Any:
        """Return the last value of a name."""
        held = self.getlist(key)
        return held[-1] if held else default

    def getlist(self, key: str) -> list[str]:
        """Return all values of a name."""
        return super().get(key, [])


def inputs_of(root: Branch) -> Values:
    """Return what a browser posts for a builder nobody touched."""
    posted = Values()
    for node in root.walk():
        posted[f"{node.name}-kind"] = [node.kind]
        if node.is_group:
            posted[f"{node.name}-_count"] = [str(len(node.children))]
        if node.kind == "leaf":
            posted[f"{node.name}-about"] = posted[f"{node.name}-was"] = [node.about]
            posted[f"{node.name}-operator"] = [node.operator]
            is_several = node.entry in {"choices", ACTS}
            posted[f"{node.name}-value"] = list(node.texts) if is_several else [node.text]
            for key, text in zip(COUNTS, node.counts, strict=True):
                posted[f"{node.name}-{key}"] = [text]
    return posted


def posted_tree(post: Posted, name: str) -> Any:
    """Return the JSON of a criterion from a posted form.

    The text wins where somebody edited it; a builder nobody touched gives back the very JSON it
    was drawn from, down to what it does not show, so that looking at a clause changes nothing.
    """
    text, shown = (str(post.get(key, "")).strip() for key in (name, f"{name}-_shown"))
    if post.get(f"{root_of(name)}-kind", None) is None or text.split() != shown.split():
        return decoded(text)
    built = _read(post, root_of(name), 1, [0])
    before = decoded(text)
    drawn = draw(before, name=name)
    if drawn is not None and _read(inputs_of(drawn), root_of(name), 1, [0]) == built:
        return before
    return built


def decoded(text: str) -> Any:
    """Return the decoded text, None for an empty one, or the text, which nothing accepts."""
    if not text:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _read(post: Posted, name: str, depth: int, seen: list[int]) -> Any:
    """Return the node that is posted under a name; past the limits a stump that is refused."""
    seen[0] += 1
    kind = str(post.get(f"{name}-kind", ""))
    if depth > MAX_DEPTH + 1 or seen[0] > MAX_NODES + 1:
        return {}
    if kind in GROUPS:
        count = str(post.get(f"{name}-_count", "0"))
        # One more than may stand, so that too many are refused and not silently cut.
        several = min(int(count), MAX_LIST + 1) if re.fullmatch(r"[0-9]{1,4}", count) else 0
        return {kind: [_read(post, f"{name}-{each}", depth + 1, seen) for each in range(several)]}
    if kind == "not":
        return {"not": _read(post, f"{name}-0", depth + 1, seen)}
    if kind == "leaf":
        return _leaf(post, name)
    return None if depth == 1 else {}


def _leaf(post: Posted, name: str) -> dict[str, Any]:
    about, was = (str(post.get(f"{name}-{key}", "")) for key in ("about", "was"))
    if not about:
        return {}
    if about == ACTS:
        return _acts(post, name, is_new=was != ACTS)
    operator = str(post.get(f"{name}-operator", ""))
    allowed = operators_of(about)
    if about != was and operator not in allowed:
        return {"field": about, "operator": allowed[0].value if allowed else operator}
    return {"field": about, "operator": operator, **_value(post, name, about, operator)}


def _acts(post: Posted, name: str, *, is_new: bool) -> dict[str, Any]:
    if is_new:
        return {"acts": [], "at_least": 1, "within_days": 30}
    counts = {key: _number(str(post.get(f"{name}-{key}", "")).strip()) for key in COUNTS}
    counts["at_least"] = counts["at_least"] if counts["at_least"] != "" else 0
    typed = {key: value for key, value in counts.items() if value != ""}
    return {"acts": [str(each) for each in post.getlist(f"{name}-value")], **typed}


def _value(post: Posted, name: str, about: str, operator: str) -> dict[str, Any]:
    lines = [
        line.strip()
        for text in post.getlist(f"{name}-value")
        for line in str(text).splitlines()
        if line.strip()
    ]
    field = REGISTRY.fields.get(about)
    if not lines or field is None or operator == Operator.IS_KNOWN:
        return {}
    if field.type is FieldType.NUMBER:
        unit = {"unit": field.unit} if field.unit else {}
        return {"value": _number(lines[0]), **unit}
    if field.type is FieldType.FLAG:
        return {"value": {"yes": True, "no": False}.get(lines[0], lines[0])}
    return {"value": lines[0] if operator == Operator.EQUALS else lines}


def _number(text: str) -> Any:
    return int(text) if re.fullmatch(r"-?[0-9]{1,15}", text) else text
