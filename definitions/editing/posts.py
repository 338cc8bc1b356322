"""Read the body of a clause from a posted form; whether it is valid is not decided here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from definitions.editing.changes import Change, changed
from definitions.editing.forms import part_children
from definitions.editing.lines import posted_tree
from definitions.editing.nodes import (
    ROOT,
    Input,
    Kind,
    Type,
    clause_type,
    entry_type,
    is_part,
    kind_of,
    unwrap,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.http import QueryDict

    from definitions.choices import DocumentKind
    from definitions.content.part import Part

LARGEST_LIST = 200
STEPS = {"up": -1, "down": 1}
# An entry of a list; the nodes of a criterion have "-n" in their names and move by themselves.
ENTRY = re.compile(r"(?!.*-n(?:-|$))[a-z0-9_-]{1,200}-[0-9]{1,3}")
# Inputs whose emptiness makes a new entry of a list an entry nobody filled in.
TYPED = frozenset({Kind.TEXT, Kind.AREA, Kind.LINES, Kind.CODE})


@dataclass(frozen=True)
class Posted:
    """A posted form as the types read it.

    Attributes:
        trees: Criteria after a press of a builder's button, by the name of their input.
        keeps_blank: Whether entries nobody filled in keep their place; the form is only drawn
            again then, and places must not move beneath the keyboard.
        longer: The name of the list that is asked to show one more entry.
        moved: The name of the list of which an entry moves.
        places: The two places that change with each other.
    """

    post: QueryDict
    trees: Mapping[str, Any] = field(default_factory=dict)
    keeps_blank: bool = False
    longer: str = ""
    moved: str = ""
    places: tuple[int, int] = (0, 0)

    def __contains__(self, name: str) -> bool:
        return name in self.post

    def get(self, name: str, default: str = "") -> Any:
        """Return the last value of a name."""
        return self.post.get(name, default)

    def getlist(self, name: str) -> list[Any]:
        """Return all values of a name."""
        return list(self.post.getlist(name))

    def tree(self, name: str) -> Any:
        """Return the criteria of an input."""
        return self.trees[name] if name in self.trees else posted_tree(self.post, name)


def body_of(*, kind: DocumentKind, key: str, post: QueryDict) -> Any:
    """Return the body that a posted form describes, not yet validated."""
    return _value(clause_type(kind=kind, key=key), Posted(post), ROOT)


def reshaped(*, kind: DocumentKind, key: str, post: QueryDict, press: str) -> tuple[Any, str]:
    """Return the body after a press of a button that changes the form's shape.

    Args:
        kind: Which document.
        key: Which clause.
        post: The form as it stood.
        press: The button's value: an act and the name of a node or of a list.

    Returns:
        The body, not validated, and the name of the node the keyboard goes to.
    """
    change = Change.of(press)
    if change.act == "more":
        posted = Posted(post, keeps_blank=True, longer=change.name)
        last = str(post.get(f"{change.name}-_count", "0"))
        return _value(clause_type(kind=kind, key=key), posted, ROOT), f"{change.name}-{last}"
    if change.act in STEPS and ENTRY.fullmatch(change.name):
        return _reordered(clause_type(kind=kind, key=key), post, change)
    name = change.name.partition("-n-")[0].removesuffix("-n")
    tree, focus = changed(stored=posted_tree(post, name), name=name, change=change)
    posted = Posted(post, trees={name: tree}, keeps_blank=True)
    return _value(clause_type(kind=kind, key=key), posted, ROOT), focus


def criteria_of(*, post: QueryDict, name: str) -> Any:
    """Return the criteria of an input that belongs to no clause, not yet validated."""
    return posted_tree(Posted(post), name)


def criteria_reshaped(*, post: QueryDict, name: str, press: str) -> tuple[Any, str]:
    """Return such criteria after a press of a builder's button, and where the keyboard goes."""
    stored = criteria_of(post=post, name=name)
    return changed(stored=stored, name=name, change=Change.of(press))


