"""Metrics over rounds: volume, funnel, MQL to SQL, acceptance and rejection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateTimeField,
    F,
    IntegerField,
    Q,
    Value,
    When,
)

from dashboards import metrics
from dashboards.filters import MetricFilter, Option
from dashboards.registry import buckets
from dashboards.registry.base import COUNTED, IN_NUMERATOR, Figure, Metric, Unit, always
from dashboards.registry.expressions import Percentile, days_between
from pipeline.choices import Stage
from pipeline.models import Round
from revops.intervals import wilson
from revops.people.choices import Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Aggregate, QuerySet
    from django.db.models.expressions import Combinable

    from dashboards.metrics import Band

WINDOW_DAYS: Final = 90
"""A round has so many local days to become an SQL; older cohorts are mature."""

MILESTONES: Final = {
    "mql": "mql_at",
    "assigned": "assigned_at",
    "accepted": "accepted_at",
    "sql": "sql_at",
    "opportunity": "opportunity_at",
    "won": "won_at",
    "lost": "lost_at",
    "rejected": "rejected_at",
    "recycled": "recycled_at",
    "disqualified": "disqualified_at",
}
"""Stages with the column that holds when a round first reached them."""

_ENDED = [Stage.REJECTED, Stage.RECYCLED, Stage.DISQUALIFIED, Stage.LOST, Stage.WON]


def boolean(condition: Q) -> Combinable:
    """Return the condition as a boolean that is never null."""
    return Case(
        When(condition, then=Value(value=True)),
        default=Value(value=False),
        output_field=BooleanField(),
    )


class RoundMetric(Metric):
    """A metric whose rows are rounds of leads; void, test and merged ones never count."""

    subject = buckets.Subject(lead="lead__", rep="rep__")
    grouping = buckets.grouping("stage")

    def dated(self, asked: MetricFilter, *, column: str) -> QuerySet[Any]:
        """Return the rounds whose `column` lies in the period, and not after the asking."""
        inside = {f"{column}__gte": asked.since, f"{column}__lt": asked.seen_until}
        facts = Round.objects.counted().filter(**inside)
        facts = facts.annotate(basis_at=F(column), version_ref=F("definitions_version_id"))
        return self.narrowed(facts, asked=asked)

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:  # noqa: ARG002 - one signature for all
        """Return the ratio of hits to rows with its interval."""
        return ratio(sums)


def ratio(sums: Mapping[str, Any], **details: Any) -> Figure:
    """Return hits over rows with the Wilson interval among the details."""
    hits, n = sums["hits"], sums["n"]
    interval = wilson(successes=hits, n=n)
    return Figure(
        value=metrics.rate(numerator=hits, denominator=n),
        numerator=hits,
        denominator=n,
        n=n,
        excluded=sums["excluded"],
        details={"interval": [interval.low, interval.high] if interval else None, **details},
        version_ids=tuple(sums["versions"]),
    )


class Volume(RoundMetric):
    """How many rounds became MQL."""

    key = "mql_volume"
    owner = Side.MARKETING
    title = "MQL volume"
    sentence = "How many leads met the agreed definition of an MQL in the period."
    formula = "Number of rounds that became MQL in the period."
    denominator_words = "rounds that became MQL"
    date_basis = "When the round became MQL."
    unit = Unit.COUNT

    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the rounds that became MQL in the period."""
        found: QuerySet[Any] = self.dated(asked, column="mql_at").annotate(
            is_counted=always(), in_numerator=always(), gauge=null_measure()
        )
        return found

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:  # noqa: ARG002 - one signature for all
        """Return the count."""
        return Figure(
            value=sums["n"],
            numerator=None,
            denominator=None,
            n=sums["n"],
            version_ids=tuple(sums["versions"]),
        )


def null_measure() -> Combinable:
    """Return null as the measure of rows that are only counted."""
    return Value(None, output_field=IntegerField())


