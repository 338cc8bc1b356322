"""Opportunities and what happened to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from definitions.models import Reason, Version
from pipeline.choices import DealChange, Origin, Outcome, QualityFlag, SourceGroup
from pipeline.models.facts import Round
from pipeline.models.leads import Channel, Company, Lead
from revops.audit.models import AppendOnlyModel
from revops.people.choices import Role
from revops.people.models import Rep

if TYPE_CHECKING:
    from revops.people.models import User


class OpportunityQuerySet(models.QuerySet["Opportunity"]):
    """Reads of deals."""

    def accepted(self) -> OpportunityQuerySet:
        """Deals a sales person took on: what counts as pipeline."""
        return self.filter(accepted_at__isnull=False, voided_at__isnull=True)

    def visible_to(self, user: User) -> OpportunityQuerySet:
        """Deals whose page the user may open: reps see their own and their team's."""
        found = self.filter(voided_at__isnull=True)
        if user.role != Role.SALES_REP:
            return found
        own = Q(rep__user=user) | Q(sdr__user=user)
        return found.filter(own | Q(rep__team=user.team_id) | Q(rep__isnull=True))

    def movable_by(self, user: User) -> OpportunityQuerySet:
        """Deals the user may accept, win or lose: own, or the team's as leader."""
        found = self.filter(voided_at__isnull=True)
        if user.role == Role.SALES_LEADER:
            return found.filter(
                Q(rep__team=user.team_id) | Q(rep__isnull=True) | Q(rep__team__isnull=True)
            )
        return found.filter(Q(rep__user=user) | Q(sdr__user=user))

    def still_open(self) -> OpportunityQuerySet:
        """Accepted deals that are neither won nor lost."""
        return self.accepted().filter(outcome="")


class Opportunity(models.Model):
    """A deal. `stage` is the seller's own name for how far an open deal is.

    Creation metrics go by `accepted_at` and `accepted_amount`; open-pipeline metrics by the
    current `amount`. `source_group` and `attribution` are fixed when sales accepts.
    """

    source_system = models.CharField(max_length=40)
    external_id = models.CharField(max_length=120)
    lead = models.ForeignKey(
        Lead, models.PROTECT, null=True, blank=True, related_name="opportunities"
    )
    round = models.ForeignKey(
        Round, models.PROTECT, null=True, blank=True, related_name="opportunities"
    )
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="opportunities"
    )
    name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    amount = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    accepted_amount = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    stage = models.CharField(max_length=80, blank=True)
    next_step = models.CharField(max_length=200, blank=True)
    expected_close_on = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    definitions_version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    lost_reason = models.ForeignKey(
        Reason, models.PROTECT, null=True, blank=True, related_name="lost_deals"
    )
    lost_reason_purpose = models.CharField(max_length=16, blank=True)
    competitor = models.CharField(max_length=120, blank=True)
    segment = models.CharField(max_length=80, blank=True)
    sdr = models.ForeignKey(
        Rep, models.PROTECT, null=True, blank=True, related_name="developed_deals"
    )
    rep = models.ForeignKey(
        Rep, models.PROTECT, null=True, blank=True, related_name="closed_deals"
    )
    channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, blank=True, related_name="opportunities"
    )
    source_group = models.CharField(max_length=16, choices=SourceGroup, blank=True)
    attribution = models.JSONField(default=dict, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    quality_flags = ArrayField(
        models.CharField(max_length=40, choices=QualityFlag), default=list, blank=True
    )
    origin = models.CharField(max_length=8, choices=Origin)
    voided_at = models.DateTimeField(null=True, blank=True)
    import_run = models.ForeignKey(
        "ImportRun", models.PROTECT, null=True, blank=True, related_name="opportunities"
    )

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="pipeline_opportunity_natural_key", fields=["source_system", "external_id"]
            ),
            models.CheckConstraint(
                name="pipeline_opportunity_outcome_is_known",
                condition=Q(outcome__in=["", *Outcome.values]),
            ),
            models.CheckConstraint(
                name="pipeline_opportunity_lost_iff_reason",
                condition=Q(
                    outcome=Outcome.LOST,
                    lost_reason__isnull=False,
                    lost_reason_purpose="closed_lost",
                )
                | (~Q(outcome=Outcome.LOST) & Q(lost_reason__isnull=True, lost_reason_purpose="")),
            ),
            models.CheckConstraint(
                name="pipeline_opportunity_open_has_no_close",
                condition=~Q(outcome="") | Q(closed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="pipeline_opportunity_amount_not_negative",
                condition=Q(amount__isnull=True) | Q(amount__gte=0),
            ),
            models.CheckConstraint(
                name="pipeline_opportunity_accepted_amount_not_negative",
                condition=Q(accepted_amount__isnull=True) | Q(accepted_amount__gte=0),
            ),
            models.CheckConstraint(
                name="pipeline_opportunity_group_is_known",
                condition=Q(source_group__in=["", *SourceGroup.values]),
            ),
            models.CheckConstraint(
                name="pipeline_opportunity_origin_is_known", condition=Q(origin__in=Origin.values)
            ),
        ]
        indexes = [
            models.Index(name="pipeline_opportunity_accepted", fields=["accepted_at"]),
            models.Index(name="pipeline_opportunity_closed", fields=["closed_at"]),
        ]

    def __str__(self) -> str:
        """Return the deal's name."""
        return self.name or f"Deal {self.external_id}"


class OpportunityChange(AppendOnlyModel):
    """Something happened to a deal."""

    opportunity = models.ForeignKey(Opportunity, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=16, choices=DealChange)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    old_value = models.CharField(max_length=80, blank=True)
    new_value = models.CharField(max_length=80, blank=True)
    amount = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    definitions_version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, blank=True, related_name="+")
    origin = models.CharField(max_length=8, choices=Origin)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pipeline_opportunitychange_kind_is_known",
                condition=Q(kind__in=DealChange.values),
            ),
            models.CheckConstraint(
                name="pipeline_opportunitychange_lost_has_reason",
                condition=~Q(kind=DealChange.LOST) | Q(reason__isnull=False),
            ),
            models.CheckConstraint(
                name="pipeline_opportunitychange_actor_is_named", condition=~Q(actor="")
            ),
            models.CheckConstraint(
                name="pipeline_opportunitychange_origin_is_known",
                condition=Q(origin__in=Origin.values),
            ),
        ]

    def __str__(self) -> str:
        """Return what happened."""
        return f"{self.get_kind_display()}: deal {self.opportunity_id}"
