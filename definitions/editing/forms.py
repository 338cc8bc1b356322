"""Draw the form of a clause from its type and body, with refusals at their inputs."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from definitions.documents import SPLIT, clause_title
from definitions.editing.layouts import laid_out
from definitions.editing.lines import posted_tree
from definitions.editing.nodes import (
    OPTIONAL_CRITERIA,
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
from definitions.editing.trees import draw, problems_of, reading_of, root_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from django.http import QueryDict

    from definitions.choices import DocumentKind
    from definitions.content.part import Part
    from definitions.faults import Fault


def form_of(
    *,
    kind: DocumentKind,
    key: str,
    body: Any,
    title: str,
    focus: str = "",
    others: Mapping[str, Any] | None = None,
) -> Node:
    """Return the inputs of a clause, filled from `body`.

    Args:
        kind: Which document.
        key: Which clause.
        body: What it says, finished or not.
        title: The heading.
        focus: The node of a criteria builder the keyboard goes to, the entry that is open, or
            the button of an entry, such as "up body-bands-1".
        others: The bodies of the document's clauses, from which some choices come.
    """
    node = _node(clause_type(kind=kind, key=key), body, ROOT, title)
    if focus:
        node = _focused(node, focus)
    return laid_out(node, key=key, body=body, others=others or {})


def _focused(node: Node, focus: str) -> Node:
    if isinstance(node, Group):
        children = tuple(_focused(child, focus) for child in node.children)
        press, _, name = focus.rpartition(" ")
        if press and node.name == name:
            # At an end of the list one of the two buttons is gone.
            press = {"up": "down" if node.is_first else "up"}.get(
                press, "up" if node.is_last else "down"
            )
            return replace(node, children=children, presses=press)
        is_open = f"{name}-".startswith(f"{node.name}-")
        return replace(node, children=children, is_open=is_open)
    if node.kind is Kind.CRITERIA and focus.startswith(f"{root_of(node.name)}"):
        return with_tree(node, node.stored, focus=focus)
    return node


def criterion(*, post: QueryDict, name: str) -> Input:
    """Return the input of one criterion as a form posts it."""
    stored = posted_tree(post, name)
    made = Input(name, "", Kind.CRITERIA, text=_criteria_text(stored))
    return with_tree(made, stored)


def criteria_input(
    *, name: str, label: str, value: Any, errors: tuple[str, ...] = (), focus: str = ""
) -> Input:
    """Return the input of a criteria tree that belongs to no clause."""
    made = _input(OPTIONAL_CRITERIA, value, name, label)
    return replace(with_tree(made, value, focus=focus), errors=errors)


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
    nodes = {each.name: each for each in walk(node)}
    labels = {name: each.label for name, each in nodes.items()}
    return [
        f"{_label(fault.path, key=key, labels=labels)}: "
        f"{_message(nodes.get(_place(fault.path, key=key, names=nodes)), fault)}"
        for fault in faults
    ]


def _message(node: Node | None, fault: Fault) -> str:
    """Return a fault in words; those of criteria name lines as the builder shows them."""
    if isinstance(node, Input) and node.tree is not None and node.problems:
        return "; ".join(words for _, words in node.problems)
    return fault.message


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
        shown = stored if stored[-1:] == [None] else [*stored, None]
        entries = tuple(
            Group(
                f"{name}-{place}",
                _entry_label(body, place),
                "entry",
                part_children(entry.base, body, f"{name}-{place}"),
                is_new=body is None,
                is_first=place == 0,
                is_last=place + 1 >= len(stored) or stored[place + 1] is None,
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
    made = Input(
        name, label, kind, options=options, is_optional=about.is_optional, bounds=about.bounds
    )
    made = replace(made, **_filled(kind, about, value))
    return with_tree(made, value) if kind is Kind.CRITERIA else made


def with_tree(about: Input, stored: Any, *, focus: str = "") -> Input:
    """Return criteria with their builder, their words and what is wrong with their nodes."""
    tree = draw(stored, name=about.name, focus=focus)
    places = {node.path or "/": node for node in tree.walk()} if tree else {}
    problems = []
    for path, message in problems_of(stored):
        node = places.get(path)
        words = node.problems[0] if node and node.problems else message
        where = f"Line {node.place}: " if node and node.place else ""
        anchor = f"id_{node.name}" if node else f"id_{about.name}"
        problems.append((anchor, f"{where}{words}" if node else f"{path}: {words}"))
    return replace(
        about, stored=stored, tree=tree, reading=reading_of(stored), problems=tuple(problems)
    )


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
            filled = {"text": _criteria_text(value)}
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