def _reordered(about: Type, post: QueryDict, change: Change) -> tuple[Any, str]:
    """Return the body with one entry of a list a step further up or down."""
    name, _, place = change.name.rpartition("-")
    there = int(place) + STEPS[change.act]
    posted = Posted(post, keeps_blank=True, moved=name, places=(int(place), there))
    return _value(about, posted, ROOT), f"{change.act} {name}-{there}"


def _value(about: Type, post: Posted, name: str) -> Any:
    if is_part(about.base):
        if about.is_optional and f"{name}-_on" not in post:
            return None
        return _part_value(about.base, post, name)
    entry = entry_type(about.base)
    if entry is not None and is_part(entry.base):
        entries = list(_entries(entry, post, name))
        here, there = post.places
        if post.moved == name and max(here, there) < len(entries) and there >= 0:
            entries[here], entries[there] = entries[there], entries[here]
        return entries
    return _input_value(about, post, name)


def _entries(entry: Type, post: Posted, name: str) -> Iterator[Any]:
    count = str(post.get(f"{name}-_count", "0"))
    for place in range(min(int(count), LARGEST_LIST) if re.fullmatch(r"[0-9]{1,9}", count) else 0):
        at = f"{name}-{place}"
        if f"{at}-_remove" in post and not post.keeps_blank:
            continue
        if not _was_left_empty(entry.base, post, at):
            yield _part_value(entry.base, post, at)
        elif post.keeps_blank:
            yield None
    if post.longer == name:
        yield None


def _was_left_empty(base: type[Part], post: Posted, name: str) -> bool:
    inputs = [
        each
        for child in part_children(base, None, name)
        for each in walk(child)
        if isinstance(each, Input)
    ]
    return not any(
        str(post.get(each.name, "")).strip() if each.kind in TYPED else _is_chosen(each, post)
        for each in inputs
    )


def _is_chosen(about: Input, post: Posted) -> bool:
    """Return whether an input says something that it does not say by itself."""
    if about.kind is Kind.CRITERIA:
        return post.tree(about.name) is not None
    can_be_empty = about.kind is Kind.CHOICE and ("" in dict(about.options))
    return can_be_empty and bool(post.get(about.name, ""))


def _part_value(base: type[Part], post: Posted, name: str) -> dict[str, Any]:
    value = {
        key: _value(unwrap(about.annotation, about.metadata), post, f"{name}-{key}")
        for key, about in base.model_fields.items()
    }
    if "code" in value and not value["code"]:
        words = re.sub(r"[^a-z0-9]+", "_", str(value.get("label", "")).lower()).strip("_")
        value["code"] = words[:40].lstrip("0123456789_")
    return value


def _input_value(about: Type, post: Posted, name: str) -> Any:
    kind, options = kind_of(about)
    text = _text(post, name)
    match kind:
        case Kind.FLAG:
            value: Any = name in post
        case Kind.CHOICES:
            value = [str(each) for each in post.getlist(name)]
        case Kind.FIXED:
            value = options[0][0]
        case Kind.LINES:
            value = _lines(text)
        case Kind.RATES:
            pairs = (line.partition("=") for line in _lines(text))
            value = {code.strip().upper(): rate.strip() for code, _, rate in pairs}
        case Kind.CRITERIA:
            tree = post.tree(name)
            value = "" if tree is None and not about.is_optional else tree
        case _ if not text:
            value = None if about.is_optional else ""
        case Kind.NUMBER | Kind.SCORE:
            value = int(text) if re.fullmatch(r"-?\d{1,15}", text) else text
        case Kind.CHOICE if about.base is bool:
            value = text == "yes"
        case _:
            value = text
    return value


def _text(post: Posted, name: str) -> str:
    """Return what is typed, or the number that was chosen in its place."""
    preset = str(post.get(f"{name}-_preset", "other"))
    if preset == "other":
        return str(post.get(name, "")).strip()
    return "" if preset == "off" else preset


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
