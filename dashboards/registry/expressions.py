"""SQL expressions the row queries share: local dates, percentiles, buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import (
    Aggregate,
    CharField,
    DateField,
    DateTimeField,
    F,
    FloatField,
    Func,
    IntegerField,
    Value,
)
from django.db.models.functions import Cast, NullIf

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from django.db.models.expressions import Combinable


class _AtTimeZone(Func):
    """`instant AT TIME ZONE 'zone'`: the wall clock of the zone, without offset."""

    template = "(%(expressions)s)"
    arg_joiner = " AT TIME ZONE "
    output_field = DateTimeField()


class _Minus(Func):
    """The difference of two dates in whole days."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = IntegerField()


class ToChar(Func):
    """A local time as text."""

    function = "TO_CHAR"
    output_field = CharField()


class MonthsBefore(Func):
    """A local time so many months earlier."""

    template = "(%(expressions)s * INTERVAL '1 month')"
    arg_joiner = " - "
    output_field = DateTimeField()


class Truncated(Func):
    """The local date a week, month, quarter or year began; far cheaper than text per row."""

    function = "DATE_TRUNC"
    template = "%(function)s(%(expressions)s)::date"
    output_field = DateField()


class JsonText(Func):
    """The text behind a key of a JSON object; the key is a parameter, never SQL."""

    template = "(%(expressions)s)"
    arg_joiner = " ->> "
    output_field = CharField()


class Percentile(Aggregate):
    """A percentile by linear interpolation (`percentile_cont`), of a float expression."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    allow_distinct = False

    def __init__(self, expression: Combinable | str, *, fraction: float, **extra: Any) -> None:
        super().__init__(
            Cast(expression, FloatField()),
            fraction=repr(float(fraction)),
            output_field=FloatField(),
            **extra,
        )


def local(field: Combinable | str, *, zone: ZoneInfo) -> Func:
    """Return the wall clock of `zone` at the instant."""
    return _AtTimeZone(F(field) if isinstance(field, str) else field, Value(zone.key))


def local_date(field: Combinable | str, *, zone: ZoneInfo) -> Cast:
    """Return the local date of the instant."""
    return Cast(local(field, zone=zone), DateField())


def days_between(*, start: Combinable | str, end: Combinable | str, zone: ZoneInfo) -> Combinable:
    """Return whole days: the local date of `end` minus the local date of `start`."""
    return _Minus(local_date(end, zone=zone), local_date(start, zone=zone))


def json_text(path: str, *, key: str) -> Combinable:
    """Return the text at `key` of a JSON column, null where it is absent or empty."""
    return NullIf(JsonText(F(path), Value(key)), Value(""))


def filled(path: str) -> Combinable:
    """Return the text column, null where it is empty."""
    return NullIf(F(path), Value(""))
