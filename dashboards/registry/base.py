"""What a metric is: one row query, and everything else derived from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BooleanField, CharField, Count, Max, Q, Value
from django.db.models.functions import Cast, Coalesce

from dashboards.filters import MISSING, Grouping, MetricFilter, Option
from dashboards.registry import buckets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from django.db.models import Aggregate, QuerySet
    from django.db.models.expressions import Combinable

    from dashboards.metrics import Band
    from dashboards.registry.buckets import Subject
    from revops.people.choices import Side

COUNTED = Q(is_counted=True)
IN_NUMERATOR = Q(is_counted=True, in_numerator=True)


class Unit(StrEnum):
    """What the value of a metric is measured in."""

    RATE = "rate"
    MONEY = "money"
    BUSINESS_SECONDS = "business_seconds"
    DAYS = "days"
    COUNT = "count"


class Part(StrEnum):
    """Which rows behind a figure are listed."""

    ALL = ""
    NUMERATOR = "numerator"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with what it was made of; `key` and `label` name the group, empty for the whole.

    Attributes:
        value: In the metric's unit; None where there is nothing to divide by.
        numerator: Rows counted, or the sum of an amount; None where the value is no ratio.
        denominator: Likewise.
        n: Rows the value is made of: exactly as many as are listed behind it.
        excluded: Rows of the period that cannot be counted, such as deals without an amount.
        details: Further values by name, such as `median` and `interval`.
        version_ids: Versions of signed documents the rows were judged under.
    """

    value: float | Decimal | None
    numerator: int | Decimal | None
    denominator: int | Decimal | None
    n: int
    excluded: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)
    version_ids: tuple[int, ...] = ()
    key: str = ""
    label: str = ""


