"""How figures read on pages: value, fraction, verdict. The numbers themselves come ready."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from babel.numbers import get_currency_symbol

from dashboards import metrics
from dashboards.metrics import SMALL_SAMPLE, Question
from dashboards.registry.base import Unit
from revops import formats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from dashboards.metrics import Period
    from dashboards.registry.base import Figure, Metric
    from dashboards.selectors.frame import Frame, VersionLabel

_FAR_PAST_YEAR = 2000
Number = Decimal | float | int | None


def value(unit: Unit, number: Number, *, currency: str) -> str:
    """Return the number as a headline: short, a dash for None."""
    if number is None:
        return formats.DASH
    match unit:
        case Unit.RATE:
            return formats.percent(number)
        case Unit.MONEY:
            return formats.money_compact(number, currency=currency)
        case Unit.BUSINESS_SECONDS:
            return formats.duration(timedelta(seconds=float(number)))
        case Unit.DAYS:
            return days(float(number))
        case Unit.COUNT:
            return formats.count(number)


def exact(unit: Unit, number: Number, *, currency: str) -> str:
    """Return the number as titles and files give it."""
    if number is None:
        return formats.DASH
    match unit:
        case Unit.MONEY:
            return formats.money(number, currency=currency)
        case Unit.RATE:
            return formats.percent(number, digits=4)
        case Unit.BUSINESS_SECONDS:
            return f"{formats.count(round(float(number)))} business seconds"
        case _:
            return value(unit, number, currency=currency)


def days(number: float | None) -> str:
    """Return a number of days, such as `14 days` or `8.5 days`."""
    if number is None:
        return formats.DASH
    shown = f"{number:.1f}".removesuffix(".0")
    return f"{shown} day" if shown == "1" else f"{shown} days"


def measure(metric: Metric, number: Number, *, currency: str) -> str:
    """Return what a row adds, in the measure's own words; empty where there is nothing."""
    if number is None:
        return ""
    if isinstance(number, Decimal):
        return formats.money(number, currency=currency)
    if metric.row_measure == "Business time":
        return formats.duration(timedelta(seconds=float(number)))
    return days(float(number)) if metric.row_measure in {"Days", ""} else formats.count(number)


def fraction(metric: Metric, figure: Figure, *, currency: str) -> str:
    """Return what a value was made of, such as `96 of 400`."""
    if metric.unit is Unit.RATE and isinstance(figure.denominator, int):
        return f"{formats.count(figure.numerator)} of {formats.count(figure.n)}"
    if isinstance(figure.denominator, Decimal) and isinstance(figure.numerator, Decimal):
        part = formats.money_compact(figure.numerator, currency=currency)
        if metric.denominator_words.startswith("reps"):
            return f"{part} for {reps(figure.denominator)} reps"
        return f"{part} of {formats.money_compact(figure.denominator, currency=currency)}"
    return cases(figure.n)


def cases(n: int) -> str:
    """Return the number of cases."""
    return f"n = {formats.count(n)}"


def reps(number: Decimal) -> str:
    """Return a number of reps by days, such as `11.4`."""
    return f"{number:.1f}".removesuffix(".0")


def is_small(figure: Figure) -> bool:
    """Return whether the figure has too few cases for a verdict."""
    return figure.n < SMALL_SAMPLE


def versions(labels: Sequence[VersionLabel], *, is_provisional: bool) -> str:
    """Return the versions beneath a figure, such as `Definitions v2 and v3`."""
    numbers: dict[str, list[int]] = {}
    for label in labels:
        numbers.setdefault(label.words.rsplit(" v", 1)[0], []).append(label.number)
    words = ", ".join(
        f"{name} " + " and ".join(f"v{number}" for number in held)
        for name, held in numbers.items()
    )
    if not is_provisional:
        return words
    return f"{words} · provisional: not agreed" if words else "provisional: not agreed"


def short_versions(words: str) -> str:
    """Return the versions where there is little room: `Definitions v1, v2 · not agreed`."""
    return words.replace(" and v", ", v").replace("provisional: not agreed", "not agreed")


def period(asked: Period, *, frame: Frame) -> str:
    """Return the name of a period, such as `Q4 2026`, `Nov 2026` or `3 Oct to 9 Nov 2026`."""
    setting = frame.setting
    if asked == setting.quarter(day=asked.starts_on):
        return metrics.quarter_name(
            starts_on=asked.starts_on, fiscal_start_month=setting.fiscal_start_month
        )
    if asked == metrics.month_of(day=asked.starts_on):
        return f"{asked.starts_on:%b %Y}"
    if asked.starts_on.year == _FAR_PAST_YEAR:
        return "All time"
    last = asked.last_on
    first = f"{asked.starts_on.day} {asked.starts_on:%b}"
    if asked.starts_on.year != last.year:
        first += f" {asked.starts_on.year}"
    return f"{first} to {last.day} {last:%b %Y}"


def day_of(asked: Period, *, today: date) -> str:
    """Return how far a running period is, such as `day 52 of 92`; empty for a finished one."""
    gone = asked.elapsed_days(today=today)
    return f"day {gone} of {asked.days}" if 0 < gone < asked.days else ""


def against(now: Number, before: Number, *, base: str) -> tuple[str, str]:
    """Return the change of an amount in words and its direction.

    Returns:
        Such as `("up 11% on the same day of Q3", "up")`; empty words where nothing compares.
    """
    if now is None or not before:
        return "", "level"
    change = float(now) / float(before) - 1
    share = formats.percent(abs(change), digits=0)
    if share == "0%":
        return f"level with {base}", "level"
    direction = "up" if change > 0 else "down"
    return f"{direction} {share} on {base}", direction


def points_against(now: float | None, before: float | None, *, base: str) -> tuple[str, str]:
    """Return the change of a rate in percentage points and its direction."""
    if now is None or before is None:
        return "", "level"
    change = now - before
    shown = f"{abs(change) * 100:.1f}"
    if shown == "0.0":
        return f"level with {base}", "level"
    direction = "up" if change > 0 else "down"
    return f"{direction} {shown} pp on {base}", direction


def diagnosis(question: Question, *, win_rate: float | None, texts: Mapping[Question, str]) -> str:
    """Return the sentence beside the joint number: a question to a process, never to a person."""
    agreed = texts.get(question)
    if question is Question.DEMAND_GENERATION:
        held = f" while win rate is {formats.percent(win_rate, digits=0)}" if win_rate else ""
        lead = f"Volume is short of the agreed line{held}."
        return f"{lead} {agreed}".strip()
    if question is Question.SALES_EXECUTION:
        lead = f"Volume holds, but win rate is {formats.percent(win_rate, digits=0)}."
        return f"{lead} {agreed}".strip()
    if question is Question.HEALTHY:
        return agreed or "Volume and win rate both hold."
    if question is Question.NO_TARGET:
        return agreed or (
            "No target is signed for this quarter, so the number is shown without a verdict. "
            "It becomes a promise when both sides sign the contribution agreement."
        )
    return "There are too few closed deals for a verdict on what becomes of the volume."


def option_words(options: Mapping[str, Any]) -> str:
    """Return a metric's own parameters in words."""
    return ", ".join(f"{name.replace('_', ' ')}: {held}" for name, held in options.items() if held)


def currency_sign(currency: str) -> str:
    """Return the sign people write before an amount, such as `$`."""
    return str(get_currency_symbol(currency, locale=formats.LOCALE))
