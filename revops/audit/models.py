"""Append-only rows, the journal and the seals."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q


class AppendOnlyError(Exception):
    """A row of an append-only table would be changed or deleted."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Refuse kindly what the database trigger refuses anyway."""

    def update(self, **_: Any) -> int:
        """Refuse."""
        raise AppendOnlyError(f"{self.model._meta.label} rows are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise AppendOnlyError(f"{self.model._meta.label} rows are never deleted")


class AppendOnlyModel(models.Model):
    """A table whose rows are inserted and never touched again.

    Every concrete subclass needs `operations.protect("<table>")` in a migration; a test compares
    the subclasses with the triggers, and the application's role has no UPDATE or DELETE on them.
    """

    objects: ClassVar[models.Manager[Any]] = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True


class AuditEntry(AppendOnlyModel):
    """Who did what to which object; ids only, no personal data."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    act = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    details = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(name="audit_entry_actor_is_named", condition=~Q(actor=""))
        ]
        indexes = [models.Index(name="audit_entry_subject_at", fields=["subject", "at"])]

    def __str__(self) -> str:
        """Return the act and its actor."""
        return f"{self.actor} {self.act} {self.subject}"


class Seal(AppendOnlyModel):
    """The hash of a range of rows of one append-only table, chained to the seal before it."""

    table = models.CharField(max_length=80)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    row_count = models.BigIntegerField()
    rows_sha256 = models.CharField(max_length=64)
    row_digests = models.BinaryField()
    previous_sha256 = models.CharField(max_length=64, blank=True)
    seal_sha256 = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="audit_seal_range_is_ordered", condition=Q(last_id__gte=models.F("first_id"))
            ),
            models.UniqueConstraint(name="audit_seal_one_first_row", fields=["table", "first_id"]),
            # One chain: a seal has one successor, and only one seal has no predecessor.
            models.UniqueConstraint(name="audit_seal_one_successor", fields=["previous_sha256"]),
        ]

    def __str__(self) -> str:
        """Return the range."""
        return f"{self.table} {self.first_id}-{self.last_id}"


class SealMark(models.Model):
    """The newest id of a table at an earlier look, waiting until no older one can appear."""

    table = models.CharField(max_length=80, unique=True)
    last_id = models.BigIntegerField()
    next_transaction = models.BigIntegerField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the table and the id."""
        return f"{self.table} {self.last_id}"
