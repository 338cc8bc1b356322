"""JSON read strictly: what two readers could understand differently is refused.

Duplicate keys, NaN and Infinity, NUL, halves of surrogate pairs, and anything nested deeper than
20 levels are mistakes with a code each, never an exception of another kind.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

MAX_DEPTH: Final = 20
MAX_DIGITS: Final = 400

_SUSPICIOUS: Final = re.compile(r"\x00|\\u0000|\\u[dD][89abcdefABCDEF]", re.ASCII)


class JsonError(ValueError):
    """A body that cannot be read; `code` is stable, the message is shown."""

    def __init__(self, *, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


def read_json(body: bytes) -> Any:
    """Return what `body`, UTF-8, holds.

    Raises:
        JsonError: It is not JSON, or not JSON everybody reads alike.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise JsonError(code="not_utf8", detail="The body is not UTF-8.") from None
    if not text.strip():
        raise JsonError(code="empty_body", detail="The body is empty.")
    try:
        found = _decoder.decode(text)
    except RecursionError:
        raise JsonError(code="too_deep", detail=_TOO_DEEP) from None
    except JsonError:
        raise
    except ValueError as error:
        where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise JsonError(code="not_json", detail=f"The body is not JSON{where}.") from None
    _check(found, is_suspicious=_SUSPICIOUS.search(text) is not None)
    return found


_TOO_DEEP: Final = f"The body is nested deeper than {MAX_DEPTH} levels."


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in names if names.count(key) > 1)
        shown = twice[:60].encode("ascii", "backslashreplace").decode()
        raise JsonError(code="duplicate_key", detail=f"The key {shown!r} is there twice.")
    return found


def _constant(name: str) -> NoReturn:
    raise JsonError(code="not_a_number", detail=f"{name} is not a number in JSON.")


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise JsonError(code="number_too_long", detail="A number has too many digits.")
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits) if len(digits) <= MAX_DIGITS else float("inf")
    if number in {float("inf"), float("-inf")}:
        raise JsonError(code="number_too_long", detail="A number is too large.")
    return number


_decoder = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_constant=_constant, parse_int=_whole, parse_float=_real
)


def _check(found: Any, *, is_suspicious: bool) -> None:
    """Walk without recursion: how deep it goes, and whether every text can be stored."""
    waiting = [(found, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict):
            children = [*value.values(), *value] if is_suspicious else [*value.values()]
        elif isinstance(value, list):
            children = value
        else:
            if is_suspicious and isinstance(value, str):
                _check_text(value)
            continue
        if depth > MAX_DEPTH:
            raise JsonError(code="too_deep", detail=_TOO_DEEP)
        waiting.extend((child, depth + 1) for child in children)


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise JsonError(code="nul", detail="A text holds the character NUL.")
    if any("\ud800" <= mark <= "\udfff" for mark in text):
        raise JsonError(code="lone_surrogate", detail="A text holds half a surrogate pair.")
