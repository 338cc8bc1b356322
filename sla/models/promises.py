"""What was promised, and the hours it is counted in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from definitions.models import Version
from revops.audit.models import AppendOnlyModel
from revops.people.choices import Side
from revops.people.models import Team
from sla.choices import ClockKind, Scope, Unit

TIMELESS = [Unit.PER_MONTH, Unit.AT_HANDOFF]


class Calendar(models.Model):
    """Opening hours under a name; what they were when stands in its versions."""

    name = models.CharField(max_length=80, unique=True)
    is_default = models.BooleanField(default=False)

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="sla_calendar_one_default",
                fields=["is_default"],
                condition=Q(is_default=True),
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Territory(models.Model):
    """A team that works in hours of its own; promises that follow territories count in them."""

    team = models.OneToOneField(Team, models.PROTECT, related_name="territory")
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="territories")

    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "territories"

    def __str__(self) -> str:
        """Return the team and its hours."""
        return f"{self.team} in {self.calendar}"


class CalendarVersion(AppendOnlyModel):
    """The hours of a calendar from `created_at` on; a clock keeps the version of its start."""

    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    spec = models.JSONField()
    created_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="sla_calendarversion_number_once", fields=["calendar", "number"]
            ),
            models.CheckConstraint(
                name="sla_calendarversion_actor_is_named", condition=~Q(actor="")
            ),
        ]

    def __str__(self) -> str:
        """Return the calendar and the number."""
        return f"Calendar {self.calendar_id} version {self.number}"


class Commitment(AppendOnlyModel):
    """One promise of one SLA version, as clocks read it."""

    version = models.ForeignKey(Version, models.PROTECT, related_name="commitments")
    key = models.CharField(max_length=40)
    kind = models.CharField(max_length=24, choices=ClockKind)
    side = models.CharField(max_length=16, choices=Side)
    scope = models.CharField(max_length=8, choices=Scope)
    hand_raisers_only = models.BooleanField(default=False)
    allowance_amount = models.PositiveIntegerField(null=True, blank=True)
    unit = models.CharField(max_length=20, choices=Unit)
    count = models.PositiveIntegerField(null=True, blank=True)
    collapse_minutes = models.PositiveSmallIntegerField(default=15)
    includes_first = models.BooleanField(default=False)
    warning_percent = models.PositiveSmallIntegerField(default=75)
    target_rate = models.DecimalField(max_digits=4, decimal_places=3)
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="commitments")
    follows_territory = models.BooleanField(default=False, db_default=False)
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    sentence = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="sla_commitment_one_of_a_kind",
                fields=["version", "kind", "scope", "hand_raisers_only"],
            ),
            models.CheckConstraint(
                name="sla_commitment_kind_is_known", condition=Q(kind__in=ClockKind.values)
            ),
            models.CheckConstraint(
                name="sla_commitment_side_is_known", condition=Q(side__in=Side.values)
            ),
            models.CheckConstraint(
                name="sla_commitment_scope_is_known", condition=Q(scope__in=Scope.values)
            ),
            models.CheckConstraint(
                name="sla_commitment_unit_is_known", condition=Q(unit__in=Unit.values)
            ),
            models.CheckConstraint(
                name="sla_commitment_allowance_iff_of_time",
                condition=Q(unit__in=TIMELESS, allowance_amount__isnull=True)
                | (~Q(unit__in=TIMELESS) & Q(allowance_amount__gte=1)),
            ),
        ]

    def __str__(self) -> str:
        """Return the title."""
        return self.title
