"""Metrics over deals: pipeline, win rate, sales cycle, and the joint number."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db.models import (
    Avg,
    Case,
    Count,
    DecimalField,
    F,
    Max,
    Min,
    Q,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from dashboards.filters import MetricFilter, Option
from dashboards.registry import buckets
from dashboards.registry.base import COUNTED, IN_NUMERATOR, Figure, Metric, Unit, always
from dashboards.registry.expressions import Percentile, days_between
from dashboards.registry.rounds import boolean, ratio
from pipeline.choices import Outcome, SourceGroup
from pipeline.models import Opportunity
from revops.people.choices import Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Aggregate, QuerySet
    from django.db.models.expressions import Combinable

MONEY: Final = DecimalField(max_digits=30, decimal_places=8)
_CENT = Decimal("0.01")


def priced(column: str, *, asked: MetricFilter) -> Combinable:
    """Return the amount in the organisation's currency at the quarter's fixed rates.

    Null where there is no amount or no agreed rate: such deals are counted apart, never as 0.
    """
    known = [
        When(currency=currency, then=F(column) * Value(rate, output_field=MONEY))
        for currency, rate in asked.setting.rates.items()
        if currency != asked.setting.currency
    ]
    own = When(currency__in=["", asked.setting.currency], then=F(column))
    return Case(own, *known, default=Value(None), output_field=MONEY)


def cents(amount: Decimal | None) -> Decimal:
    """Return a sum rounded to cents, 0 for the empty sum."""
    return (amount or Decimal(0)).quantize(_CENT)


class DealMetric(Metric):
    """A metric whose rows are deals; voided ones and those of test leads never count."""

    subject = buckets.Subject(lead="lead__", rep="rep__", is_deal=True)
    grouping = buckets.grouping("sdr", "deal_stage", "outcome")

    def deals(self, asked: MetricFilter, *, narrow: bool = True) -> QuerySet[Any]:
        """Return the deals that may count, before any date."""
        facts = Opportunity.objects.filter(voided_at__isnull=True).filter(
            Q(lead__isnull=True) | Q(lead__is_test=False, lead__merged_into__isnull=True)
        )
        facts = facts.annotate(version_ref=F("definitions_version_id"))
        return self.narrowed(facts, asked=asked) if narrow else facts

    def dated(self, asked: MetricFilter, *, column: str) -> QuerySet[Any]:
        """Return the deals whose `column` lies in the period, and not after the asking."""
        inside = {f"{column}__gte": asked.since, f"{column}__lt": asked.seen_until}
        found: QuerySet[Any] = self.deals(asked).filter(**inside).annotate(basis_at=F(column))
        return found


class WinRate(DealMetric):
    """Won of the deals that were closed."""

    key = "win_rate"
    owner = Side.SALES
    title = "Win rate"
    sentence = "Of the deals closed in the period, how many were won, by who brought them."
    formula = "Won deals / (won + lost deals) closed in the period."
    numerator_words = "were won"
    denominator_words = "deals closed"
    date_basis = "When the deal was closed."
    unit = Unit.RATE
    grouping = buckets.grouping("sdr", "outcome", "deal_stage", default="source_group")
    row_measure = "Amount"

    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the deals closed in the period."""
        facts = self.dated(asked, column="closed_at").exclude(outcome="")
        found: QuerySet[Any] = facts.annotate(
            is_counted=always(),
            in_numerator=boolean(Q(outcome=Outcome.WON)),
            gauge=priced("amount", asked=asked),
        )
        return found

    def measures(self, asked: MetricFilter) -> dict[str, Aggregate]:  # noqa: ARG002 - a hook
        """Return the amounts won and closed."""
        return {
            "won_amount": Sum("gauge", filter=IN_NUMERATOR),
            "closed_amount": Sum("gauge", filter=COUNTED),
        }

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:  # noqa: ARG002 - one signature for all
        """Return the rate by count, with the amounts beside it."""
        return ratio(
            sums,
            won_amount=cents(sums["won_amount"]),
            closed_amount=cents(sums["closed_amount"]),
            lost=sums["n"] - sums["hits"],
        )


