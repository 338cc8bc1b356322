"""The criteria builder: a tree of criteria as named inputs, and back.

A node is named after its place, "body-also-n-0-1"; what it holds is posted beside that name, so
a tree survives any answer of the server without script. Trees stay plain JSON here, half-written
ones too; whether one may stand is decided by `criteria_json.parse` alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from definitions.criteria import Operator, sentence
from definitions.criteria_json import (
    MAX_DEPTH,
    MAX_LIST,
    MAX_NODES,
    OPERATORS,
    CriteriaError,
    parse,
)
from definitions.fields import REGISTRY, FieldType, Group

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ACTS = "acts"
LARGEST = 10**18
GROUPS = ("all", "any")
OPERATOR_WORDS: Mapping[Operator, str] = {
    Operator.AT_LEAST: "is at least",
    Operator.AT_MOST: "is at most",
    Operator.EQUALS: "is",
    Operator.ONE_OF: "is one of",
    Operator.CONTAINS: "contains",
    Operator.IS_KNOWN: "is known",
}
GROUP_WORDS = {Group.FIT: "Who they are", Group.INTENT: "What they did", Group.LEAD: "The lead"}


@dataclass(frozen=True)
class Branch:
    """One node of a builder.

    Attributes:
        path: Its JSON pointer, by which refusals name it.
        kind: "all", "any", "not", "leaf"; empty for a tree that has no node yet.
        about: What a leaf looks at: a field's key, "acts", or nothing yet.
        texts: The value or values of a comparison, or the acts that count, as typed.
        counts: at_least, at_most and within_days of an act count, as typed.
        has_focus: Whether the keyboard goes here after the answer.
    """

    name: str
    path: str
    kind: str
    about: str = ""
    operator: str = ""
    texts: tuple[str, ...] = ()
    counts: tuple[str, str, str] = ("1", "", "")
    children: tuple[Branch, ...] = field(default=())
    problems: tuple[str, ...] = ()
    is_first: bool = True
    is_last: bool = True
    has_focus: bool = False

    @property
    def place(self) -> str:
        """Where the node stands, counted from one: "2.1"; empty for the root."""
        return ".".join(str(int(part) + 1) for part in self.path.split("/") if part.isdigit())

    @property
    def is_group(self) -> bool:
        """Whether it is a list of nodes that all, or any, must hold."""
        return self.kind in GROUPS

    @property
    def entry(self) -> str:
        """Which input its value takes, from "acts" to "none"."""
        if self.about == ACTS:
            return ACTS
        about = REGISTRY.fields.get(self.about)
        if about is None or self.operator == Operator.IS_KNOWN:
            return "none"
        if about.type is FieldType.NUMBER:
            return "number"
        if about.type is FieldType.FLAG:
            return "flag"
        is_one = self.operator == Operator.EQUALS
        if about.choices:
            return "choice" if is_one else "choices"
        return "text" if is_one else "lines"

    @property
    def text(self) -> str:
        """The value where there is one, the values one per line where there are several."""
        return "\n".join(self.texts)

    @property
    def unit(self) -> str:
        """What a number is counted in."""
        about = REGISTRY.fields.get(self.about)
        return about.unit if about else ""

    @property
    def subjects(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What a leaf may look at, by question."""
        return [
            (
                GROUP_WORDS[group],
                [
                    (each.key, each.label[:1].upper() + each.label[1:])
                    for each in REGISTRY.fields.values()
                    if each.group is group
                ]
                + ([(ACTS, "How often they acted")] if group is Group.INTENT else []),
            )
            for group in Group
        ]

    @property
    def operators(self) -> list[tuple[str, str]]:
        """How the field may be compared."""
        return [(each.value, OPERATOR_WORDS[each]) for each in operators_of(self.about)]

    @property
    def options(self) -> list[tuple[str, str]]:
        """The values of a closed vocabulary, or the acts."""
        if self.about == ACTS:
            return [(key, act.label) for key, act in REGISTRY.acts.items()]
        about = REGISTRY.fields.get(self.about)
        return [(each, about.word(each)) for each in about.choices] if about else []

    def walk(self) -> Iterator[Branch]:
        """Yield the node and all beneath it."""
        yield self
        for child in self.children:
            yield from child.walk()