class Metric(ABC):
    """A number both teams look at.

    A subclass says in words what it is and gives `facts`, the one query. Value, groups, lists
    and counts are derived here from that query, so that they cannot disagree.
    """

    key: ClassVar[str]
    version: ClassVar[int] = 1
    owner: ClassVar[Side | None] = None
    title: ClassVar[str]
    sentence: ClassVar[str]
    formula: ClassVar[str]
    numerator_words: ClassVar[str] = ""
    denominator_words: ClassVar[str]
    excluded_words: ClassVar[str] = ""
    date_basis: ClassVar[str]
    window: ClassVar[str] = "The chosen period."
    null_rule: ClassVar[str] = "A dash where there is nothing to divide by."
    unit: ClassVar[Unit]
    document: ClassVar[str] = "definitions"
    options: ClassVar[tuple[Option, ...]] = ()
    grouping: ClassVar[Grouping]
    subject: ClassVar[Subject]
    row_measure: ClassVar[str] = ""

    @abstractmethod
    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the rows of the period, narrowed, each with what is said of it.

        Annotations: `basis_at` the instant it is dated by, `is_counted`, `in_numerator`,
        `gauge` (null where the metric measures nothing) and `version_ref`.
        """

    @abstractmethod
    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:
        """Return the figure of one group from its aggregates and those of the whole."""

    def measures(self, asked: MetricFilter) -> dict[str, Aggregate]:  # noqa: ARG002 - a hook
        """Return aggregates beyond the counts, by name."""
        return {}

    def bands(self, asked: MetricFilter) -> tuple[Band, ...]:  # noqa: ARG002 - a hook
        """Return the agreed bands; none where nothing is agreed."""
        return ()

    def aggregates(self, asked: MetricFilter) -> dict[str, Aggregate]:
        """Return every aggregate of the metric over its facts."""
        return {
            "n": Count("pk", filter=COUNTED),
            "hits": Count("pk", filter=IN_NUMERATOR),
            "excluded": Count("pk", filter=~COUNTED),
            "versions": ArrayAgg(
                "version_ref",
                distinct=True,
                filter=Q(version_ref__isnull=False),
                default=Value([]),
            ),
            **self.measures(asked),
        }

    def total(self, asked: MetricFilter) -> Figure:
        """Return the figure of all rows; one statement."""
        sums = self.facts(asked).aggregate(**self.aggregates(asked))
        return self.figure(sums, whole=sums)

    def groups(
        self, asked: MetricFilter, *, whole: Mapping[str, Any] | None = None
    ) -> list[Figure]:
        """Return a figure per group, largest first, time in its order; one statement.

        Args:
            asked: The question; `group_by` names the groups.
            whole: Aggregates of all rows, for metrics whose groups are shares of the whole.
        """
        if not asked.group_by:
            return []
        rows = self._sums_by_bucket(asked)
        return self._ordered(
            rows, whole=self.add_up(rows) if whole is None else whole, asked=asked
        )

    def _sums_by_bucket(self, asked: MetricFilter) -> list[dict[str, Any]]:
        if buckets.is_time(asked.group_by):
            return self._sums_by_time(asked)
        _, label = buckets.of(asked.group_by, subject=self.subject, asked=asked)
        grouped = self._grouped(self.facts(asked), asked=asked).values("bucket")
        return list(grouped.annotate(bucket_label=Max(label), **self.aggregates(asked)))

    def _sums_by_time(self, asked: MetricFilter) -> list[dict[str, Any]]:
        name = asked.group_by
        grouped = (
            self.facts(asked)
            .annotate(began_on=buckets.beginning(name, asked=asked))
            .values("began_on")
            .annotate(**self.aggregates(asked))
        )
        return [
            {
                **row,
                "bucket": buckets.time_key(name, began_on=row["began_on"]),
                "bucket_label": None,
            }
            for row in grouped
        ]

    def _ordered(
        self, rows: list[dict[str, Any]], *, whole: Mapping[str, Any], asked: MetricFilter
    ) -> list[Figure]:
        figures = [self._labelled(row, whole=whole, asked=asked) for row in rows]
        if buckets.is_time(asked.group_by):
            return sorted(figures, key=lambda figure: figure.key)
        return sorted(figures, key=lambda figure: (-self.weight(figure), figure.key))

    def weight(self, figure: Figure) -> float:
        """Return by what groups are put in order, the heaviest first."""
        return figure.n

    def add_up(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the sums over the groups, from which shares of the whole are taken."""
        versions = {held for row in rows for held in row["versions"]}
        counts = {name: sum(row[name] for row in rows) for name in ("n", "hits", "excluded")}
        return {**counts, "versions": sorted(versions)}

    def _labelled(
        self, row: Mapping[str, Any], *, whole: Mapping[str, Any], asked: MetricFilter
    ) -> Figure:
        made = self.figure(row, whole=whole)
        key = row["bucket"]
        label = buckets.words(asked.group_by, key=key, label=row["bucket_label"], asked=asked)
        return Figure(
            value=made.value,
            numerator=made.numerator,
            denominator=made.denominator,
            n=made.n,
            excluded=made.excluded,
            details=made.details,
            version_ids=made.version_ids,
            key=key,
            label=label,
        )

    def rows(
        self, asked: MetricFilter, *, part: Part = Part.ALL, bucket: str = ""
    ) -> QuerySet[Any]:
        """Return the rows behind the figure: exactly `n` of them, newest first.

        Args:
            asked: The same question the figure answered.
            part: Only the numerator's rows, or those that could not be counted.
            bucket: Only the rows of one group, by its key.
        """
        wanted = {Part.ALL: COUNTED, Part.NUMERATOR: IN_NUMERATOR, Part.EXCLUDED: ~COUNTED}[part]
        rows = self.facts(asked).filter(wanted)
        if bucket and asked.group_by:
            rows = self._grouped(rows, asked=asked).filter(bucket=bucket)
        return rows.order_by("-basis_at", "-pk")

    def has_bucket(self, asked: MetricFilter, *, bucket: str) -> bool:
        """Return whether a row of the period, counted or not, is in the group."""
        return self._grouped(self.facts(asked), asked=asked).filter(bucket=bucket).exists()

    def _grouped(self, facts: QuerySet[Any], *, asked: MetricFilter) -> QuerySet[Any]:
        bucket, _ = buckets.of(asked.group_by, subject=self.subject, asked=asked)
        found: QuerySet[Any] = facts.annotate(
            bucket=Coalesce(Cast(bucket, CharField()), Value(MISSING))
        )
        return found

    def narrowed(self, facts: QuerySet[Any], *, asked: MetricFilter) -> QuerySet[Any]:
        """Return the rows the filter lets through."""
        for name, value in asked.narrowed.items():
            bucket, _ = buckets.of(name, subject=self.subject, asked=asked)
            alias = f"only_{name}"
            facts = facts.alias(**{alias: bucket})
            if value == MISSING:
                facts = facts.filter(**{f"{alias}__isnull": True})
            else:
                facts = facts.filter(**{alias: value})
        return facts


class Registry:
    """The metrics by key, in the order people read them."""

    def __init__(self, *metrics: Metric) -> None:
        self._metrics = {metric.key: metric for metric in metrics}

    def __iter__(self) -> Iterator[Metric]:
        """Iterate in reading order."""
        return iter(self._metrics.values())

    def __contains__(self, key: object) -> bool:
        """Whether a metric has this key."""
        return key in self._metrics

    def __getitem__(self, key: str) -> Metric:
        """Return the metric of this key.

        Raises:
            KeyError: No metric has it.
        """
        return self._metrics[key]


def always() -> Combinable:
    """Return true as an expression."""
    return Value(value=True, output_field=BooleanField())
