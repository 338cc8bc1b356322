"""Arithmetic of the shared numbers: periods, rates, intervals, bands, verdicts.

Pure functions on plain values. What counts as a row is the registry's business; how rows become
a sentence is this module's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from revops.intervals import Interval, wilson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

SMALL_SAMPLE = 30
"""Below this many cases a figure is grey and gets neither arrow nor verdict."""

SHORT_OF_AGREED = Decimal("0.8")
"""The joint number is low under this share of what was agreed."""

ONE_DAY = timedelta(days=1)


class Tone(StrEnum):
    """What a figure says about its promise; colour and word follow from it."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Period:
    """Local dates `starts_on <= day < ends_on`."""

    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        """Refuse a period without a day.

        Raises:
            ValueError: `ends_on` is not after `starts_on`.
        """
        if self.ends_on <= self.starts_on:
            raise ValueError("a period ends after it starts")

    @property
    def days(self) -> int:
        """Number of local days."""
        return (self.ends_on - self.starts_on).days

    @property
    def last_on(self) -> date:
        """The last day that belongs to the period."""
        return self.ends_on - timedelta(days=1)

    def elapsed_days(self, *, today: date) -> int:
        """Return how many days have begun, today included; 0 before the period."""
        return min(max((today - self.starts_on).days + 1, 0), self.days)

    def instants(self, *, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the UTC instants of the first and of the first excluded local midnight."""
        return midnight(day=self.starts_on, zone=zone), midnight(day=self.ends_on, zone=zone)


def midnight(*, day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day in UTC.

    Where the clock skips midnight itself, `fold=0` names the same instant as the first local
    time that exists on that day.
    """
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def add_months(*, day: date, months: int) -> date:
    """Return the first of the month `months` away from the month of `day`."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def month_of(*, day: date) -> Period:
    """Return the calendar month around `day`."""
    return Period(add_months(day=day, months=0), add_months(day=day, months=1))


def quarter_of(*, day: date, fiscal_start_month: int) -> Period:
    """Return the fiscal quarter around `day`; `fiscal_start_month` is 1 to 12."""
    into = (day.month - fiscal_start_month) % 3
    return Period(add_months(day=day, months=-into), add_months(day=day, months=3 - into))


def quarter_name(*, starts_on: date, fiscal_start_month: int) -> str:
    """Return `Q4 2026`, or `FY2026 Q2` where the fiscal year is not the calendar year.

    A fiscal year is named by the calendar year it begins in.
    """
    begins = add_months(day=starts_on, months=1 - fiscal_start_month)
    number = (begins.month - 1) // 3 + 1
    if fiscal_start_month == 1:
        return f"Q{number} {begins.year}"
    return f"FY{begins.year} Q{number}"


def previous(*, period: Period, fiscal_start_month: int) -> Period:
    """Return the period to compare with: the month or quarter before, else as many days before."""
    if period == month_of(day=period.starts_on):
        return month_of(day=period.starts_on - timedelta(days=1))
    if period == quarter_of(day=period.starts_on, fiscal_start_month=fiscal_start_month):
        before = period.starts_on - timedelta(days=1)
        return quarter_of(day=before, fiscal_start_month=fiscal_start_month)
    return Period(period.starts_on - timedelta(days=period.days), period.starts_on)


def first_days(*, period: Period, days: int) -> Period:
    """Return the first `days` days of `period`, at least one and at most all."""
    ends_on = period.starts_on + timedelta(days=min(max(days, 1), period.days))
    return Period(period.starts_on, ends_on)


def rate(*, numerator: int, denominator: int) -> float | None:
    """Return the ratio, or None where there is nothing to divide by."""
    return numerator / denominator if denominator else None


def difference(*, one: tuple[int, int], other: tuple[int, int]) -> Interval | None:
    """Return Newcombe's interval (1998, method 10) of the first rate minus the second.

    Args:
        one: Successes and cases of the first group.
        other: Successes and cases of the second group.
    """
    first, second = wilson(successes=one[0], n=one[1]), wilson(successes=other[0], n=other[1])
    if first is None or second is None:
        return None
    p, q = one[0] / one[1], other[0] / other[1]
    return Interval(
        p - q - math.hypot(p - first.low, second.high - q),
        p - q + math.hypot(first.high - p, q - second.low),
    )


def percentile(*, values: Sequence[float], fraction: float) -> float | None:
    """Return the percentile by linear interpolation, as numpy and PostgreSQL define it.

    Raises:
        ValueError: `fraction` is not between 0 and 1.
    """
    if not 0 <= fraction <= 1:
        raise ValueError("fraction must lie between 0 and 1")
    if not values:
        return None
    ordered = sorted(values)
    place = fraction * (len(ordered) - 1)
    low, high = math.floor(place), math.ceil(place)
    if low == high:
        return ordered[low]
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of values `low <= value < high` and what it means; None is unbounded."""

    tone: Tone
    low: float | None
    high: float | None
    words: str

    def holds(self, value: float) -> bool:
        """Return whether `value` lies in the band."""
        return (self.low is None or value >= self.low) and (self.high is None or value < self.high)


def band_of(*, value: float | None, n: int, bands: Iterable[Band]) -> Band | None:
    """Return the band `value` lies in; None without a value, a band or a large enough sample."""
    if value is None or n < SMALL_SAMPLE:
        return None
    return next((band for band in bands if band.holds(value)), None)


class Question(StrEnum):
    """Which process the joint number points at."""

    SALES_EXECUTION = "sales_execution"
    DEMAND_GENERATION = "demand_generation"
    HEALTHY = "healthy"
    TOO_FEW = "too_few"
    NO_TARGET = "no_target"


def diagnosis(
    *,
    value: Decimal | None,
    agreed: Decimal | None,
    win_rate: float | None,
    agreed_win_rate: float | None,
    closed: int,
) -> Question:
    """Return which process to ask about: volume first, then what becomes of it.

    Args:
        value: The joint number.
        agreed: What was agreed for the same elapsed part of the quarter.
        win_rate: Won of the deals closed, 0 to 1.
        agreed_win_rate: The agreed rate, 0 to 1.
        closed: Deals behind `win_rate`; under thirty there is no verdict on it.
    """
    if agreed is None or agreed <= 0:
        return Question.NO_TARGET
    if value is None:
        return Question.TOO_FEW
    if value < agreed * SHORT_OF_AGREED:
        return Question.DEMAND_GENERATION
    if win_rate is None or agreed_win_rate is None or closed < SMALL_SAMPLE:
        return Question.TOO_FEW
    return Question.SALES_EXECUTION if win_rate < agreed_win_rate else Question.HEALTHY


def rep_days(*, spans: Iterable[tuple[date, date | None]], period: Period) -> int:
    """Return the days of one rep's quota spans inside `period`; a shared day counts once."""
    days: set[int] = set()
    for starts_on, ends_on in spans:
        first = max(starts_on, period.starts_on).toordinal()
        after = min(ends_on or period.ends_on, period.ends_on).toordinal()
        days.update(range(first, after))
    return len(days)


def prorated_reps(*, days: Iterable[int], period: Period) -> Decimal:
    """Return the number of reps by rep-days: a rep of half the period counts one half."""
    return Decimal(sum(days)) / Decimal(period.days)


@dataclass(frozen=True, slots=True)
class Step:
    """A point of a cumulative distribution: `share` of all cases took at most `hours`."""

    hours: float
    share: float


def ecdf(*, seconds: Sequence[float], n: int) -> list[Step]:
    """Return the distribution of answered cases over all `n`; the rest never gets there.

    Cases still open or never answered are part of `n` and of no step, so that the curve ends
    below one.
    """
    ordered = sorted(seconds)
    steps = [Step(0.0, 0.0)] if ordered else []
    for index, value in enumerate(ordered, start=1):
        if index == len(ordered) or ordered[index] != value:
            steps.append(Step(value / 3600, index / n))
    return steps


def cumulative(*, amounts: Iterable[tuple[date, Decimal]], period: Period) -> list[Decimal]:
    """Return the running total at the end of each day of `period`; other days are left out."""
    per_day: dict[date, Decimal] = {}
    for day, amount in amounts:
        per_day[day] = per_day.get(day, Decimal(0)) + amount
    total, line = Decimal(0), []
    for offset in range(period.days):
        total += per_day.get(period.starts_on + timedelta(days=offset), Decimal(0))
        line.append(total)
    return line


def forecast(
    *, weekly: Sequence[Decimal], reached: Decimal, weeks_left: float
) -> tuple[Decimal, Decimal] | None:
    """Return the range in which the quarter ends at the pace of its weeks so far.

    The range is the pace of the weeks' quartiles, so that one large deal widens it instead of
    moving it. None with fewer than three complete weeks.
    """
    if len(weekly) < 3:  # noqa: PLR2004 - quartiles of two weeks say nothing
        return None
    paces = [float(amount) for amount in weekly]
    ends = [percentile(values=paces, fraction=share) or 0.0 for share in (0.25, 0.75)]
    low, high = (reached + Decimal(pace * weeks_left) for pace in ends)
    return low, high