class Funnel(RoundMetric):
    """From one stage to another, whenever the second was reached."""

    key = "funnel"
    title = "Funnel"
    sentence = "Of the leads that reached one stage in the period, how many reached another."
    formula = "Rounds that reached to_stage / rounds that reached from_stage in the period."
    numerator_words = "of them reached the second stage"
    denominator_words = "rounds that reached the first stage"
    date_basis = "When the round first reached from_stage."
    window = "Open: whenever the second stage was reached; within_days limits it."
    unit = Unit.RATE
    options = (
        Option("from_stage", tuple(MILESTONES), "where the count begins"),
        Option("to_stage", ("won", *(name for name in MILESTONES if name != "won")), "the goal"),
        Option("within_days", ("", "30", "60", "90", "180", "365"), "local days to get there"),
    )

    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the rounds that reached the first stage in the period."""
        start, goal = (MILESTONES[asked.option(name)] for name in ("from_stage", "to_stage"))
        facts = self.dated(asked, column=start).annotate(
            gauge=days_between(start=start, end=goal, zone=asked.zone)
        )
        reached = Q(**{f"{goal}__isnull": False, f"{goal}__lte": asked.at})
        if within := asked.option("within_days"):
            reached &= Q(gauge__lte=int(within))
        found: QuerySet[Any] = facts.annotate(is_counted=always(), in_numerator=boolean(reached))
        return found

    def measures(self, asked: MetricFilter) -> dict[str, Aggregate]:  # noqa: ARG002 - a hook
        """Return the median of the days it took."""
        return {"median": Percentile("gauge", fraction=0.5, filter=IN_NUMERATOR)}

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:  # noqa: ARG002 - one signature for all
        """Return the ratio and the median days."""
        return ratio(sums, median_days=sums["median"])


class MqlToSql(RoundMetric):
    """The conversion both teams agreed to watch."""

    key = "mql_to_sql"
    title = "MQL to SQL"
    sentence = (
        "Of the leads that became MQL in the period, how many sales confirmed as SQL within "
        "90 days."
    )
    formula = "Rounds that reached SQL within 90 days / rounds that became MQL in the period."
    numerator_words = "reached SQL within 90 days"
    denominator_words = "rounds that became MQL"
    date_basis = "When the round became MQL: a cohort keeps its month."
    window = (
        "90 local days from MQL; a cohort is judged when all its rounds are that old or ended."
    )
    unit = Unit.RATE

    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the rounds that became MQL in the period."""
        facts = self.dated(asked, column="mql_at").annotate(
            gauge=days_between(start="mql_at", end="sql_at", zone=asked.zone),
            age=days_between(
                start="mql_at", end=Value(asked.at, output_field=DateTimeField()), zone=asked.zone
            ),
        )
        confirmed = Q(gauge__lte=WINDOW_DAYS, sql_at__lte=asked.at)
        settled = Q(age__gt=WINDOW_DAYS) | Q(sql_at__lte=asked.at) | Q(stage__in=_ENDED)
        found: QuerySet[Any] = facts.annotate(
            is_counted=always(), in_numerator=boolean(confirmed), is_settled=boolean(settled)
        )
        return found

    def measures(self, asked: MetricFilter) -> dict[str, Aggregate]:  # noqa: ARG002 - a hook
        """Return the median of the days, and how many rounds may still get there."""
        return {
            "median": Percentile("gauge", fraction=0.5, filter=IN_NUMERATOR),
            "waiting": Count("pk", filter=COUNTED & Q(is_settled=False)),
        }

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:  # noqa: ARG002 - one signature for all
        """Return the ratio, the median days and the maturity."""
        return ratio(
            sums,
            median_days=sums["median"],
            still_in_window=sums["waiting"],
            is_mature=sums["waiting"] == 0,
        )

    def bands(self, asked: MetricFilter) -> tuple[Band, ...]:
        """Return the bands of the contribution agreement."""
        return asked.setting.bands


class FirstDecision(RoundMetric):
    """How sales first decided; a later reject of an accepted lead does not change it."""

    date_basis = "When sales first decided."
    denominator_words = "rounds sales decided on"
    formula = "Rounds so decided / rounds with a first decision in the period; pending ones apart."
    unit = Unit.RATE
    decision: str

    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the rounds that were first decided on in the period."""
        facts = self.dated(asked, column="decided_at").exclude(first_decision="")
        found: QuerySet[Any] = facts.annotate(
            is_counted=always(),
            in_numerator=boolean(Q(first_decision=self.decision)),
            gauge=days_between(start="mql_at", end="decided_at", zone=asked.zone),
        )
        return found


class Acceptance(FirstDecision):
    """The share of decided MQLs that sales accepted."""

    key = "acceptance_rate"
    owner = Side.MARKETING
    title = "Acceptance rate"
    sentence = "Of the leads sales decided on in the period, how many it accepted."
    numerator_words = "were accepted"
    decision = Stage.ACCEPTED


class Rejection(FirstDecision):
    """The share of decided MQLs that sales turned down."""

    key = "rejection_rate"
    owner = Side.MARKETING
    title = "Rejection rate"
    sentence = "Of the leads sales decided on in the period, how many it rejected with a reason."
    numerator_words = "were rejected"
    decision = Stage.REJECTED
    grouping = buckets.grouping("stage", "reject_reason")
