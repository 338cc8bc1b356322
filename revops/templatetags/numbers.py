"""Numbers as people read them: money, rates, counts, and the bands they stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html

from revops import formats

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from django.utils.safestring import SafeString

register = template.Library()

_HEIGHT = 16
_BAR_TOP, _BAR_HEIGHT = 4, 8


@register.simple_tag(name="money")
def money_tag(amount: Decimal | None, currency: str = "USD") -> SafeString | str:
    """Return the compact amount with the exact one in its title."""
    if amount is None:
        return formats.DASH
    return format_html(
        '<data value="{}" title="{}">{}</data>',
        amount,
        formats.money(amount, currency=currency),
        formats.money_compact(amount, currency=currency),
    )


@register.filter
def money(amount: Decimal | None, currency: str = "USD") -> str:
    """Return the exact amount."""
    return formats.money(amount, currency=currency)


@register.filter
def money_compact(amount: Decimal | None, currency: str = "USD") -> str:
    """Return the amount in three figures."""
    return formats.money_compact(amount, currency=currency)


@register.filter
def percent(rate: Decimal | float | None, digits: int = 1) -> str:
    """Return a ratio as a percentage."""
    return formats.percent(rate, digits=digits)


@register.filter
def points(change: Decimal | float | None) -> str:
    """Return a difference of ratios in percentage points."""
    return formats.points(change)


@register.filter
def count(number: int | None) -> str:
    """Return a count with its thousands separated."""
    return formats.count(number)


@register.filter
def plural(number: int, words: str) -> str:
    """Return the number with its noun: `{{ 3|plural:"breach,breaches" }}`."""
    singular, _, several = words.partition(",")
    return formats.plural(number, singular, several)


@register.filter
def initials(name: object) -> str:
    """Return the letters that stand for a person."""
    return formats.initials(str(name))


@register.simple_tag
def band(
    stops: Iterable[tuple[float, str]],
    marker: float | None = None,
    label: str = "",
    target: float | None = None,
    quiet: bool = False,  # noqa: FBT001, FBT002 - template tags take plain arguments
) -> SafeString | str:
    """Return a band: parts side by side, with a pointer where the value is.

    Args:
        stops: Pairs of the share from 0 to 1 at which a part ends, and its tone (`good`, `warn`,
            `bad`, `none`, `series-1` to `series-6`), in ascending order.
        marker: Where the value lies, from 0 to 1; values outside are drawn at the edge.
        label: What the picture says, for those who do not see it.
        target: Where a dashed line stands, from 0 to 1.
        quiet: Whether to draw it pale, for a small sample.
    """
    parts: list[dict[str, Any]] = []
    start = 0.0
    for end, tone in stops:
        bounded = min(max(float(end), start), 1.0)
        if bounded > start:
            parts.append({"x": _share(start), "width": _share(bounded - start), "tone": tone})
        start = bounded
    return render_to_string(
        "components/band.html",
        {
            "parts": parts, "label": label, "quiet": quiet, "height": _HEIGHT,
            "top": _BAR_TOP, "bar_height": _BAR_HEIGHT, "marker": _position(marker),
            "target": _position(target),
        },
    )  # fmt: skip


@register.simple_tag
def intervals(rows: Sequence[tuple[float, float, float, str]], label: str = "") -> str:
    """Return dots with their 95 % intervals, one beneath the other, on one scale from 0 to 1.

    Args:
        rows: For each group its low bound, value, high bound, and tone.
        label: What the picture says.
    """
    drawn = [
        {"low": _share(low), "value": _share(value), "high": _share(high), "tone": tone,
         "y": 8 + 14 * number}
        for number, (low, value, high, tone) in enumerate(rows)
    ]  # fmt: skip
    return render_to_string(
        "components/intervals.html",
        {"rows": drawn, "label": label, "height": 16 + 14 * max(len(drawn) - 1, 0)},
    )


@register.simple_tag
def spark(values: Sequence[float | None], label: str = "") -> str:
    """Return a line without axes for the last weeks; a gap where a value is None."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    step = 100 / max(len(values) - 1, 1)
    points_of_line = [
        (number * step, 24 - 20 * (float(value - low) / float(high - low) if high > low else 0.5))
        for number, value in enumerate(values)
        if value is not None
    ]
    return render_to_string(
        "components/spark.html",
        {
            "points": " ".join(f"{x:.2f},{y:.2f}" for x, y in points_of_line),
            "label": label,
        },
    )


def _share(value: float) -> str:
    """Return a share from 0 to 1 as an SVG length."""
    return f"{min(max(float(value), 0.0), 1.0) * 100:.2f}%"


def _position(value: float | str | None) -> str | None:
    """Return where a pointer stands, kept inside the drawing; templates say nothing by ""."""
    if value is None or value == "":
        return None
    return f"{min(max(float(value), 0.004), 0.996) * 100:.2f}%"
