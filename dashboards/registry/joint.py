"""The joint number, and under it what the reps made of their quota."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from dashboards import metrics
from dashboards.filters import MISSING
from dashboards.metrics import Period
from dashboards.registry import buckets
from dashboards.registry.base import Figure, Part, Unit, always
from dashboards.registry.deals import AmountMetric, cents, priced
from dashboards.registry.expressions import json_text
from dashboards.registry.rounds import boolean
from pipeline.choices import Outcome, SourceGroup
from revops.people.choices import Side
from revops.people.models import QuotaPeriod

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
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
        self,
        asked: MetricFilter,
        *,
        whole: Mapping[str, Any] | None = None,
    ) -> list[Figure]:
        """Return what each group adds to the joint number; two statements.

        A stretch of time is divided by its own reps, any other group by all of them.
        """
        if not asked.group_by:
            return []
        held = _held(asked)
        everybody = sum(_shares(held, period=asked.period).values(), _NOTHING)
        rows = self._sums_by_bucket(asked)
        for row in rows:
            within = _stretch(asked, key=row["bucket"])
            row["reps"] = (
                sum(_shares(held, period=within).values(), _NOTHING) if within else everybody
            )
        return self._ordered(rows, whole=whole or {}, asked=asked)

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:  # noqa: ARG002 - one signature for all
        """Return the group's amount over the reps it is divided by."""
        amount, reps = cents(sums["amount"]), sums["reps"]
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
        return self.figure({**sums, "quota": quota(asked)}, whole=sums)

    def groups(
        self,
        asked: MetricFilter,
        *,
        whole: Mapping[str, Any] | None = None,
    ) -> list[Figure]:
        """Return the attainment of each group; two statements.

        A stretch of time and a group of reps answer for their own quota, so that a month says
        what the same month asked alone says; any other group is its part of the whole.
        """
        if not asked.group_by:
            return []
        held = _held(asked)
        if buckets.is_time(asked.group_by):
            rows = self._stretches(asked, held=held)
        else:
            rows = self._sums_by_bucket(asked)
            for row in rows:
                key = row["bucket"]
                own = [one for one in held if one.groups.get(asked.group_by, key) == key]
                row["quota"] = _asked_for(own, asked=asked, period=asked.period)
        return self._ordered(rows, whole=whole or {}, asked=asked)

    def _stretches(self, asked: MetricFilter, *, held: Sequence[_Held]) -> list[dict[str, Any]]:
        """Return the sums of each stretch over those who carry quota in that very stretch."""
        name = asked.group_by
        found = (
            self.facts(asked)
            .annotate(began_on=buckets.beginning(name, asked=asked))
            .values("began_on", "rep__external_id")
            .annotate(**self.aggregates(asked))
        )
        by_key: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in found:
            by_key[buckets.time_key(name, began_on=row["began_on"])].append(row)
        stretches = []
        for key, rows in by_key.items():
            within = buckets.stretch(name, key=key, asked=asked) or asked.period
            carrying = {one.rep for one in held if one.touches(within)}
            own = [row for row in rows if row["rep__external_id"] in carrying]
            if own:
                asked_for = _asked_for(held, asked=asked, period=within)
                stretches.append(
                    {**self.add_up(own), "bucket": key, "bucket_label": None, "quota": asked_for}
                )
        return stretches

    def rows(
        self, asked: MetricFilter, *, part: Part = Part.ALL, bucket: str = ""
    ) -> QuerySet[Any]:
        """Return the rows behind the figure; a stretch of time lists those of its own reps."""
        within = _stretch(asked, key=bucket) if bucket else None
        return super().rows(asked.over(within) if within else asked, part=part, bucket=bucket)

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:  # noqa: ARG002 - one signature for all
        """Return the amount over the quota it is held against."""
        amount, asked_for = cents(sums["amount"]), cents(sums["quota"])
        return Figure(
            value=float(amount / asked_for) if asked_for else None,
            numerator=amount,
            denominator=asked_for,
            n=sums["n"],
            excluded=sums["excluded"],
            version_ids=tuple(sums["versions"]),
        )


@dataclass(frozen=True, slots=True)
class _Held:
    """A stretch in which a rep carries quota; `groups` names the groups the rep belongs to."""

    rep: str
    starts_on: date
    ends_on: date | None
    amount: Decimal | None
    groups: Mapping[str, str]

    def touches(self, period: Period) -> bool:
        """Whether it reaches into the period."""
        return self.starts_on < period.ends_on and (
            self.ends_on is None or self.ends_on > period.starts_on
        )


def _stretch(asked: MetricFilter, *, key: str) -> Period | None:
    """Return the days of a bucket of time inside the period, None where groups are no times."""
    name = asked.group_by
    return buckets.stretch(name, key=key, asked=asked) if buckets.is_time(name) else None


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
        if name not in asked.narrowed:
            continue
        if asked.narrowed[name] == MISSING:
            found = found.filter(Q(**{f"{column}__isnull": True}) | Q(**{column: ""}))
        else:
            found = found.filter(**{column: asked.narrowed[name]})
    return found


def _held(asked: MetricFilter) -> list[_Held]:
    """Return the quota that touches the period with the groups of its rep; one statement."""
    rows = spans(asked).annotate(manager=json_text("rep__attributes", key="manager"))
    columns = ("rep__external_id", "starts_on", "ends_on", "quota_amount")
    groups = ("rep__team__name", "rep__segment", "manager")
    return [
        _Held(
            rep,
            starts_on,
            ends_on,
            amount,
            {
                "rep": rep,
                "team": team or MISSING,
                "segment": segment or MISSING,
                "manager": manager or MISSING,
            },
        )
        for rep, starts_on, ends_on, amount, team, segment, manager in rows.order_by(
            "rep_id", "starts_on"
        ).values_list(*columns, *groups)
    ]


def roster(asked: MetricFilter) -> dict[str, Decimal]:
    """Return for each rep with quota in the period the share of its days; one statement."""
    return _shares(_held(asked), period=asked.period)


def _shares(held: Iterable[_Held], *, period: Period) -> dict[str, Decimal]:
    by_rep: dict[str, list[tuple[date, date | None]]] = defaultdict(list)
    for one in held:
        by_rep[one.rep].append((one.starts_on, one.ends_on))
    days = {rep: metrics.rep_days(spans=dates, period=period) for rep, dates in by_rep.items()}
    return {rep: Decimal(count) / Decimal(period.days) for rep, count in days.items() if count}


def quota(asked: MetricFilter) -> Decimal:
    """Return the quota that falls into the period; one statement."""
    return _asked_for(_held(asked), asked=asked, period=asked.period)


def _asked_for(held: Iterable[_Held], *, asked: MetricFilter, period: Period) -> Decimal:
    """Return the quota that falls into `period`.

    A quota is spread evenly over its own days; one without an end is a quota per quarter.
    """
    total = _NOTHING
    for one in held:
        if one.amount is None or not one.touches(period):
            continue
        whole = asked.setting.quarter(day=max(one.starts_on, period.starts_on))
        own = Period(one.starts_on, one.ends_on) if one.ends_on else whole
        days = metrics.rep_days(spans=[(one.starts_on, one.ends_on)], period=period)
        total += one.amount * days / own.days
    return total