class _UndrawableError(Exception):
    """The tree is too deep, too wide or no tree; it is only shown as text."""


def operators_of(key: str) -> list[Operator]:
    """Return the operators of a field in the order they are offered; none for what is no field."""
    about = REGISTRY.fields.get(key)
    return [each for each in Operator if about and each in OPERATORS[about.type]]


def root_of(name: str) -> str:
    """Return the name of the root of a builder from the name of its input."""
    return f"{name}-n"


def draw(stored: Any, *, name: str, focus: str = "") -> Branch | None:
    """Return a tree as a builder shows it, with each problem at its node.

    Args:
        stored: The JSON, finished or not; None for no criterion.
        name: The name of the input that holds it.
        focus: The name of the node the keyboard goes to.

    Returns:
        The root; None if it cannot be drawn and only its text can be edited.
    """
    if stored is None or stored == "":
        return Branch(root_of(name), "", "", has_focus=focus == root_of(name))
    try:
        root = _drawn(stored, root_of(name), "", 1)
    except _UndrawableError:
        return None
    if sum(1 for _ in root.walk()) > MAX_NODES:
        return None
    return _marked(root, dict(problems_of(stored)), focus)


def problems_of(stored: Any) -> list[tuple[str, str]]:
    """Return what is wrong with a tree as pairs of the node's pointer and words."""
    if stored is None or stored == "":
        return []
    try:
        parse(stored)
    except CriteriaError as error:
        return [(one.path, one.message) for one in error.problems]
    return []


def reading_of(stored: Any) -> str:
    """Return the tree in words; empty if there is none, or none that can be judged."""
    if stored is None or stored == "":
        return ""
    try:
        return sentence(parse(stored))
    except CriteriaError:
        return ""


def _drawn(stored: Any, name: str, path: str, depth: int) -> Branch:
    if not isinstance(stored, dict) or depth > MAX_DEPTH + 1:
        raise _UndrawableError
    for kind in GROUPS:
        if kind in stored:
            return Branch(
                name, path, kind, children=_children(stored[kind], name, f"{path}/{kind}", depth)
            )
    if "not" in stored:
        child = _drawn(stored["not"], f"{name}-0", f"{path}/not", depth + 1)
        return Branch(name, path, "not", children=(child,))
    if "acts" in stored:
        counts = (stored.get("at_least", 1), stored.get("at_most"), stored.get("within_days"))
        at_least, at_most, days = ("" if each is None else _text(each) for each in counts)
        return Branch(
            name,
            path,
            "leaf",
            ACTS,
            texts=_texts(stored["acts"]),
            counts=(at_least, at_most, days),
        )
    about, operator = (_text(stored.get(key, "")) for key in ("field", "operator"))
    return Branch(name, path, "leaf", about, operator, texts=_texts(stored.get("value")))


def _children(stored: Any, name: str, path: str, depth: int) -> tuple[Branch, ...]:
    if not isinstance(stored, list) or len(stored) > MAX_LIST:
        raise _UndrawableError
    return tuple(
        replace(
            _drawn(each, f"{name}-{place}", f"{path}/{place}", depth + 1),
            is_first=place == 0,
            is_last=place == len(stored) - 1,
        )
        for place, each in enumerate(stored)
    )


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(map(_text, value))
    return (_text(value),)


def _text(value: Any) -> str:
    """Return a scalar as it is typed.

    Raises:
        _UndrawableError: It is none, or too large to print.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if not isinstance(value, int | float) or abs(value) >= LARGEST:
        raise _UndrawableError
    return str(value)


def _marked(node: Branch, problems: Mapping[str, str], focus: str) -> Branch:
    message = problems.get(node.path or "/")
    if message and node.kind == "leaf" and not node.about:
        message = "choose what is looked at"
    elif message and node.about == ACTS and not node.texts:
        message = "choose which acts count"
    elif message and node.is_group and not node.children:
        message = "add a condition to the group, or remove it"
    return replace(
        node,
        problems=(f"{message[:1].upper()}{message[1:]}",) if message else (),
        has_focus=node.name == focus,
        children=tuple(_marked(child, problems, focus) for child in node.children),
    )
