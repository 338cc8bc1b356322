"""What criteria are made of: comparisons under all, any and not."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

Scalar: TypeAlias = str | int | Decimal | bool
FactValue: TypeAlias = Scalar | tuple[str, ...] | list[str] | None


class Operator(StrEnum):
    """How a field is compared."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    EQUALS = "equals"
    ONE_OF = "one_of"
    CONTAINS = "contains"
    IS_KNOWN = "is_known"


@dataclass(frozen=True, slots=True)
class All:
    """Every child must hold."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One child must hold."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The child must not hold; of something missing it stays unknown."""

    child: Node


@dataclass(frozen=True, slots=True)
class Compare:
    """A field against a value; `one_of` and `contains` take several, one of which must match."""

    field: str
    operator: Operator
    value: Scalar | tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Acts:
    """How often any of these acts happened, at all or in the days before the judgement."""

    acts: tuple[str, ...]
    at_least: int = 1
    at_most: int | None = None
    within_days: int | None = None


Node: TypeAlias = All | AnyOf | Not | Compare | Acts


def texts_of(value: Scalar | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the texts a comparison wants, one or several; nothing for numbers and flags."""
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, str) else ()
