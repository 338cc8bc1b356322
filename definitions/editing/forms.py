"""Draw the form of a clause from its type and body, with refusals at their inputs."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from definitions.criteria import sentence
from definitions.criteria_json import CriteriaError, parse
from definitions.documents import SPLIT, clause_title
from definitions.editing.nodes import (
    ROOT,
    Group,
    Input,
    Kind,
    Node,
    Type,
    clause_type,
    entry_type,
    is_part,
    kind_of,
    label_of,
    unwrap,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from definitions.choices import DocumentKind
    from definitions.content.part import Part
    from definitions.faults import Fault

BLANK_ENTRIES = 1


def form_of(*, kind: DocumentKind, key: str, body: Any, title: str) -> Node:
    """Return the inputs of a clause, filled from `body`."""
    return _node(clause_type(kind=kind, key=key), body, ROOT, title)


def with_faults(node: Node, *, key: str, faults: Sequence[Fault]) -> Node:
    """Return the inputs with each fault at the input it is about, or at the nearest group."""
    by_name: dict[str, list[str]] = {}
    names = {each.name for each in walk(node)}
    for fault in faults:
        name = _place(fault.path, key=key, names=names)
        by_name.setdefault(name, []).append(f"{fault.message[:1].upper()}{fault.message[1:]}")
    return _marked(node, by_name)


def faults_in_words(node: Node, *, key: str, faults: Sequence[Fault]) -> list[str]:
    """Return each fault after the labels that lead to its input: "Fit threshold: at most 100"."""
    labels = {each.name: each.label for each in walk(node)}
    return [f"{_label(fault.path, key=key, labels=labels)}: {fault.message}" for fault in faults]


def _label(path: str, *, key: str, labels: Mapping[str, str]) -> str:
    if path != key and path.strip("/") and not path.startswith(f"{key}/"):
        clause, _, rest = path.partition("/")
        split = any(clause in names for names in SPLIT.values())
        entry = rest.partition("/")[0] if split else ""
        return clause_title(key=f"{clause}/{entry}".strip("/"), body=None)
    name = _place(path, key=key, names=labels)
    leading: list[str] = []
    while name != ROOT:
        if name in labels:
            leading.insert(0, labels[name])
        name = name.rpartition("-")[0]
    return ", ".join(leading) or labels[ROOT]


def _place(path: str, *, key: str, names: Collection[str]) -> str:
    """Return the name of the input a path leads to, or of the nearest group around it."""
    inside = path.removeprefix(f"{key}/") if path.startswith(f"{key}/") else ""
    name = "-".join((ROOT, *inside.split("/"))) if inside else ROOT
    while name not in names and "-" in name:
        name = name.rpartition("-")[0]
    return name


def _marked(node: Node, by_name: Mapping[str, list[str]]) -> Node:
    errors = tuple(by_name.get(node.name, ()))
    if isinstance(node, Input):
        return replace(node, errors=errors)
    children = tuple(_marked(child, by_name) for child in node.children)
    return replace(node, errors=errors, children=children)


def _node(about: Type, value: Any, name: str, label: str) -> Node:
    if is_part(about.base):
        shape = "optional" if about.is_optional else "part"
        return Group(
            name, label, shape, part_children(about.base, value, name), is_on=value is not None
        )
    entry = entry_type(about.base)
    if entry is not None and is_part(entry.base):
        stored = list(value or ())
        shown = [*stored, *[None] * BLANK_ENTRIES]
        entries = tuple(
            Group(
                f"{name}-{place}",
                _entry_label(body, place),
                "entry",
                part_children(entry.base, body, f"{name}-{place}"),
                is_new=body is None,
            )
            for place, body in enumerate(shown)
        )
        return Group(name, label, "list", entries, count=len(entries))
    return _input(about, value, name, label)


def _entry_label(body: Any, place: int) -> str:
    if not isinstance(body, dict):
        return "Add one"
    named = (body.get(key) for key in ("label", "title", "case", "to", "segment"))
    return str(next(filter(None, named), f"Entry {place + 1}"))


def part_children(base: type[Part], value: Any, name: str) -> tuple[Node, ...]:
    """Return the inputs of a part's fields."""
    children = []
    for key, about in base.model_fields.items():
        held = value.get(key) if isinstance(value, dict) else _default(about)
        node = _node(
            unwrap(about.annotation, about.metadata), held, f"{name}-{key}", label_of(key)
        )
        if isinstance(node, Input) and about.description:
            node = replace(node, hint=about.description)
        children.append(node)
    return tuple(children)


def _default(about: Any) -> Any:
    if about.is_required():
        return None
    held = about.get_default(call_default_factory=True)
    if isinstance(held, Enum):
        return held.value
    return str(held) if isinstance(held, Decimal) else held


def _input(about: Type, value: Any, name: str, label: str) -> Input:
    kind, options = kind_of(about)
    made = Input(name, label, kind, options=options, is_optional=about.is_optional)
    return replace(made, **_filled(kind, about, value))


def _filled(kind: Kind, about: Type, value: Any) -> dict[str, Any]:
    text = "" if value is None else str(value)
    match kind:
        case Kind.FLAG:
            filled: dict[str, Any] = {"is_on": bool(value)}
        case Kind.CHOICES:
            filled = {"chosen": tuple(str(each) for each in value or ())}
        case Kind.LINES:
            filled = {"text": "\n".join(value or ()), "hint": "One per line."}
        case Kind.RATES:
            lines = (f"{code} = {rate}" for code, rate in (value or {}).items())
            filled = {"text": "\n".join(lines), "hint": "One per line: EUR = 1.08"}
        case Kind.CRITERIA:
            filled = {"text": _criteria_text(value), "hint": _criteria_hint(value)}
        case Kind.CHOICE if about.base is bool and value is not None:
            filled = {"text": "yes" if value else "no"}
        case _:
            filled = {"text": text}
    return filled


def _criteria_text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    try:
        return json.dumps(value, indent=1, ensure_ascii=False)
    except RecursionError:
        return ""


def _criteria_hint(value: Any) -> str:
    try:
        return f"Reads: {sentence(parse(value))}." if value else ""
    except CriteriaError:
        return ""
