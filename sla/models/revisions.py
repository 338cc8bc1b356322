"""Process revisions: what has to be answered before a missed number may be changed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from revops.people.choices import Side
from revops.people.models import User
from sla.choices import ClockKind


class ProcessRevision(models.Model):
    """A promise was missed so many months in a row that the process is to be revised.

    `first_month` and `last_month` are the first days of the first and last missed month. Until it
    is answered with what changes in the process, a draft that only changes the number is refused.
    """

    kind = models.CharField(max_length=24, choices=ClockKind)
    side = models.CharField(max_length=16, choices=Side)
    first_month = models.DateField()
    last_month = models.DateField()
    opened_at = models.DateTimeField()
    cause = models.TextField(blank=True)
    change = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="revisions_answered"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="sla_processrevision_kind_is_known", condition=Q(kind__in=ClockKind.values)
            ),
            models.CheckConstraint(
                name="sla_processrevision_side_is_known", condition=Q(side__in=Side.values)
            ),
            models.CheckConstraint(
                name="sla_processrevision_answer_is_whole",
                condition=Q(answered_by__isnull=True, answered_at__isnull=True)
                | (
                    Q(answered_by__isnull=False, answered_at__isnull=False)
                    & ~Q(cause="")
                    & ~Q(change="")
                ),
            ),
            models.UniqueConstraint(
                name="sla_processrevision_once", fields=["kind", "last_month"]
            ),
            models.UniqueConstraint(
                name="sla_processrevision_one_open",
                fields=["kind"],
                condition=Q(answered_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        """Return the promise and since when."""
        return f"{self.get_kind_display()} missed since {self.first_month:%B %Y}"
