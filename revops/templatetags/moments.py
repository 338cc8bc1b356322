"""Instants and durations in the reader's zone, and the badge of a clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html

from revops import formats
from revops.people.selectors import viewer

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

register = template.Library()

_BADGES = {
    # state: (words, tone, icon, words that count on, tick)
    "due_in": ("Due in", "", "clock", "down"),
    "due_soon": ("Due soon,", "warn", "clock-alert", "down"),
    "overdue": ("Overdue by", "bad", "alarm-clock", "up"),
    "met": ("Met in", "good", "check", ""),
    "missed": ("Missed by", "bad", "x", ""),
    "paused": ("Paused", "outline", "pause", ""),
    "exempt": ("Exempt", "outline", "circle-slash", ""),
    "resumes": ("Resumes", "", "moon", ""),
}
_ALIASES = {"due": "due_in", "overdue_by": "overdue", "met_in": "met", "missed_by": "missed"}


@register.simple_tag(takes_context=True)
def local(context: template.Context, at: datetime | None, style: str = "") -> SafeString | str:
    """Return the instant as `<time>` in the reader's zone; the exact instant is in the title.

    Without a style it is `moment`, or `full` when the year is not the current one.
    """
    if at is None:
        return formats.DASH
    reader = viewer(getattr(context, "request", None) or context.get("request"))
    zone = ZoneInfo(reader.zone)
    if not style:
        same_year = reader.at is None or (
            at.astimezone(zone).year == reader.at.astimezone(zone).year
        )
        style = "moment" if same_year else "full"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        formats.iso(at),
        formats.local(at, zone=reader.zone, style="full", twelve_hours=reader.twelve_hours),
        formats.local(at, zone=reader.zone, style=style, twelve_hours=reader.twelve_hours),
    )


@register.simple_tag(takes_context=True)
def moment_or_words(context: template.Context, value: datetime | str) -> SafeString | str:
    """Return a fact of a notice: an instant in the reader's zone, or its words."""
    return local(context, value) if isinstance(value, datetime) else value


@register.simple_tag(takes_context=True)
def ago(context: template.Context, at: datetime | None) -> SafeString | str:
    """Return how long ago `at` was as a `<time>` that a script keeps right."""
    if at is None:
        return formats.DASH
    reader = viewer(getattr(context, "request", None) or context.get("request"))
    title = formats.local(at, zone=reader.zone, style="full", twelve_hours=reader.twelve_hours)
    if reader.at is None:
        words = title
    else:
        gap = reader.at - at
        words = "just now" if gap < timedelta(minutes=1) else f"{formats.elapsed(gap)} ago"
    return format_html(
        '<time datetime="{}" title="{}" data-tick="ago">{}</time>', formats.iso(at), title, words
    )


@register.filter
def day(on: date | None) -> str:
    """Return a local date, such as 23 Nov 2026."""
    return formats.DASH if on is None else str(format_date(on, "d MMM y", locale=formats.LOCALE))


@register.filter
def month(on: date | None) -> str:
    """Return a month, such as Nov 2026."""
    return formats.DASH if on is None else str(format_date(on, "MMM y", locale=formats.LOCALE))


@register.filter
def duration(length: timedelta | None) -> str:
    """Return hours and minutes."""
    return formats.duration(length)


@register.filter
def business(length: timedelta | None) -> str:
    """Return hours and minutes and say that they are business time."""
    if length is None:
        return formats.DASH
    return f"{formats.duration(length)} of business time"


@register.filter
def elapsed(length: timedelta | None) -> str:
    """Return a stretch of ordinary time."""
    return formats.elapsed(length)


@register.filter
def minutes(number: float | None) -> str:
    """Return a number of minutes as hours and minutes."""
    return formats.DASH if number is None else formats.duration(timedelta(minutes=float(number)))


@register.simple_tag
def clock_badge(
    state: Any,
    length: timedelta | None = None,
    text: str = "",
    title: str = "",
    running: timedelta | bool = True,  # noqa: FBT001, FBT002 - template tags take plain arguments
) -> str:
    """Return the badge of a clock in one of its seven states, or `resumes` outside hours.

    Args:
        state: `due_in`, `due_soon`, `overdue`, `met`, `missed`, `paused`, `exempt` or `resumes`;
            spaces, hyphens and a trailing `_by` or `_in` are understood.
        length: Business time left, over, used or late; the badge words it.
        text: Replaces the words, for instance `Resumes Mon 09:00`.
        title: The whole story, such as `due Mon 23 Nov, 09:40 EST`, or the reason of a pause.
        running: Whether business time passes now, so that a script may count on; a length says for
            how long it may.

    Raises:
        KeyError: The state is unknown.
    """
    key = str(getattr(state, "value", state)).lower().replace(" ", "_").replace("-", "_")
    words, tone, icon, tick = _BADGES[_ALIASES.get(key, key)]
    return render_to_string(
        "components/clock_badge.html",
        {
            "state": _ALIASES.get(key, key), "words": words, "tone": tone, "icon": icon,
            "tick": tick if running and length is not None and not text else "",
            "seconds": int(length.total_seconds()) if length is not None else None,
            "lasts": int(running.total_seconds()) if isinstance(running, timedelta) else None,
            "length": length, "text": text, "title": title,
        },
    )  # fmt: skip
