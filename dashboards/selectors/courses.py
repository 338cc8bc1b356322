"""How numbers went over time: cohorts by week, sources by quarter."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Count, Min, Q, Sum, Value
from django.db.models.functions import Cast, Coalesce

from dashboards import metrics
from dashboards.filters import MISSING, named_period
from dashboards.metrics import Period
from dashboards.registry import MQL_TO_SQL, PIPELINE_BY_SOURCE, buckets
from dashboards.registry.base import COUNTED, IN_NUMERATOR

if TYPE_CHECKING:
    from dashboards.filters import MetricFilter

WEEKS = (1, 2, 3, 4, 6, 8, 10, 13)
"""Weeks since MQL that a cohort is looked at; the thirteenth ends with the 90 days."""

_MONTHS = 12
_QUARTERS = 5
_SOURCES = 6


@dataclass(frozen=True, slots=True)
class Cohort:
    """The rounds that became MQL in one month.

    Attributes:
        shares: The share that reached SQL by each of `WEEKS`; None where not all are that old.
    """

    key: str
    label: str
    n: int
    shares: list[float | None]


def cohorts(asked: MetricFilter) -> list[Cohort]:
    """Return the last twelve months as cohorts, oldest first; one statement."""
    last = metrics.month_of(day=min(asked.period.last_on, asked.setting.today(at=asked.at)))
    first = metrics.add_months(day=last.starts_on, months=1 - _MONTHS)
    course = asked.over(Period(first, last.ends_on)).by("month")
    counts: dict[str, Any] = {
        f"week_{week}": Count("pk", filter=IN_NUMERATOR & Q(gauge__lte=_days(week)))
        for week in WEEKS
    }
    rows = (
        MQL_TO_SQL.facts(course)
        .annotate(began_on=buckets.beginning("month", asked=course))
        .values("began_on")
        .annotate(n=Count("pk"), youngest=Min("age"), **counts)
        .order_by("began_on")
    )
    return [
        Cohort(
            key=f"{row['began_on']:%Y-%m}",
            label=f"{row['began_on']:%b %Y}",
            n=row["n"],
            shares=[
                row[f"week_{week}"] / row["n"] if row["youngest"] >= _days(week) else None
                for week in WEEKS
            ],
        )
        for row in rows
    ]


def _days(week: int) -> int:
    return min(week * 7, 90)


@dataclass(frozen=True, slots=True)
class Course:
    """Shares of the created pipeline by source, quarter by quarter.

    Attributes:
        names: Label of each source by its key.
        shares: For each label its share of each quarter, 0 to 1.
    """

    columns: list[str]
    periods: list[Period]
    names: dict[str, str]
    shares: dict[str, list[float]]


def created_by_quarter(asked: MetricFilter) -> Course:
    """Return the last five quarters up to the chosen period; one statement."""
    setting = asked.setting
    last = setting.quarter(day=min(asked.period.last_on, setting.today(at=asked.at)))
    first = metrics.add_months(day=last.starts_on, months=-3 * (_QUARTERS - 1))
    course = asked.over(Period(first, last.ends_on)).asking(scope="created")
    amounts = _amounts(course)
    quarters = sorted(amounts)
    totals = {name: sum(held.values(), Decimal(0)) for name, held in amounts.items()}
    sources = sorted(
        {key for held in amounts.values() for key in held},
        key=lambda key: -sum(held.get(key, Decimal(0)) for held in amounts.values()),
    )[:_SOURCES]
    names = {
        key: buckets.words("source_group", key=key, label=key, asked=course) for key in sources
    }
    return Course(
        columns=[
            buckets.words("quarter", key=name, label=None, asked=course) for name in quarters
        ],
        periods=[_quarter(name, asked=asked) for name in quarters],
        names=names,
        shares={
            label: [
                float(amounts[name].get(key, Decimal(0)) / totals[name]) if totals[name] else 0.0
                for name in quarters
            ]
            for key, label in names.items()
        },
    )


def _amounts(course: MetricFilter) -> dict[str, dict[str, Decimal]]:
    quarter, _ = buckets.of("quarter", subject=PIPELINE_BY_SOURCE.subject, asked=course)
    source, _ = buckets.of("source_group", subject=PIPELINE_BY_SOURCE.subject, asked=course)
    rows = (
        PIPELINE_BY_SOURCE.facts(course)
        .filter(COUNTED)
        .annotate(
            in_quarter=quarter, from_source=Coalesce(Cast(source, CharField()), Value(MISSING))
        )
        .values_list("in_quarter", "from_source")
        .annotate(amount=Sum("gauge"))
    )
    amounts: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for in_quarter, from_source, amount in rows:
        amounts[in_quarter][from_source] = amount or Decimal(0)
    return amounts


def _quarter(name: str, *, asked: MetricFilter) -> Period:
    today = asked.setting.today(at=asked.at)
    found = named_period(name, setting=asked.setting, today=today)
    return found if found is not None else asked.period