class SalesCycle(DealMetric):
    """How long won deals took."""

    key = "sales_cycle"
    title = "Sales cycle"
    sentence = "How many days the deals closed in the period took."
    formula = "Median of local close date minus local start date, in whole days."
    denominator_words = "closed deals with both dates"
    excluded_words = "deals without a start date, or closed before it"
    date_basis = "When the deal was closed."
    unit = Unit.DAYS
    grouping = buckets.grouping("sdr", "outcome", default="source_group")
    row_measure = "Days"
    options = (
        Option("from", ("accepted", "captured", "created"), "where the days begin"),
        Option("outcome", ("won", "lost"), "which deals"),
    )
    _starts: Final = {
        "accepted": "accepted_at",
        "captured": "lead__captured_at",
        "created": "created_at",
    }

    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the deals that ended so in the period; the odd ones are not counted."""
        start = self._starts[asked.option("from")]
        facts = self.dated(asked, column="closed_at").filter(outcome=asked.option("outcome"))
        facts = facts.annotate(
            gauge=days_between(start=start, end="closed_at", zone=asked.zone),
            in_numerator=always(),
        )
        found: QuerySet[Any] = facts.annotate(is_counted=boolean(Q(gauge__gte=0)))
        return found

    def measures(self, asked: MetricFilter) -> dict[str, Aggregate]:  # noqa: ARG002 - a hook
        """Return mean, percentiles and range."""
        return {
            "mean": Avg("gauge", filter=COUNTED),
            "median": Percentile("gauge", fraction=0.5, filter=COUNTED),
            "p90": Percentile("gauge", fraction=0.9, filter=COUNTED),
            "shortest": Min("gauge", filter=COUNTED),
            "longest": Max("gauge", filter=COUNTED),
            "negative": Count("pk", filter=Q(gauge__lt=0)),
        }

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:  # noqa: ARG002 - one signature for all
        """Return the median, with mean, p90 and range."""
        mean = sums["mean"]
        return Figure(
            value=sums["median"],
            numerator=None,
            denominator=None,
            n=sums["n"],
            excluded=sums["excluded"],
            details={
                "mean": None if mean is None else float(mean),
                "median": sums["median"],
                "p90": sums["p90"],
                "min": sums["shortest"],
                "max": sums["longest"],
                "negative": sums["negative"],
            },
            version_ids=tuple(sums["versions"]),
        )


class AmountMetric(DealMetric):
    """A metric over the sum of an amount; deals without one are counted apart."""

    row_measure = "Amount"
    excluded_words = "deals without an amount or an agreed exchange rate"
    document = "contribution"

    def measures(self, asked: MetricFilter) -> dict[str, Aggregate]:  # noqa: ARG002 - a hook
        """Return the sums of all counted rows and of the numerator's."""
        return {
            "amount": Sum("gauge", filter=COUNTED),
            "part_amount": Sum("gauge", filter=IN_NUMERATOR),
        }

    def add_up(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the sums over the groups."""
        amounts = {
            name: sum((row[name] or Decimal(0) for row in rows), Decimal(0))
            for name in ("amount", "part_amount")
        }
        return {**super().add_up(rows), **amounts}

    def weight(self, figure: Figure) -> float:
        """Return the group's amount."""
        return float(figure.numerator or 0)

    def together(self, asked: MetricFilter) -> tuple[Figure, list[Figure]]:
        """Return the whole and its groups; one statement, because sums add up."""
        rows = self._sums_by_bucket(asked)
        whole = self.add_up(rows)
        return self.figure(whole, whole=whole), self._ordered(rows, whole=whole, asked=asked)

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:
        """Return the sum, with its share of the whole."""
        amount = cents(sums["amount"])
        return Figure(
            value=amount,
            numerator=amount,
            denominator=None,
            n=sums["n"],
            excluded=sums["excluded"],
            details={"share": share(amount, of=cents(whole["amount"]))},
            version_ids=tuple(sums["versions"]),
        )


def share(amount: Decimal, *, of: Decimal) -> float | None:
    """Return the amount as a share of `of`, None of nothing."""
    return float(amount / of) if of else None


class PipelineBySource(AmountMetric):
    """Who brought the pipeline that is open."""

    key = "pipeline_by_source"
    title = "Pipeline by source"
    sentence = "What share of the open pipeline each source brought; the headline is marketing's."
    formula = "Open amount of the group / open amount of all groups, at one instant."
    numerator_words = "of it from marketing"
    denominator_words = "of open pipeline"
    date_basis = "Deals open at the end of the period, or now where the period goes on."
    window = (
        "scope=open: one instant. scope=created: accepted in the period. scope=all: every deal."
    )
    unit = Unit.RATE
    grouping = buckets.grouping("sdr", "deal_stage", "outcome", default="source_group")
    options = (Option("scope", ("open", "created", "all"), "which deals"),)

    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the deals in scope; marketing's are the numerator."""
        scope = asked.option("scope")
        column = "accepted_amount" if scope == "created" else "amount"
        facts = self._in_scope(asked, scope=scope).annotate(
            gauge=priced(column, asked=asked),
            in_numerator=boolean(Q(source_group=SourceGroup.MARKETING)),
        )
        counted = Q(gauge__isnull=False)
        found: QuerySet[Any] = facts.annotate(
            is_counted=always() if scope == "all" else boolean(counted)
        )
        return found

    def _in_scope(self, asked: MetricFilter, *, scope: str) -> QuerySet[Any]:
        if scope == "created":
            return self.dated(asked, column="accepted_at")
        if scope == "all":
            known = Coalesce("created_at", "accepted_at", "closed_at", "recorded_at")
            found: QuerySet[Any] = self.deals(asked).annotate(basis_at=known)
            return found
        # Open at an instant: taken on by then, and closed, if at all, after it.
        at = asked.seen_until
        still = Q(closed_at__isnull=True, outcome="") | Q(closed_at__gt=at)
        taken = self.deals(asked).filter(still, accepted_at__lte=at)
        rows: QuerySet[Any] = taken.annotate(basis_at=F("accepted_at"))
        return rows

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:
        """Return marketing's share of the whole, or the group's share of it."""
        is_whole = sums is whole
        part = cents(sums["part_amount"] if is_whole else sums["amount"])
        total = cents(whole["amount"])
        return Figure(
            value=share(part, of=total),
            numerator=part,
            denominator=total,
            n=sums["n"],
            excluded=sums["excluded"],
            details={"amount": cents(sums["amount"]), "deals_in_numerator": sums["hits"]},
            version_ids=tuple(sums["versions"]),
        )


class PipelineCreated(AmountMetric):
    """Pipeline that sales accepted in the period."""

    key = "pipeline_created"
    title = "Pipeline created"
    sentence = "The amount of the deals sales accepted in the period, at acceptance."
    formula = "Sum of the amounts at acceptance of deals accepted in the period."
    denominator_words = "deals accepted"
    date_basis = "When sales accepted the deal."
    unit = Unit.MONEY
    grouping = buckets.grouping("sdr", "deal_stage", default="source_group")

    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the deals accepted in the period."""
        facts = self.dated(asked, column="accepted_at").annotate(
            gauge=priced("accepted_amount", asked=asked), in_numerator=always()
        )
        found: QuerySet[Any] = facts.annotate(is_counted=boolean(Q(gauge__isnull=False)))
        return found
