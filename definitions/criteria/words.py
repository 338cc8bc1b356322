"""Criteria in plain words, one comparison or a whole tree, as asked or as denied."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from definitions.criteria.nodes import Acts, All, AnyOf, Compare, Node, Not, Operator, texts_of
from definitions.fields import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from definitions.criteria.nodes import FactValue
    from definitions.fields import Field, Registry


def value_text(value: FactValue, *, about: Field | None = None) -> str:
    """Return a value as people read it; `about` has words for those of a closed vocabulary."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    texts = value if isinstance(value, tuple | list) else (str(value),)
    return ", ".join(texts if about is None else map(about.word, texts))


WORDS: Mapping[Operator, str] = {
    Operator.AT_LEAST: "{label} is at least {value} {unit}",
    Operator.AT_MOST: "{label} is at most {value} {unit}",
    Operator.EQUALS: "{label} is {value} {unit}",
    Operator.ONE_OF: "{label} is one of {value}",
    Operator.CONTAINS: "{label} contains {value}",
    Operator.IS_KNOWN: "{label} is known",
}
DENIED: Mapping[Operator, str] = {
    Operator.AT_LEAST: "{label} is less than {value} {unit}",
    Operator.AT_MOST: "{label} is more than {value} {unit}",
    Operator.EQUALS: "{label} is not {value} {unit}",
    Operator.ONE_OF: "{label} is none of {value}",
    Operator.CONTAINS: "{label} does not contain {value}",
    Operator.IS_KNOWN: "{label} is not known",
}


@lru_cache(maxsize=4096)
def _compare_text(node: Compare, about: Field, *, is_denied: bool = False) -> str:
    wanted, unit = node.value, about.unit
    if is_denied and isinstance(wanted, bool):
        is_denied, wanted = False, not wanted
    word = " or ".join(texts_of(wanted)) if node.operator is Operator.CONTAINS else ""
    text = (DENIED if is_denied else WORDS)[node.operator].format(
        label=about.label,
        value=word or value_text(wanted, about=about),
        unit=unit.removesuffix("s") if wanted == 1 else unit,
    )
    return text.rstrip()


def _acts_text(node: Acts, registry: Registry, *, is_denied: bool = False) -> str:
    least = f"at least {node.at_least}" if node.at_least else ""
    most = "" if node.at_most is None else f"at most {node.at_most}"
    asked = " and ".join(filter(None, (least, most)))
    if is_denied:
        least = f"fewer than {node.at_least}" if node.at_least else ""
        most = "" if node.at_most is None else f"more than {node.at_most}"
        asked = " or ".join(filter(None, (least, most)))
    # The word follows the last number: "at least 1 demo request", "at most 2 demo requests".
    last = node.at_least if node.at_most is None else node.at_most
    if asked == "fewer than 1":
        asked = "no"
    acts = [registry.acts[key] for key in node.acts]
    label = " or ".join(act.one if last == 1 else act.text for act in acts)
    window = "" if node.within_days is None else f" in {_days(node.within_days)}"
    return f"{asked} {label}{window}"


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


def leaf_text(
    node: Compare | Acts, registry: Registry = REGISTRY, *, is_denied: bool = False
) -> str:
    """Return what a comparison asks, or its opposite, in plain words beginning with a capital."""
    if isinstance(node, Acts):
        text = _acts_text(node, registry, is_denied=is_denied)
    else:
        text = _compare_text(node, registry.fields[node.field], is_denied=is_denied)
    return text[:1].upper() + text[1:]


def sentence(tree: Node, *, registry: Registry = REGISTRY) -> str:
    """Return the whole tree as one readable line, with brackets where logic needs them."""
    match tree:
        case All(children=children) | AnyOf(children=children):
            word = " and " if isinstance(tree, All) else " or "
            parts = [sentence(child, registry=registry) for child in children]
            return parts[0] if len(parts) == 1 else f"({word.join(parts)})"
        case Not(child=child):
            return _denied(child, registry)
        case Compare() | Acts():
            text = leaf_text(tree, registry)
            return text[:1].lower() + text[1:]


def _denied(tree: Node, registry: Registry) -> str:
    """Return the opposite of a tree in words; of a comparison without a "not" before it."""
    match tree:
        case Not(child=child):
            return sentence(child, registry=registry)
        case All(children=(only,)) | AnyOf(children=(only,)):
            return _denied(only, registry)
        case Compare() | Acts():
            text = leaf_text(tree, registry, is_denied=True)
            return text[:1].lower() + text[1:]
        case _:
            return f"not {sentence(tree, registry=registry)}"
