"""The joint number, and under it what the reps made of their quota."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from dashboards import metrics
from dashboards.metrics import Period
from dashboards.registry import buckets
from dashboards.registry.base import Figure, Unit, always
from dashboards.registry.deals import AmountMetric, cents, priced
from dashboards.registry.rounds import boolean
from pipeline.choices import Outcome, SourceGroup
from revops.people.choices import Side
from revops.people.models import QuotaPeriod

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from django.db.models import QuerySet

    from dashboards.filters import MetricFilter

_NOTHING = Decimal(0)


class SourcedPerRep(AmountMetric):
    """The joint number: what marketing sourced for each rep who carries quota."""

    key = "sourced_pipeline_per_rep"
    title = "Sourced pipeline per rep"
    sentence = (
        "The pipeline marketing sourced and sales accepted in the period, for each rep who "
        "carries quota."
    )
    formula = (
        "Amount at acceptance of marketing-sourced deals accepted in the period / reps with "
        "quota, each by the share of the period's days."
    )
    numerator_words = "sourced by marketing and accepted by sales"
    denominator_words = "reps by days with quota"
    date_basis = "When sales accepted the deal."
    window = "The fiscal quarter, unless another period is chosen."
    null_rule = "A dash where nobody carries quota in the period."
    unit = Unit.MONEY
    grouping = buckets.grouping("sdr", "deal_stage")

    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the marketing-sourced deals accepted in the period."""
        facts = self.dated(asked, column="accepted_at").filter(source_group=SourceGroup.MARKETING)
        facts = facts.annotate(gauge=priced("accepted_amount", asked=asked), in_numerator=always())
        found: QuerySet[Any] = facts.annotate(is_counted=boolean(Q(gauge__isnull=False)))
        return found

    def total(self, asked: MetricFilter) -> Figure:
        """Return the amount per rep; two statements."""
        sums = self.facts(asked).aggregate(**self.aggregates(asked))
        return self.per_rep(sums, reps=roster(asked))

    def per_rep(self, sums: Mapping[str, Any], *, reps: Mapping[str, Decimal]) -> Figure:
        """Return the amount over the reps by days."""
        amount, count = cents(sums["amount"]), sum(reps.values(), _NOTHING)
        return Figure(
            value=cents(amount / count) if count else None,
            numerator=amount,
            denominator=count,
            n=sums["n"],
            excluded=sums["excluded"],
            details={"reps": len(reps)},
            version_ids=tuple(sums["versions"]),
        )

    def groups(
        self, asked: MetricFilter, *, whole: Mapping[str, Any] | None = None
    ) -> list[Figure]:
        """Return what each group adds to the joint number: its amount over all the reps."""
        if not asked.group_by:
            return []
        reps = sum(roster(asked).values(), _NOTHING)
        return super().groups(asked, whole={"reps": reps, **(whole or {})})

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:
        """Return the group's amount over the reps of the whole."""
        amount, reps = cents(sums["amount"]), whole["reps"]
        return Figure(
            value=cents(amount / reps) if reps else None,
            numerator=amount,
            denominator=reps,
            n=sums["n"],
            excluded=sums["excluded"],
            version_ids=tuple(sums["versions"]),
        )


class QuotaAttainment(AmountMetric):
    """What was won of what the reps were asked to win."""

    key = "quota_attainment"
    owner = Side.SALES
    title = "Quota attainment"
    sentence = "The amount won in the period by reps with quota, as a share of their quota."
    formula = (
        "Won amount of reps with quota / their quota, by the days of the period they carry it."
    )
    numerator_words = "won"
    denominator_words = "of quota"
    date_basis = "When the deal was won."
    null_rule = "A dash where no quota is entered."
    unit = Unit.RATE
    grouping = buckets.grouping()

    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the deals won in the period by reps who carry quota in it."""
        carrying = spans(asked).values("rep_id")
        facts = self.dated(asked, column="closed_at").filter(outcome=Outcome.WON, rep__in=carrying)
        facts = facts.annotate(gauge=priced("amount", asked=asked), in_numerator=always())
        found: QuerySet[Any] = facts.annotate(is_counted=boolean(Q(gauge__isnull=False)))
        return found

    def total(self, asked: MetricFilter) -> Figure:
        """Return the share of all quota; two statements."""
        sums = self.facts(asked).aggregate(**self.aggregates(asked))
        return self.figure(sums, whole={"quota": quota(asked)})

    def groups(
        self, asked: MetricFilter, *, whole: Mapping[str, Any] | None = None
    ) -> list[Figure]:
        """Return what each group adds to the attainment of the whole."""
        if not asked.group_by:
            return []
        return super().groups(asked, whole={"quota": quota(asked), **(whole or {})})

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:
        """Return the amount over the quota of the whole."""
        amount, asked_for = cents(sums["amount"]), cents(whole["quota"])
        return Figure(
            value=float(amount / asked_for) if asked_for else None,
            numerator=amount,
            denominator=asked_for,
            n=sums["n"],
            excluded=sums["excluded"],
            version_ids=tuple(sums["versions"]),
        )


def spans(asked: MetricFilter) -> QuerySet[QuotaPeriod]:
    """Return the quota periods that touch the period, narrowed by rep, team and segment.

    The filters on source do not narrow them: every rep works every source.
    """
    period = asked.period
    found = QuotaPeriod.objects.filter(starts_on__lt=period.ends_on).filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=period.starts_on)
    )
    columns = {"rep": "rep__external_id", "team": "rep__team__name", "segment": "rep__segment"}
    for name, column in columns.items():
        if name in asked.narrowed:
            found = found.filter(**{column: asked.narrowed[name]})
    return found


def roster(asked: MetricFilter) -> dict[str, Decimal]:
    """Return for each rep with quota in the period the share of its days; one statement."""
    by_rep: dict[str, list[tuple[date, date | None]]] = defaultdict(list)
    rows = spans(asked).order_by("rep_id", "starts_on")
    for rep, starts_on, ends_on in rows.values_list("rep__external_id", "starts_on", "ends_on"):
        by_rep[rep].append((starts_on, ends_on))
    period = asked.period
    days = {rep: metrics.rep_days(spans=held, period=period) for rep, held in by_rep.items()}
    return {rep: Decimal(count) / Decimal(period.days) for rep, count in days.items() if count}


def quota(asked: MetricFilter) -> Decimal:
    """Return the quota that falls into the period; one statement.

    A quota is spread evenly over its own days; one without an end is a quota per quarter.
    """
    total = _NOTHING
    rows = spans(asked).filter(quota_amount__isnull=False)
    for starts_on, ends_on, amount in rows.values_list("starts_on", "ends_on", "quota_amount"):
        whole = asked.setting.quarter(day=max(starts_on, asked.period.starts_on))
        own = Period(starts_on, ends_on) if ends_on else whole
        held = metrics.rep_days(spans=[(starts_on, ends_on)], period=asked.period)
        total += (amount or _NOTHING) * held / own.days
    return total
