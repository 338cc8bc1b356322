"""Metrics over what marketing promises of a handoff: how old a lead is and what comes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Count, IntegerField, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from dashboards.registry import buckets
from dashboards.registry.base import COUNTED, Unit
from dashboards.registry.clocks import ENDED, ClockMetric
from dashboards.registry.expressions import Percentile
from dashboards.registry.rounds import null_measure, ratio
from revops.people.choices import Side
from sla.choices import ClockKind, ClockStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Aggregate, QuerySet

    from dashboards.filters import MetricFilter
    from dashboards.registry.base import Figure


class HandoffMetric(ClockMetric):
    """How often a lead was handed over as promised; what nobody knows is counted apart."""

    owner = Side.MARKETING
    kind: ClassVar[ClockKind]
    handed_at: ClassVar[str] = "started_at"
    gone = ENDED
    unit = Unit.RATE
    denominator_words = "leads handed over and judged"
    excluded_words = "excused, or not known"
    date_basis = "When the lead was first assigned in its round."
    grouping = buckets.grouping()

    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the clocks of the handoffs in the period."""
        facts = self.clocks(asked, column=self.handed_at).filter(kind=self.kind)
        found: QuerySet[Any] = facts.annotate(gauge=null_measure())
        return found

    def measures(self, asked: MetricFilter) -> dict[str, Aggregate]:
        """Return how many nobody can judge."""
        unknown = Count("pk", filter=Q(status=ClockStatus.NOT_STARTED))
        return {**super().measures(asked), "unknown": unknown}

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:  # noqa: ARG002 - one signature for all
        """Return the share, with the excused and the unknown apart."""
        return ratio(sums, excused=sums["excused"], unknown=sums["unknown"])


class ContextCompleteness(HandoffMetric):
    """How often a lead came with all that was agreed for its channel."""

    key = "context_completeness"
    kind = ClockKind.CONTEXT
    title = "Context completeness"
    sentence = (
        "Of the leads handed over in the period, how many came with all the context agreed for "
        "their channel."
    )
    formula = (
        "Handoffs at which no agreed item was missing / handoffs judged; what is added later does "
        "not count."
    )
    numerator_words = "with all that was agreed"


class LeadAge(HandoffMetric):
    """How often a lead was young enough when sales got it."""

    key = "lead_age"
    kind = ClockKind.LEAD_AGE
    handed_at = "started_by__occurred_at"  # its clock starts with the capture, if that is known
    title = "Lead age at handoff"
    sentence = "Of the leads handed over in the period, how many were not older than promised."
    formula = (
        "Handoffs within the promised age / handoffs whose capture is known; the age is elapsed "
        "time from the first conversion of the round to its first assignment."
    )
    numerator_words = "young enough"

    def facts(self, asked: MetricFilter) -> QuerySet[Any]:
        """Return the handoffs, each with its age."""
        age = Cast(KT("measure__age_seconds"), IntegerField())
        found: QuerySet[Any] = super().facts(asked).annotate(age_seconds=age)
        return found

    def measures(self, asked: MetricFilter) -> dict[str, Aggregate]:
        """Return the median age as well."""
        median = Percentile("age_seconds", fraction=0.5, filter=COUNTED)
        return {**super().measures(asked), "median": median}

    def figure(self, sums: Mapping[str, Any], *, whole: Mapping[str, Any]) -> Figure:  # noqa: ARG002 - one signature for all
        """Return the share, and how old the lead in the middle was."""
        return ratio(
            sums,
            excused=sums["excused"],
            unknown=sums["unknown"],
            median_age_seconds=sums["median"],
        )
