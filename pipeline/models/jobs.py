"""Work too long for a request: back-tests of drafts, and scoring everybody again."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from definitions.models import Draft, Version
from definitions.models.versions import sha256_check
from pipeline.choices import JobStatus
from revops.audit.models import AppendOnlyModel


class Job(models.Model):
    """A row that a periodic service claims, works on in steps and finishes once.

    A worker that dies leaves `locked_until` behind; another takes the row up after it.
    """

    status = models.CharField(max_length=16, choices=JobStatus, default=JobStatus.WAITING)
    requested_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    locked_until = models.DateTimeField(null=True, blank=True)
    done_count = models.PositiveIntegerField(default=0)
    total_count = models.PositiveIntegerField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in {JobStatus.DONE, JobStatus.CANCELLED, JobStatus.FAILED}


class Backtest(Job):
    """A draft's rule put to the leads of a past span, as it stood when it was asked.

    Attributes:
        rule_sha256: The hash of what was judged by: the MQL rule and the score model. A version
            whose rule has the same hash is a version this back-test speaks of.
        rule: That rule: {"mql": ..., "score_model": ...}, the contents of two clauses' owners.
        from_at: First instant of the span of capture.
        to_at: First instant after it.
    """

    draft = models.ForeignKey(
        Draft, models.PROTECT, null=True, blank=True, related_name="backtests"
    )
    base_version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    base_score_version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    rule = models.JSONField()
    rule_sha256 = models.CharField(max_length=64)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pipeline_backtest_status_is_known",
                condition=Q(status__in=JobStatus.values),
            ),
            models.CheckConstraint(
                name="pipeline_backtest_span_is_ordered", condition=Q(to_at__gt=F("from_at"))
            ),
            models.CheckConstraint(
                name="pipeline_backtest_actor_is_named", condition=~Q(actor="")
            ),
            sha256_check(field="rule_sha256", name="pipeline_backtest_rule_is_sha256"),
        ]
        indexes = [
            models.Index(name="pipeline_backtest_rule", fields=["rule_sha256"]),
            models.Index(
                name="pipeline_backtest_open",
                fields=["requested_at"],
                condition=Q(status__in=[JobStatus.WAITING, JobStatus.RUNNING]),
            ),
        ]

    def __str__(self) -> str:
        """Return the span."""
        return f"Back-test of {self.from_at:%Y-%m-%d} to {self.to_at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        """Return the page that shows how far it is, or what it found."""
        return reverse("pipeline:backtest_detail", args=[self.pk])

    @property
    def subject(self) -> str:
        """What its rule stands in: a draft, or a proposal that nobody has drafted."""
        return "draft" if self.draft_id else "proposal"


class BacktestSignature(models.Model):
    """Leads that no rule over the same leaves can tell apart, with what became of them.

    Attributes:
        leaves: The leaves' answers, in the order `Backtest.rule` names them.
        lead_ids: Who they are; names are read when they are shown.
        outcomes: Counts and amounts by what became of them.
    """

    backtest = models.ForeignKey(Backtest, models.CASCADE, related_name="signatures")
    leaves = models.JSONField()
    lead_ids = ArrayField(models.BigIntegerField())
    outcomes = models.JSONField()

    def __str__(self) -> str:
        """Return how many leads share it."""
        return f"{len(self.lead_ids)} leads"


class BacktestResult(AppendOnlyModel):
    """What a finished back-test found: the numbers that signers are shown."""

    backtest = models.OneToOneField(Backtest, models.PROTECT, related_name="result")
    rule_sha256 = models.CharField(max_length=64)
    numbers = models.JSONField()
    found_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            sha256_check(field="rule_sha256", name="pipeline_backtestresult_rule_is_sha256")
        ]
        indexes = [
            models.Index(name="pipeline_backtestresult_rule", fields=["rule_sha256", "-found_at"])
        ]

    def __str__(self) -> str:
        """Return the back-test's id."""
        return f"result of back-test {self.backtest_id}"


class Rescoring(Job):
    """Every lead in nurture scored again because another score model or definition is in use.

    `last_lead_id` is how far it came; decisions already made are never touched.
    """

    score_version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    definitions_version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    last_lead_id = models.BigIntegerField(default=0)
    qualified_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pipeline_rescoring_status_is_known",
                condition=Q(status__in=JobStatus.values),
            ),
            models.CheckConstraint(
                name="pipeline_rescoring_actor_is_named", condition=~Q(actor="")
            ),
            models.UniqueConstraint(
                name="pipeline_rescoring_once_per_versions",
                fields=["score_version", "definitions_version"],
            ),
        ]

    def __str__(self) -> str:
        """Return the versions."""
        return f"rescoring by version {self.score_version_id}"
