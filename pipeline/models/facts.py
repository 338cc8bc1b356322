"""What happened to a lead: rounds, transitions, assignments, touches, activities."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KeyTransform

from definitions.models import Reason, Version
from pipeline import stages
from pipeline.choices import (
    ActivityKind,
    ActivityOutcome,
    Designation,
    Origin,
    Stage,
    TouchKind,
)
from pipeline.models.leads import Channel, Lead
from revops.audit.models import AppendOnlyModel
from revops.people.models import Rep, User
from sla.models import Evidence

_REASONED = [stage.value for stage in stages.REASONED]


def _stage_pairs() -> Q:
    """Build the condition that lists the allowed moves."""
    condition = Q(pk__isnull=True)
    for current, target in stages.pairs():
        condition |= Q(from_stage=current, to_stage=target)
    return condition


class RoundQuerySet(models.QuerySet["Round"]):
    """Reads of rounds."""

    def counted(self) -> RoundQuerySet:
        """Rounds that numbers count: neither void nor of a lead that does not count."""
        return self.filter(
            lead__is_test=False,
            lead__merged_into__isnull=True,
            lead__voided_at__isnull=True,
            voided_at__isnull=True,
        )


class Round(models.Model):
    """One qualification of a lead; its number is the clock's cycle.

    `stage` always is the `to_stage` of `current_transition` (a composite foreign key in SQL);
    the `_at` columns are the first time the round reached each stage, a projection of the
    transitions that `reconcile` compares.
    """

    lead = models.ForeignKey(Lead, models.PROTECT, related_name="rounds")
    number = models.PositiveSmallIntegerField(default=1)
    designation = models.CharField(max_length=16, choices=Designation)
    definitions_version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    score_version = models.ForeignKey(
        Version, models.PROTECT, null=True, blank=True, related_name="+"
    )
    fit_score = models.PositiveSmallIntegerField(null=True, blank=True)
    intent_score = models.PositiveSmallIntegerField(null=True, blank=True)
    explanation = models.JSONField(default=dict, blank=True)
    stage = models.CharField(max_length=16, choices=Stage, default=Stage.NURTURE)
    current_transition = models.ForeignKey(
        "Transition", models.PROTECT, null=True, blank=True, related_name="+"
    )
    rep = models.ForeignKey(Rep, models.PROTECT, null=True, blank=True, related_name="rounds")
    mql_at = models.DateTimeField(null=True, blank=True)
    assigned_at = models.DateTimeField(null=True, blank=True)
    first_attempt_at = models.DateTimeField(null=True, blank=True)
    connected_at = models.DateTimeField(null=True, blank=True)
    meeting_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    first_decision = models.CharField(max_length=16, choices=Stage, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    rejected_at = models.DateTimeField(null=True, blank=True)
    recycled_at = models.DateTimeField(null=True, blank=True)
    disqualified_at = models.DateTimeField(null=True, blank=True)
    sql_at = models.DateTimeField(null=True, blank=True)
    opportunity_at = models.DateTimeField(null=True, blank=True)
    won_at = models.DateTimeField(null=True, blank=True)
    lost_at = models.DateTimeField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    recycle_on = models.DateField(null=True, blank=True)

    objects = RoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="pipeline_round_number_once", fields=["lead", "number"]),
            models.CheckConstraint(
                name="pipeline_round_stage_is_known", condition=Q(stage__in=Stage.values)
            ),
            models.CheckConstraint(
                name="pipeline_round_designation_is_known",
                condition=Q(designation__in=Designation.values),
            ),
            models.CheckConstraint(
                name="pipeline_round_first_decision_is_known",
                condition=Q(first_decision__in=["", *Stage.values]),
            ),
            models.CheckConstraint(
                name="pipeline_round_stage_has_a_transition",
                condition=Q(stage=Stage.NURTURE) | Q(current_transition__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="pipeline_round_mql_at", fields=["mql_at"]),
            models.Index(name="pipeline_round_assigned_at", fields=["assigned_at"]),
            models.Index(name="pipeline_round_decided_at", fields=["decided_at"]),
            models.Index(name="pipeline_round_sql_at", fields=["sql_at"]),
            models.Index(name="pipeline_round_stage_rep", fields=["stage", "rep"]),
        ]

    def __str__(self) -> str:
        """Return the lead and the number."""
        return f"Lead {self.lead_id} round {self.number}"


class Transition(AppendOnlyModel):
    """A round moved from one stage to another.

    The reason, where the stage needs one, belongs to the definitions version in use at
    `occurred_at`: a composite foreign key and a trigger hold that in SQL. A row that takes
    another back names it in `undoes`; neither of the two counts then, and both stay.
    """

    round = models.ForeignKey(Round, models.PROTECT, related_name="transitions")
    from_stage = models.CharField(max_length=16, choices=Stage)
    to_stage = models.CharField(max_length=16, choices=Stage)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    rep = models.ForeignKey(Rep, models.PROTECT, null=True, blank=True, related_name="+")
    origin = models.CharField(max_length=8, choices=Origin)
    is_implied = models.BooleanField(default=False)
    definitions_version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    reason = models.ForeignKey(
        Reason, models.PROTECT, null=True, blank=True, related_name="transitions"
    )
    reason_purpose = models.CharField(max_length=16, blank=True)
    checklist = models.JSONField(default=dict, blank=True)
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pipeline_transition_undo_iff_undoes",
                condition=Q(origin=Origin.UNDO, undoes__isnull=False)
                | (~Q(origin=Origin.UNDO) & Q(undoes__isnull=True)),
            ),
            models.CheckConstraint(
                name="pipeline_transition_pair_is_allowed", condition=_stage_pairs()
            ),
            models.CheckConstraint(
                name="pipeline_transition_reason_iff_needed",
                condition=Q(to_stage__in=_REASONED, reason__isnull=False)
                | (~Q(to_stage__in=_REASONED) & Q(reason__isnull=True, reason_purpose="")),
            ),
            models.CheckConstraint(
                name="pipeline_transition_reason_from_its_list",
                condition=Q(reason__isnull=True)
                | Q(to_stage=Stage.REJECTED, reason_purpose="reject")
                | Q(to_stage=Stage.RECYCLED, reason_purpose="recycle")
                | Q(to_stage=Stage.DISQUALIFIED, reason_purpose="disqualify")
                | Q(to_stage=Stage.LOST, reason_purpose="closed_lost")
                | Q(to_stage=Stage.VOID, reason_purpose="void"),
            ),
            models.CheckConstraint(
                name="pipeline_transition_origin_is_known", condition=Q(origin__in=Origin.values)
            ),
            models.CheckConstraint(
                name="pipeline_transition_actor_is_named", condition=~Q(actor="")
            ),
            models.CheckConstraint(
                name="pipeline_transition_not_from_the_future",
                condition=Q(recorded_at__gte=F("occurred_at")),
            ),
        ]
        indexes = [
            models.Index(name="pipeline_transition_to_at", fields=["to_stage", "occurred_at"]),
        ]

    def __str__(self) -> str:
        """Return the move."""
        return f"{self.from_stage} to {self.to_stage}"


class Assignment(AppendOnlyModel):
    """A round was given to a rep, and why to this one.

    `to_queue` says that nobody could take it and it waits among the unassigned. Otherwise a row
    without a rep is one whose person the source did not record.
    """

    round = models.ForeignKey(Round, models.PROTECT, related_name="assignments")
    rep = models.ForeignKey(Rep, models.PROTECT, null=True, blank=True, related_name="assignments")
    assigned_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    why = models.JSONField(default=dict)
    # Defaults of the database, because intake writes these rows in SQL.
    to_queue = models.BooleanField(default=False, db_default=False)
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pipeline_assignment_queue_has_no_rep",
                condition=Q(to_queue=False) | Q(rep__isnull=True),
            ),
            models.CheckConstraint(
                name="pipeline_assignment_actor_is_named", condition=~Q(actor="")
            ),
        ]
        indexes = [
            # Few rows are of an absence; giving back reads them.
            models.Index(
                KeyTransform("absence", "why"),
                name="pipeline_assignment_absence",
                condition=Q(why__has_key="absence"),
            )
        ]

    def __str__(self) -> str:
        """Return the round and the rep."""
        return f"Round {self.round_id} to rep {self.rep_id}"


class Touch(models.Model):
    """A marketing act of a lead: a page view, a download, a form."""

    lead = models.ForeignKey(Lead, models.PROTECT, related_name="touches")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    kind = models.CharField(max_length=16, choices=TouchKind)
    channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, blank=True, related_name="touches"
    )
    campaign = models.CharField(max_length=120, blank=True)
    asset = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pipeline_touch_kind_is_known", condition=Q(kind__in=TouchKind.values)
            ),
            models.UniqueConstraint(
                name="pipeline_touch_once",
                fields=["source", "external_id"],
                condition=~Q(external_id=""),
            ),
        ]
        indexes = [models.Index(name="pipeline_touch_lead_at", fields=["lead", "occurred_at"])]

    def __str__(self) -> str:
        """Return the act."""
        return f"{self.get_kind_display()} of lead {self.lead_id}"


class Activity(models.Model):
    """A sales attempt on a lead; only a person's counts towards the promises."""

    lead = models.ForeignKey(Lead, models.PROTECT, related_name="activities")
    rep = models.ForeignKey(Rep, models.PROTECT, null=True, blank=True, related_name="activities")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    kind = models.CharField(max_length=16, choices=ActivityKind)
    outcome = models.CharField(max_length=16, choices=ActivityOutcome, blank=True)
    is_automatic = models.BooleanField(default=False)
    actor = models.CharField(max_length=80)
    source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pipeline_activity_kind_is_known", condition=Q(kind__in=ActivityKind.values)
            ),
            models.CheckConstraint(
                name="pipeline_activity_outcome_is_known",
                condition=Q(outcome__in=["", *ActivityOutcome.values]),
            ),
            models.CheckConstraint(
                name="pipeline_activity_actor_is_named", condition=~Q(actor="")
            ),
            models.UniqueConstraint(
                name="pipeline_activity_once",
                fields=["source", "external_id"],
                condition=~Q(external_id=""),
            ),
        ]
        indexes = [models.Index(name="pipeline_activity_lead_at", fields=["lead", "occurred_at"])]

    def __str__(self) -> str:
        """Return the attempt."""
        return f"{self.get_kind_display()} to lead {self.lead_id}"


class LeadNote(models.Model):
    """Free text about a lead; kept apart from the facts so that it can be erased."""

    lead = models.ForeignKey(Lead, models.PROTECT, related_name="notes")
    transition = models.ForeignKey(
        Transition, models.PROTECT, null=True, blank=True, related_name="notes"
    )
    activity = models.ForeignKey(
        Activity, models.PROTECT, null=True, blank=True, related_name="notes"
    )
    evidence = models.ForeignKey(
        Evidence, models.PROTECT, null=True, blank=True, related_name="notes"
    )
    text = models.TextField()
    author = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the first words."""
        return self.text[:60]
