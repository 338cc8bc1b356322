"""Metrics over clocks: lead response, and how far both sides keep their promises."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db.models import Avg, Case, Count, F, FloatField, Q, Value, When
from django.db.models.functions import Cast, Coalesce

from dashboards import metrics
from dashboards.filters import MetricFilter, Option
from dashboards.registry import buckets
from dashboards.registry.base import COUNTED, Figure, Metric, Unit
from dashboards.registry.expressions import Percentile
from dashboards.registry.rounds import boolean, ratio
from revops.people.choices import Side
from sla.choices import ClockKind, ClockStatus
from sla.selectors import broken, team_clocks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Aggregate, QuerySet

ANSWERED: Final = Q(status__in=[ClockStatus.MET, ClockStatus.MET_LATE])
ENDED: Final = [ClockStatus.SUPERSEDED, ClockStatus.CANCELLED, ClockStatus.MERGED]
GONE: Final = [ClockStatus.NOT_STARTED, *ENDED]
"""Clocks that promise nothing any more, and are in no count."""


class ClockMetric(Metric):
    """A metric whose rows are clocks of the teams' promises; personal clocks never count."""

    subject = buckets.Subject(lead="lead__", rep="rep__", is_clock=True)
    grouping = buckets.grouping("commitment", "side")
    document = "sla"
    denominator_words: ClassVar[str] = "promises judged"
    excluded_words = "still in time, or excused"

    gone: ClassVar[list[ClockStatus]] = GONE

    def clocks(self, asked: MetricFilter, *, column: str) -> QuerySet[Any]:
        """Return the teams' clocks whose `column` lies in the period, and not after the asking."""
        inside = {f"{column}__gte": asked.since, f"{column}__lt": asked.seen_until}
        facts = team_clocks().filter(**inside).exclude(status__in=self.gone)
        facts = facts.annotate(
            basis_at=F(column),
            version_ref=F("commitment__version_id"),
            in_numerator=boolean(Q(status=ClockStatus.MET)),
            gauge=F("business_seconds"),
            is_counted=boolean(ANSWERED | broken(at=asked.at)),
        )
        return self.narrowed(facts, asked=asked)

    def measures(self, asked: MetricFilter) -> dict[str, Aggregate]:  # noqa: ARG002 - a hook
        """Return how the others stand."""
        return {
            "excused": Count("pk", filter=Q(status=ClockStatus.EXCUSED)),
            "late": Count("pk", filter=Q(status=ClockStatus.MET_LATE)),
        }


class ResponseTime(ClockMetric):
    """How long a lead waits for a person."""

    key = "response_time"
    owner = Side.SALES
    title = "Lead response"
    sentence = (
        "How much business time passes from the first assignment of a lead to the first attempt "
        "to reach it."
    )
    formula = (
        "Median of business time from first assignment to first attempt; leads nobody contacted "
        "count as slower than all others once they are due."
    )
    numerator_words = "answered within the promise"
    denominator_words = "assigned leads answered or due"
    excluded_words = "leads still in time, or excused"
    date_basis = "When the lead was first assigned."
    null_rule = "A dash where half of the leads, or more, got no answer."
    unit = Unit.BUSINESS_SECONDS
    row_measure = "Business time"

    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the first-contact clocks that started in the period."""
        facts = self.clocks(asked, column="started_at").filter(kind=ClockKind.FIRST_CONTACT)
        seconds = Case(When(ANSWERED, then=F("business_seconds")))
        found: QuerySet[Any] = facts.annotate(
            is_answered=boolean(ANSWERED), answered_seconds=seconds
        )
        return found

    def measures(self, asked: MetricFilter) -> dict[str, Aggregate]:
        """Return percentiles over all judged leads and the mean of the answered ones."""
        # An unanswered lead has waited longer than any answered one, however long that was.
        waited = Coalesce(
            Cast("answered_seconds", FloatField()), Value(math.inf, output_field=FloatField())
        )
        return {
            **super().measures(asked),
            "median": Percentile(waited, fraction=0.5, filter=COUNTED),
            "p90": Percentile(waited, fraction=0.9, filter=COUNTED),
            "mean": Avg("answered_seconds", filter=COUNTED),
            "answered": Count("pk", filter=COUNTED & Q(is_answered=True)),
        }

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:  # noqa: ARG002 - one signature for all
        """Return the median, the share within the promise, and what the median hides."""
        mean = sums["mean"]
        return Figure(
            value=finite(sums["median"]),
            numerator=sums["hits"],
            denominator=sums["n"],
            n=sums["n"],
            excluded=sums["excluded"],
            details={
                "median": finite(sums["median"]),
                "p90": finite(sums["p90"]),
                "mean_of_answered": None if mean is None else float(mean),
                "within_promise": metrics.rate(numerator=sums["hits"], denominator=sums["n"]),
                "answered": sums["answered"],
                "never_contacted": sums["n"] - sums["answered"],
                "late": sums["late"],
                "excused": sums["excused"],
            },
            version_ids=tuple(sums["versions"]),
        )


class Attainment(ClockMetric):
    """How often the promises of either side were kept."""

    key = "sla_attainment"
    title = "Promises kept"
    sentence = "Of the promises that fell due in the period, how many were kept in time."
    formula = (
        "Met / (met + met late + missed) of the clocks due in the period; excused ones apart."
    )
    numerator_words = "kept in time"
    denominator_words = "promises due"
    date_basis = "When the promise was due."
    unit = Unit.RATE
    row_measure = "Business time"
    grouping = buckets.grouping("commitment", "side", default="commitment")
    options = (
        Option("commitment", ("", *ClockKind.values), "one promise only"),
        Option("side", ("", *Side.values), "the promises of one side"),
        Option("enforced", ("", "yes", "no"), "whether an SLA was in force when it began"),
    )

    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the clocks due in the period."""
        facts = self.clocks(asked, column="due_at")
        if kind := asked.option("commitment"):
            facts = facts.filter(kind=kind)
        if side := asked.option("side"):
            facts = facts.filter(side=side)
        if enforced := asked.option("enforced"):
            facts = facts.filter(enforced=enforced == "yes")
        return facts

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:  # noqa: ARG002 - one signature for all
        """Return the share kept, with the late and the excused apart."""
        return ratio(sums, late=sums["late"], excused=sums["excused"])


def finite(number: float | None) -> float | None:
    """Return the number, None where it lies among the leads nobody answered."""
    return number if number is not None and math.isfinite(number) else None
