"""Read the body of a clause from a posted form; whether it is valid is not decided here."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from definitions.editing.forms import part_children
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
    from collections.abc import Iterator

    from django.http import QueryDict

    from definitions.choices import DocumentKind
    from definitions.content.part import Part

LARGEST_LIST = 200
# Inputs whose emptiness makes a new entry of a list an entry nobody filled in.
TYPED = frozenset({Kind.TEXT, Kind.AREA, Kind.LINES, Kind.CRITERIA, Kind.CODE})


def body_of(*, kind: DocumentKind, key: str, post: QueryDict) -> Any:
    """Return the body that a posted form describes, not yet validated."""
    return _value(clause_type(kind=kind, key=key), post, ROOT)


def _value(about: Type, post: QueryDict, name: str) -> Any:
    if is_part(about.base):
        if about.is_optional and f"{name}-_on" not in post:
            return None
        return _part_value(about.base, post, name)
    entry = entry_type(about.base)
    if entry is not None and is_part(entry.base):
        return list(_entries(entry, post, name))
    return _input_value(about, post, name)


def _entries(entry: Type, post: QueryDict, name: str) -> Iterator[Any]:
    count = str(post.get(f"{name}-_count", "0"))
    for place in range(min(int(count) if count.isdecimal() else 0, LARGEST_LIST)):
        at = f"{name}-{place}"
        if f"{at}-_remove" in post or _was_left_empty(entry.base, post, at):
            continue
        yield _part_value(entry.base, post, at)


def _was_left_empty(base: type[Part], post: QueryDict, name: str) -> bool:
    typed = [
        each.name
        for child in part_children(base, None, name)
        for each in walk(child)
        if isinstance(each, Input) and each.kind in TYPED
    ]
    return not any(str(post.get(each, "")).strip() for each in typed)


def _part_value(base: type[Part], post: QueryDict, name: str) -> dict[str, Any]:
    value = {
        key: _value(unwrap(about.annotation, about.metadata), post, f"{name}-{key}")
        for key, about in base.model_fields.items()
    }
    if "code" in value and not value["code"]:
        words = re.sub(r"[^a-z0-9]+", "_", str(value.get("label", "")).lower()).strip("_")
        value["code"] = words[:40].lstrip("0123456789_")
    return value


def _input_value(about: Type, post: QueryDict, name: str) -> Any:
    kind, options = kind_of(about)
    text = str(post.get(name, "")).strip()
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
        case _ if not text:
            value = None if about.is_optional else ""
        case Kind.NUMBER:
            value = int(text) if re.fullmatch(r"-?\d{1,15}", text) else text
        case Kind.CRITERIA:
            value = _json(text)
        case Kind.CHOICE if about.base is bool:
            value = text == "yes"
        case _:
            value = text
    return value


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _json(text: str) -> Any:
    """Return the decoded text, or the text itself, which no criteria accept."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
