"""What each promise came to in a closed month, and what was corrected afterwards."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from revops.audit.models import AppendOnlyModel, AppendOnlyQuerySet
from revops.people.choices import Side
from sla.choices import ClockKind


class MonthResult(AppendOnlyModel):
    """How the clocks of one kind that fell due in one month had ended when it was closed.

    The month is local to the company's calendar; it is closed at the end of the third business
    day after it. `is_kept` is null for a month in which nothing fell due: it neither breaks nor
    continues a streak. `target` is the number promised where MQLs are counted.
    """

    month = models.DateField()
    kind = models.CharField(max_length=24, choices=ClockKind)
    side = models.CharField(max_length=16, choices=Side)
    met = models.PositiveIntegerField()
    late = models.PositiveIntegerField()
    missed = models.PositiveIntegerField()
    excused = models.PositiveIntegerField()
    cancelled = models.PositiveIntegerField()
    still_open = models.PositiveIntegerField()
    counted = models.PositiveIntegerField(null=True, blank=True)
    target = models.PositiveIntegerField(null=True, blank=True)
    target_rate = models.DecimalField(max_digits=4, decimal_places=3)
    is_enforced = models.BooleanField()
    is_kept = models.BooleanField(null=True, blank=True)
    closed_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    objects: ClassVar[Any] = AppendOnlyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="sla_monthresult_once", fields=["month", "kind"]),
            models.CheckConstraint(
                name="sla_monthresult_kind_is_known", condition=Q(kind__in=ClockKind.values)
            ),
            models.CheckConstraint(
                name="sla_monthresult_side_is_known", condition=Q(side__in=Side.values)
            ),
            models.CheckConstraint(name="sla_monthresult_first_day", condition=Q(month__day=1)),
            models.CheckConstraint(name="sla_monthresult_actor_is_named", condition=~Q(actor="")),
        ]

    def __str__(self) -> str:
        """Return the kind and the month."""
        return f"{self.get_kind_display()} in {self.month:%Y-%m}"


class MonthAdjustment(AppendOnlyModel):
    """What later evidence changed in a closed month, as differences to its result."""

    result = models.ForeignKey(MonthResult, models.PROTECT, related_name="adjustments")
    met = models.IntegerField()
    late = models.IntegerField()
    missed = models.IntegerField()
    excused = models.IntegerField()
    cancelled = models.IntegerField()
    still_open = models.IntegerField()
    counted = models.IntegerField(null=True, blank=True)
    clocks = models.JSONField(default=list)
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="sla_monthadjustment_actor_is_named", condition=~Q(actor="")
            ),
        ]

    def __str__(self) -> str:
        """Return what was adjusted."""
        return f"Adjustment of result {self.result_id}"
