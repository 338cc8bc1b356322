"""What is wrong with a document in the words of those who write it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from revops import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a document, and where: clause and fields joined by slashes."""

    path: str
    message: str


def fault_of(error: Mapping[str, Any]) -> Fault:
    """Return a refusal of the content's types as a fault in plain words."""
    path = "/".join(str(part) for part in error["loc"]) or "/"
    return Fault(path, _words(error))


def _words(error: Mapping[str, Any]) -> str:
    """Return plain words for an error; the rules of the content have words of their own."""
    kind = str(error["type"])
    is_empty = error.get("input") is None or error.get("input") == ""
    if kind == "missing" or (is_empty and kind != "value_error"):
        return "not filled in"
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        return words(error["ctx"][name])
    return _PLAIN.get(kind, str(error["msg"]).removeprefix("Value error, "))


def _number(limit: Any) -> str:
    return formats.count(limit if isinstance(limit, int | Decimal) else Decimal(str(limit)))


def _length(limit: Any) -> str:
    return formats.plural(int(limit), "character")


def _several(limit: Any) -> str:
    return formats.plural(int(limit), "entry", "entries")


def _pattern(pattern: Any) -> str:
    if pattern == r"^[A-Z]{3}$":
        return "three capital letters, such as EUR"
    return "small letters, figures and underscores only, beginning with a letter"


_LIMITS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "less_than_equal": ("le", lambda limit: f"at most {_number(limit)}"),
    "less_than": ("lt", lambda limit: f"less than {_number(limit)}"),
    "greater_than_equal": ("ge", lambda limit: f"at least {_number(limit)}"),
    "greater_than": ("gt", lambda limit: f"more than {_number(limit)}"),
    "string_too_short": ("min_length", lambda limit: f"at least {_length(limit)}"),
    "string_too_long": ("max_length", lambda limit: f"at most {_length(limit)}"),
    "too_short": ("min_length", lambda limit: f"at least {_several(limit)}"),
    "too_long": ("max_length", lambda limit: f"at most {_several(limit)}"),
    "string_pattern_mismatch": ("pattern", _pattern),
    "decimal_max_digits": (
        "max_digits",
        lambda limit: f"at most {formats.plural(int(limit), 'digit')}",
    ),
    "decimal_whole_digits": (
        "whole_digits",
        lambda limit: f"at most {formats.plural(int(limit), 'digit')} before the point",
    ),
    "decimal_max_places": (
        "decimal_places",
        lambda limit: f"at most {formats.plural(int(limit), 'digit')} after the point",
    ),
}
_PLAIN: Mapping[str, str] = {
    "int_type": "not a whole number",
    "int_parsing": "not a whole number",
    "int_parsing_size": "too large a number",
    "int_from_float": "not a whole number",
    "decimal_type": "not a number",
    "decimal_parsing": "not a number",
    "finite_number": "not a number",
    "date_type": "not a date",
    "date_parsing": "not a date",
    "date_from_datetime_parsing": "not a date",
    "date_from_datetime_inexact": "not a date",
    "bool_type": "neither yes nor no",
    "bool_parsing": "neither yes nor no",
    "string_type": "not a text",
    "enum": "none of what is offered",
    "literal_error": "none of what is offered",
    "extra_forbidden": "no part of this document",
    "dict_type": "cannot be read",
    "tuple_type": "cannot be read as a list",
    "model_type": "cannot be read",
    "model_attributes_type": "cannot be read",
}
