"""Stored answers of idempotent requests, and imports."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from pipeline.choices import Effect, EffectTable, ImportKind, ImportStatus
from revops.people.models import ApiKey


class IdempotentAnswer(models.Model):
    """The answer given to a request with an Idempotency-Key; erased after seven days."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="answers")
    key = models.CharField(max_length=255)
    body_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="pipeline_idempotentanswer_once", fields=["api_key", "key"]
            )
        ]
        indexes = [
            models.Index(name="pipeline_answer_answered_at", fields=["answered_at"]),
        ]

    def __str__(self) -> str:
        """Return the key."""
        return self.key


class ImportRun(models.Model):
    """One import of one file."""

    kind = models.CharField(max_length=16, choices=ImportKind)
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64, blank=True)
    source_system = models.CharField(max_length=40)
    timezone = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=16, choices=ImportStatus)
    actor = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    flag_counts = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pipeline_importrun_kind_is_known", condition=Q(kind__in=ImportKind.values)
            ),
            models.CheckConstraint(
                name="pipeline_importrun_status_is_known",
                condition=Q(status__in=ImportStatus.values),
            ),
        ]

    def __str__(self) -> str:
        """Return the file's name."""
        return self.file_name


class ImportProblem(models.Model):
    """A row of an import that was refused, kept so that it can be downloaded and mended."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="problems")
    line = models.PositiveIntegerField()
    row = models.JSONField()
    errors = models.JSONField()

    def __str__(self) -> str:
        """Return the line."""
        return f"Line {self.line}"


class ImportEffect(models.Model):
    """A row that an import wrote or changed, with what it was before: what an undo reads.

    The values may be personal data, so the row is erasable; it is kept as long as its run can
    be undone.
    """

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="effects")
    table = models.CharField(max_length=16, choices=EffectTable)
    object_id = models.BigIntegerField()
    effect = models.CharField(max_length=8, choices=Effect)
    before = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pipeline_importeffect_table_is_known",
                condition=Q(table__in=EffectTable.values),
            ),
            models.CheckConstraint(
                name="pipeline_importeffect_effect_is_known",
                condition=Q(effect__in=Effect.values),
            ),
        ]
        indexes = [
            models.Index(name="pipeline_importeffect_object", fields=["table", "object_id"]),
        ]

    def __str__(self) -> str:
        """Return what was done to which row."""
        return f"{self.get_effect_display()} {self.table} {self.object_id}"
