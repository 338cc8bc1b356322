"""The measurement of promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

from revops.people.choices import Side
from revops.people.models import Rep
from sla.choices import ClockKind, ClockStatus, PauseReason, Scope
from sla.models.evidence import Evidence
from sla.models.promises import CalendarVersion, Commitment

if TYPE_CHECKING:
    from datetime import datetime


class ClockQuerySet(models.QuerySet["Clock"]):
    """Reads of clocks; every filter that has a name in the domain has one here."""

    def running(self) -> ClockQuerySet:
        """Clocks whose promise is neither kept nor missed nor given up."""
        return self.filter(status=ClockStatus.PENDING)

    def overdue(self, *, at: datetime) -> ClockQuerySet:
        """Running clocks past the instant at which a miss becomes a breach."""
        return self.running().filter(breach_at__lt=at)

    def missed(self, *, at: datetime) -> ClockQuerySet:
        """Clocks whose promise is broken and not kept since, swept or not."""
        broken = Q(status__in=[ClockStatus.BREACHED_OPEN, ClockStatus.BREACHED_CLOSED])
        return self.filter(broken | Q(status=ClockStatus.PENDING, breach_at__lt=at))

    def of_teams(self) -> ClockQuerySet:
        """Lead clocks, the ones that count; owner clocks are for fairness and coaching."""
        return self.filter(scope=Scope.LEAD)


class Clock(models.Model):
    """The measurement of one commitment on one lead: the fold of its evidence.

    `due_at` is what people read; `breach_at` is the first working instant after it and what the
    sweep compares, so nobody is flagged for closed hours. When a sweep happened to run never moves
    either. The lead is null only for the monthly volume, which has a month instead. `rep` holds
    the lead now, or held it at the deadline once that was missed. The row is a projection: folding
    again may rewrite it, and must change nothing.
    """

    lead = models.ForeignKey(
        "pipeline.Lead", models.PROTECT, null=True, blank=True, related_name="clocks"
    )
    cycle = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=24, choices=ClockKind)
    scope = models.CharField(max_length=8, choices=Scope)
    started_by = models.ForeignKey(
        Evidence, models.PROTECT, null=True, blank=True, related_name="started_clocks"
    )
    month = models.DateField(null=True, blank=True)
    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="clocks")
    calendar_version = models.ForeignKey(CalendarVersion, models.PROTECT, related_name="clocks")
    side = models.CharField(max_length=16, choices=Side)
    rep = models.ForeignKey(Rep, models.PROTECT, null=True, blank=True, related_name="clocks")
    status = models.CharField(max_length=16, choices=ClockStatus)
    enforced = models.BooleanField()
    started_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    breach_at = models.DateTimeField(null=True, blank=True)
    warn_at = models.DateTimeField(null=True, blank=True)
    paused_since = models.DateTimeField(null=True, blank=True)
    pause_until = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=24, choices=PauseReason, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.ForeignKey(
        Evidence, models.PROTECT, null=True, blank=True, related_name="stopped_clocks"
    )
    business_seconds = models.BigIntegerField(null=True, blank=True)
    late_business_seconds = models.BigIntegerField(null=True, blank=True)
    late_calendar_seconds = models.BigIntegerField(null=True, blank=True)
    held_business_seconds = models.BigIntegerField(null=True, blank=True)
    counted = models.PositiveIntegerField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=24, blank=True)
    measure = models.JSONField(default=dict, blank=True)
    # Not of the fold: how many steps of the ladder are behind it, when the next is reached (null =
    # to be planned), and when to look again at a clock that failed to fold.
    ladder_step = models.PositiveSmallIntegerField(default=0, db_default=0)
    ladder_at = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)

    objects = ClockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="sla_clock_once",
                fields=["lead", "cycle", "kind", "scope", "started_by", "month"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="sla_clock_kind_is_known", condition=Q(kind__in=ClockKind.values)
            ),
            models.CheckConstraint(
                name="sla_clock_scope_is_known", condition=Q(scope__in=Scope.values)
            ),
            models.CheckConstraint(
                name="sla_clock_side_is_known", condition=Q(side__in=Side.values)
            ),
            models.CheckConstraint(
                name="sla_clock_status_is_known", condition=Q(status__in=ClockStatus.values)
            ),
            models.CheckConstraint(
                name="sla_clock_pause_reason_is_known",
                condition=Q(pause_reason__in=["", *PauseReason.values]),
            ),
            models.CheckConstraint(
                name="sla_clock_month_instead_of_lead",
                condition=Q(kind=ClockKind.MQL_VOLUME, lead__isnull=True, month__isnull=False)
                | (
                    ~Q(kind=ClockKind.MQL_VOLUME)
                    & Q(lead__isnull=False, month__isnull=True, started_by__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="sla_clock_breach_not_before_due",
                condition=Q(breach_at__isnull=True) | Q(breach_at__gte=F("due_at")),
            ),
            models.CheckConstraint(
                name="sla_clock_pending_has_no_stop",
                condition=~Q(status=ClockStatus.PENDING) | Q(stopped_at__isnull=True),
            ),
            models.CheckConstraint(
                name="sla_clock_pending_breaches_unless_paused",
                condition=~Q(status=ClockStatus.PENDING)
                | Q(breach_at__isnull=True, paused_since__isnull=False)
                | Q(breach_at__isnull=False, paused_since__isnull=True),
            ),
            models.CheckConstraint(
                name="sla_clock_pause_is_whole",
                condition=Q(paused_since__isnull=True, pause_until__isnull=True, pause_reason="")
                | (Q(paused_since__isnull=False, pause_until__isnull=False) & ~Q(pause_reason="")),
            ),
            models.CheckConstraint(
                name="sla_clock_stopped_by_has_an_instant",
                condition=Q(stopped_by__isnull=True) | Q(stopped_at__isnull=False),
            ),
            models.CheckConstraint(
                name="sla_clock_cancelled_iff_reason",
                condition=Q(status=ClockStatus.CANCELLED) & ~Q(cancel_reason="")
                | ~Q(status=ClockStatus.CANCELLED),
            ),
        ]
        indexes = [
            # The sweep reads only this slice, however large the table grows.
            models.Index(
                name="sla_clock_pending_breach_at",
                fields=["breach_at"],
                condition=Q(status=ClockStatus.PENDING, breach_at__isnull=False),
            ),
            # Both what is to be planned and what has reached its step; see `escalating`.
            models.Index(
                name="sla_clock_on_ladder",
                fields=["ladder_at"],
                condition=Q(
                    status__in=[ClockStatus.PENDING, ClockStatus.BREACHED_OPEN],
                    scope=Scope.LEAD,
                    enforced=True,
                    breach_at__isnull=False,
                ),
            ),
            models.Index(
                name="sla_clock_pause_until",
                fields=["pause_until"],
                condition=Q(status=ClockStatus.PENDING, pause_until__isnull=False),
            ),
            # Broken promises nobody has kept since: few, and on every dashboard.
            models.Index(
                name="sla_clock_breached_open_due",
                fields=["due_at"],
                condition=Q(status=ClockStatus.BREACHED_OPEN),
            ),
            models.Index(name="sla_clock_rep_queue", fields=["rep", "status", "breach_at"]),
            models.Index(name="sla_clock_kind_started", fields=["kind", "started_at"]),
            models.Index(name="sla_clock_kind_due", fields=["kind", "due_at"]),
        ]

    def __str__(self) -> str:
        """Return the kind and whose clock it is."""
        of = f"month {self.month}" if self.lead_id is None else f"lead {self.lead_id}"
        return f"{self.get_kind_display()} of {of}"
