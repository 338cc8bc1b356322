"""Which steps of the ladder a clock has met."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from sla.choices import EscalationOutcome
from sla.models.clocks import Clock


class Escalation(models.Model):
    """One step of the ladder on one clock: it is taken once, whatever happens afterwards.

    `reached_at` is the step's own instant, `recorded_at` when a run of the job got to it.
    """

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="escalations")
    step = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=12, choices=EscalationOutcome)
    reached_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="sla_escalation_once", fields=["clock", "step"]),
            models.CheckConstraint(
                name="sla_escalation_outcome_is_known",
                condition=Q(outcome__in=EscalationOutcome.values),
            ),
        ]

    def __str__(self) -> str:
        """Return the step and the clock."""
        return f"Step {self.step} of clock {self.clock_id}"
