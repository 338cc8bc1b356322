"""The blind audit: what each team said apart from the other, the gaps, and the session."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from definitions.choices import GapKind, GapPriority
from definitions.models.versions import Version
from revops.audit.models import AppendOnlyModel
from revops.people.choices import Side
from revops.people.models import User


class AuditRound(AppendOnlyModel):
    """One term put to both teams, each in its own words; neither reads the other's answer yet.

    A round is sealed until it has an `AuditAnswer` of both sides (`selectors.audit`).
    """

    term = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField()
    marketing_question = models.CharField(max_length=500)
    sales_question = models.CharField(max_length=500)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="audit_rounds")
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="definitions_auditround_one_number", fields=["term", "number"]
            ),
            models.CheckConstraint(
                name="definitions_auditround_number_from_one", condition=Q(number__gte=1)
            ),
            models.CheckConstraint(
                name="definitions_auditround_questions_are_asked",
                condition=~Q(marketing_question="") & ~Q(sales_question=""),
            ),
        ]

    def __str__(self) -> str:
        """Return the term and the number."""
        return f"{self.term}, round {self.number}"


class AuditSketch(models.Model):
    """What a team has written so far; only that team reads it, and submitting freezes it."""

    round = models.ForeignKey(AuditRound, models.CASCADE, related_name="sketches")
    side = models.CharField(max_length=16, choices=Side)
    text = models.TextField(blank=True)
    criteria = models.JSONField(null=True, blank=True)
    examples = models.JSONField(default=list, blank=True)
    revision = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(User, models.PROTECT, related_name="audit_sketches")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="definitions_auditsketch_one_per_side", fields=["round", "side"]
            ),
            models.CheckConstraint(
                name="definitions_auditsketch_side_is_known", condition=Q(side__in=Side.values)
            ),
        ]

    def __str__(self) -> str:
        """Return the side."""
        return f"sketch of {self.side}"


class AuditAnswer(AppendOnlyModel):
    """What a team submitted: free text, criteria where it can be that exact, and examples."""

    round = models.ForeignKey(AuditRound, models.PROTECT, related_name="answers")
    side = models.CharField(max_length=16, choices=Side)
    text = models.TextField()
    criteria = models.JSONField(null=True, blank=True)
    examples = models.JSONField(default=list, blank=True)
    submitted_at = models.DateTimeField()
    submitted_by = models.ForeignKey(User, models.PROTECT, related_name="audit_answers")
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="definitions_auditanswer_one_per_side", fields=["round", "side"]
            ),
            models.CheckConstraint(
                name="definitions_auditanswer_side_is_known",
                condition=Q(side__in=Side.values),
            ),
            models.CheckConstraint(
                name="definitions_auditanswer_of_a_team",
                condition=Q(side__in=[Side.MARKETING, Side.SALES]),
            ),
            models.CheckConstraint(
                name="definitions_auditanswer_is_written", condition=~Q(text="")
            ),
        ]

    def __str__(self) -> str:
        """Return the side."""
        return f"answer of {self.side}"


class Gap(models.Model):
    """A difference between the two answers, how grave it is, and what was decided about it."""

    round = models.ForeignKey(AuditRound, models.PROTECT, related_name="gaps")
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=24, choices=GapKind)
    priority = models.CharField(max_length=8, choices=GapPriority)
    marketing_view = models.CharField(max_length=500, blank=True)
    sales_view = models.CharField(max_length=500, blank=True)
    decision = models.CharField(max_length=1000, blank=True)
    resolved_in = models.ForeignKey(
        Version, models.PROTECT, null=True, blank=True, related_name="resolved_gaps"
    )
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="recorded_gaps")
    removed_at = models.DateTimeField(null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="definitions_gap_kind_is_known", condition=Q(kind__in=GapKind.values)
            ),
            models.CheckConstraint(
                name="definitions_gap_priority_is_known",
                condition=Q(priority__in=GapPriority.values),
            ),
            models.CheckConstraint(name="definitions_gap_has_a_title", condition=~Q(title="")),
        ]

    def __str__(self) -> str:
        """Return the title."""
        return self.title


class GapConfirmation(AppendOnlyModel):
    """Both teams' word that the gap list is complete; the first version may be drafted after it.

    Attributes:
        gap_count: How many gaps stood on the list at that moment.
    """

    gap_count = models.PositiveIntegerField()
    note = models.CharField(max_length=500, blank=True)
    confirmed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, models.PROTECT, related_name="gap_confirmations")
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="definitions_gapconfirmation_actor_is_named", condition=~Q(actor="")
            )
        ]

    def __str__(self) -> str:
        """Return when."""
        return f"{self.gap_count} gaps confirmed at {self.confirmed_at}"


class AlignmentSession(models.Model):
    """The working session: who led it, who was there, and what stood at its end."""

    held_on = models.DateField()
    facilitator = models.CharField(max_length=120)
    attendees = models.ManyToManyField(User, related_name="alignment_sessions", blank=True)
    guests = models.CharField(max_length=300, blank=True)
    notes = models.TextField(blank=True)
    has_written_sla = models.BooleanField(default=False)
    has_dashboard = models.BooleanField(default=False)
    changed_metric = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="recorded_sessions")

    history = HistoricalRecords(excluded_fields=["notes", "guests"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="definitions_alignmentsession_is_facilitated",
                condition=~Q(facilitator=""),
            )
        ]

    def __str__(self) -> str:
        """Return the day."""
        return f"Session of {self.held_on}"
