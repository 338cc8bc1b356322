"""How numbers, durations and instants read; pure functions, English of the United States.

Dates say the month in letters, so that no reader mistakes the day for the month.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_compact_currency, format_currency, format_decimal, format_percent

LOCALE = "en_US"
DASH = "\u2013"
SMALL_SAMPLE = 30
"""Below this many cases a rate is grey and shown without a trend."""

_COMPACT_DECIMALS_UNTIL = 100
_THOUSAND = 1000
_PATTERNS = {
    "full": "EEE d MMM y, {time}",
    "moment": "EEE d MMM, {time}",
    "day_time": "EEE {time}",
    "time": "{time}",
    "date": "d MMM y",
    "day": "EEE d MMM",
}
_WITHOUT_ZONE = frozenset({"date", "day"})


def money(amount: Decimal | float | None, *, currency: str = "USD") -> str:
    """Return the exact amount, such as `$1,234,567.50`; a dash for None."""
    if amount is None:
        return DASH
    return format_currency(amount, currency, locale=LOCALE)


def money_compact(amount: Decimal | float | None, *, currency: str = "USD") -> str:
    """Return three significant figures, such as `$1.2M`, `$121K`, `$85`; a dash for None."""
    if amount is None:
        return DASH
    leading = abs(Decimal(amount))
    if leading < _THOUSAND:
        return format_currency(
            amount, currency, format="\u00a4#,##0", currency_digits=False, locale=LOCALE
        )
    while leading >= _THOUSAND:
        leading /= _THOUSAND
    digits = 1 if leading < _COMPACT_DECIMALS_UNTIL else 0
    return format_compact_currency(amount, currency, locale=LOCALE, fraction_digits=digits)


def percent(rate: Decimal | float | None, *, digits: int = 1) -> str:
    """Return a ratio from 0 to 1 as `24.0%`; a dash for None, never a false zero."""
    if rate is None:
        return DASH
    pattern = "#,##0." + "0" * digits + "%" if digits else "#,##0%"
    return format_percent(rate, format=pattern, locale=LOCALE, decimal_quantization=True)


def points(change: Decimal | float | None) -> str:
    """Return the difference of two ratios in percentage points, such as `+2.1 pp`."""
    if change is None:
        return DASH
    shown = round(Decimal(change) * 100, 1)
    return f"{shown:+.1f} pp".replace("-", "\u2212") if shown else "0.0 pp"


def count(number: int | Decimal | float | None) -> str:
    """Return a number with thousands separated; a dash for None."""
    return DASH if number is None else str(format_decimal(number, locale=LOCALE))


def plural(number: int, singular: str, several: str = "") -> str:
    """Return `1 lead`, `3 leads`; `several` only where the plural is not singular plus s."""
    return f"{count(number)} {singular if number == 1 else several or singular + 's'}"


def duration(length: timedelta | None) -> str:
    """Return hours and minutes, such as `6 h 20 m`; hours go on beyond a day.

    Business time has no days that everybody shares, so none are shown. Minutes are dropped from
    100 hours on, where nobody reads them.
    """
    if length is None:
        return DASH
    minutes = int(abs(length).total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 100:  # noqa: PLR2004 - see the docstring
        return f"{count(hours)} h"
    if hours:
        return f"{hours} h {minutes} m" if minutes else f"{hours} h"
    return f"{minutes} m" if minutes else "under 1 m"


def elapsed(length: timedelta | None) -> str:
    """Return a stretch of ordinary time, such as `35 m`, `6 h 20 m`, `3 d 4 h`, `41 d`."""
    if length is None:
        return DASH
    if abs(length) < timedelta(days=2):
        return duration(length)
    days, rest = divmod(int(abs(length).total_seconds()), 86_400)
    hours = rest // 3600
    return f"{days} d {hours} h" if hours and days < 7 else f"{days} d"  # noqa: PLR2004 - a week


def zone_name(at: datetime) -> str:
    """Return the abbreviation people use, `EST`; `UTC+3` where the zone has only figures."""
    name = at.tzname() or "UTC"
    if name[0] not in "+-":
        return name
    hours, minutes = int(name[:3]), name[3:]
    return f"UTC{hours:+d}" + (f":{minutes}" if minutes.strip("0") else "")


def local(at: datetime, *, zone: str, style: str = "moment", twelve_hours: bool = False) -> str:
    """Return an instant in a reader's zone, with the zone's abbreviation where a time is shown.

    Args:
        at: Aware instant.
        zone: IANA name of the reader's zone.
        style: `moment` (Mon 23 Nov, 09:40 EST), `full` (with the year), `day_time` (Mon 09:40),
            `time` (09:40 EST), `date` (23 Nov 2026) or `day` (Mon 23 Nov).
        twelve_hours: Whether to write 9:40 AM.

    Raises:
        KeyError: The style is unknown.
        ValueError: The instant is naive.
    """
    if at.tzinfo is None:
        raise ValueError("an instant that is shown must be aware")
    there = at.astimezone(ZoneInfo(zone))
    pattern = _PATTERNS[style].format(time="h:mm a" if twelve_hours else "HH:mm")
    text = str(format_datetime(there, pattern, locale=LOCALE))
    return text if style in _WITHOUT_ZONE or style == "day_time" else f"{text} {zone_name(there)}"


def deadline(at: datetime, *, zone: str, style: str = "moment", twelve_hours: bool = False) -> str:
    """Return a due instant as `local` does; midnight is the end of the day people mean."""
    there = at.astimezone(ZoneInfo(zone))
    if there.time() != time.min:
        return local(at, zone=zone, style=style, twelve_hours=twelve_hours)
    eve = local(at - timedelta(seconds=1), zone=zone, style="day")
    return f"the end of {eve}"


def iso(at: datetime) -> str:
    """Return the instant as machines read it, in UTC to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def initials(name: str) -> str:
    """Return up to two letters that stand for a person."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"
