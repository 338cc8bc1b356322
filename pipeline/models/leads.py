"""Companies, channels and leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from pipeline.choices import QualityFlag, SourceGroup, Stage
from revops.people.choices import Role
from revops.people.models import Rep

if TYPE_CHECKING:
    from revops.people.models import User


class Company(models.Model):
    """The account a lead works for; matched by web domain, else by name in any case."""

    match_key = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=200, blank=True)
    size = models.PositiveIntegerField(null=True, blank=True)
    industry = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=80, blank=True)
    technology = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    owner = models.ForeignKey(Rep, models.PROTECT, null=True, blank=True, related_name="accounts")

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Channel(models.Model):
    """Where leads come from, such as paid search; belongs to one source group."""

    key = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=80)
    source_group = models.CharField(max_length=16, choices=SourceGroup)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pipeline_channel_group_is_known",
                condition=Q(source_group__in=SourceGroup.values),
            )
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class LeadQuerySet(models.QuerySet["Lead"]):
    """Reads of leads."""

    def counted(self) -> LeadQuerySet:
        """Leads that numbers count: neither tests, duplicates of another nor taken back."""
        return self.filter(is_test=False, merged_into__isnull=True, voided_at__isnull=True)

    def kept(self) -> LeadQuerySet:
        """Leads whose import has not been undone; lists show no others."""
        return self.filter(voided_at__isnull=True)

    def visible_to(self, user: User) -> LeadQuerySet:
        """Leads whose page the user may open: reps see their own and their team's."""
        if user.role != Role.SALES_REP:
            return self.kept()
        return self.kept().filter(
            Q(owner__user=user) | Q(owner__team=user.team_id) | Q(owner__isnull=True)
        )

    def disposable_by(self, user: User) -> LeadQuerySet:
        """Leads the user may accept, reject or log a contact on: own, or the team's as leader."""
        if user.role == Role.SALES_LEADER:
            return self.kept().filter(
                Q(owner__team=user.team_id) | Q(owner__isnull=True) | Q(owner__team__isnull=True)
            )
        return self.kept().filter(owner__user=user)

    def pausable_by(self, user: User) -> LeadQuerySet:
        """Leads the user may pause: RevOps any, sales those it may decide on."""
        return self.kept() if user.role == Role.REVOPS else self.disposable_by(user)


class Lead(models.Model):
    """A person at a company. `stage`, `owner` and the scores are those of the current round.

    `voided_at` is set while the import that brought the lead is undone; importing the row again
    clears it.
    """

    source_system = models.CharField(max_length=40)
    external_id = models.CharField(max_length=120)
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="leads"
    )
    channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, blank=True, related_name="leads"
    )
    source_group = models.CharField(max_length=16, choices=SourceGroup, blank=True)
    campaign = models.CharField(max_length=120, blank=True)
    email = models.CharField(max_length=254, blank=True)
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    title = models.CharField(max_length=120, blank=True)
    seniority = models.CharField(max_length=40, blank=True)
    form_text = models.TextField(blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    captured_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    is_hand_raiser = models.BooleanField(default=False)
    is_test = models.BooleanField(default=False)
    stage = models.CharField(max_length=16, choices=Stage, default=Stage.NURTURE)
    owner = models.ForeignKey(Rep, models.PROTECT, null=True, blank=True, related_name="leads")
    fit_score = models.PositiveSmallIntegerField(null=True, blank=True)
    intent_score = models.PositiveSmallIntegerField(null=True, blank=True)
    last_touch_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )
    quality_flags = ArrayField(
        models.CharField(max_length=40, choices=QualityFlag), default=list, blank=True
    )
    import_run = models.ForeignKey(
        "ImportRun", models.PROTECT, null=True, blank=True, related_name="leads"
    )
    changed_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)

    objects = LeadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="pipeline_lead_natural_key", fields=["source_system", "external_id"]
            ),
            models.CheckConstraint(
                name="pipeline_lead_stage_is_known", condition=Q(stage__in=Stage.values)
            ),
            models.CheckConstraint(
                name="pipeline_lead_group_is_known",
                condition=Q(source_group__in=["", *SourceGroup.values]),
            ),
            models.CheckConstraint(
                name="pipeline_lead_not_merged_into_itself",
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
            ),
            models.CheckConstraint(
                name="pipeline_lead_fit_in_range",
                condition=Q(fit_score__isnull=True) | Q(fit_score__range=(0, 100)),
            ),
            models.CheckConstraint(
                name="pipeline_lead_intent_in_range",
                condition=Q(intent_score__isnull=True) | Q(intent_score__range=(0, 100)),
            ),
            models.CheckConstraint(
                name="pipeline_lead_external_id_not_empty", condition=~Q(external_id="")
            ),
        ]
        indexes = [
            models.Index(name="pipeline_lead_owner_stage", fields=["owner", "stage"]),
            models.Index(name="pipeline_lead_captured_at", fields=["captured_at"]),
        ]

    def __str__(self) -> str:
        """Return the person's name, or the external id where none is known."""
        return f"{self.first_name} {self.last_name}".strip() or f"Lead {self.external_id}"

    def get_absolute_url(self) -> str:
        """Return the lead's page."""
        return reverse("pipeline:lead_detail", args=[self.pk])
