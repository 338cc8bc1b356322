"""Drafts that change, versions that do not, and the rows that bring versions into force."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from definitions.choices import DocumentKind, Purpose
from revops.audit.models import AppendOnlyModel
from revops.people.models import User


def sha256_check(*, field: str, name: str) -> models.CheckConstraint:
    """Return the constraint that `field` holds a SHA-256 in lower-case hexadecimal."""
    return models.CheckConstraint(name=name, condition=Q(**{f"{field}__regex": r"^[0-9a-f]{64}$"}))


class Version(AppendOnlyModel):
    """One frozen document: its content, the canonical text of it, and the text's SHA-256.

    Whether it is in force, superseded or declined follows from other rows (`selectors.timeline`).
    """

    kind = models.CharField(max_length=16, choices=DocumentKind)
    number = models.PositiveIntegerField()
    content = models.JSONField()
    canonical_text = models.TextField()
    sha256 = models.CharField(max_length=64)
    based_on = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="successors"
    )
    exceptional_reason = models.CharField(max_length=500, blank=True)
    frozen_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="definitions_version_one_number", fields=["kind", "number"]
            ),
            models.UniqueConstraint(name="definitions_version_of_kind", fields=["id", "kind"]),
            models.CheckConstraint(
                name="definitions_version_kind_is_known", condition=Q(kind__in=DocumentKind.values)
            ),
            models.CheckConstraint(
                name="definitions_version_number_from_one", condition=Q(number__gte=1)
            ),
            models.CheckConstraint(
                name="definitions_version_actor_is_named", condition=~Q(actor="")
            ),
            sha256_check(field="sha256", name="definitions_version_sha256_is_one"),
        ]

    def __str__(self) -> str:
        """Return the document and its number."""
        return f"{DocumentKind(self.kind).label} v{self.number}"


class Draft(models.Model):
    """The mutable document of a kind that RevOps works on; at most one is open."""

    kind = models.CharField(max_length=16, choices=DocumentKind)
    based_on = models.ForeignKey(Version, models.PROTECT, related_name="drafts")
    note = models.CharField(max_length=500, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="opened_drafts")
    closed_at = models.DateTimeField(null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="definitions_draft_one_open",
                fields=["kind"],
                condition=Q(closed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="definitions_draft_kind_is_known", condition=Q(kind__in=DocumentKind.values)
            ),
            models.CheckConstraint(
                name="definitions_draft_closed_after_opened",
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")),
            ),
        ]

    def __str__(self) -> str:
        """Return the document."""
        return f"Draft of {DocumentKind(self.kind).label}"


class Clause(models.Model):
    """One editable piece of a draft; `revision` grows with each edit and settles conflicts."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="clauses")
    key = models.CharField(max_length=80)
    body = models.JSONField(null=True)
    revision = models.PositiveIntegerField(default=1)
    edited_at = models.DateTimeField()
    edited_by = models.ForeignKey(User, models.PROTECT, related_name="edited_clauses")

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="definitions_clause_one_key", fields=["draft", "key"])
        ]

    def __str__(self) -> str:
        """Return the key."""
        return self.key


class Reason(AppendOnlyModel):
    """A reason a version offers; retired entries have no row, so no fact can name them."""

    version = models.ForeignKey(Version, models.PROTECT, related_name="reason_rows")
    purpose = models.CharField(max_length=16, choices=Purpose)
    code = models.CharField(max_length=40)
    label = models.CharField(max_length=120)
    meaning = models.CharField(max_length=500)
    example = models.CharField(max_length=500, blank=True)
    position = models.PositiveSmallIntegerField()
    needs_note = models.BooleanField(default=False)
    needs_date = models.BooleanField(default=False)
    needs_competitor = models.BooleanField(default=False)
    minimum_attempts = models.PositiveSmallIntegerField(default=0)
    history_only = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="definitions_reason_one_code", fields=["version", "purpose", "code"]
            ),
            # Facts elsewhere point at these pairs with composite foreign keys.
            models.UniqueConstraint(
                name="definitions_reason_of_version", fields=["id", "version"]
            ),
            models.UniqueConstraint(
                name="definitions_reason_of_purpose", fields=["id", "version", "purpose"]
            ),
            models.CheckConstraint(
                name="definitions_reason_purpose_is_known", condition=Q(purpose__in=Purpose.values)
            ),
        ]

    def __str__(self) -> str:
        """Return the label."""
        return self.label


class Activation(AppendOnlyModel):
    """From when a version is in use; the seeded content is the only unsigned one."""

    kind = models.CharField(max_length=16, choices=DocumentKind)
    version = models.OneToOneField(Version, models.PROTECT, related_name="activation")
    effective_from = models.DateTimeField()
    is_signed = models.BooleanField()
    activated_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="definitions_activation_one_instant", fields=["kind", "effective_from"]
            ),
            models.CheckConstraint(
                name="definitions_activation_kind_is_known",
                condition=Q(kind__in=DocumentKind.values),
            ),
            models.CheckConstraint(
                name="definitions_activation_signed_is_not_in_the_past",
                condition=Q(is_signed=False) | Q(effective_from__gte=F("activated_at")),
            ),
            models.CheckConstraint(
                name="definitions_activation_actor_is_named", condition=~Q(actor="")
            ),
        ]

    def __str__(self) -> str:
        """Return the document and the instant."""
        return f"{self.kind} from {self.effective_from}"


class Withdrawal(AppendOnlyModel):
    """The end of an activation before another replaced it; the one before is in use again."""

    activation = models.OneToOneField(Activation, models.PROTECT, related_name="withdrawal")
    reason = models.CharField(max_length=500)
    withdrawn_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(User, models.PROTECT, related_name="withdrawals")
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="definitions_withdrawal_has_a_reason", condition=~Q(reason="")
            )
        ]

    def __str__(self) -> str:
        """Return the reason."""
        return self.reason


def history_by(*, instance: Any, by: User, at: Any, reason: str | None = None) -> None:
    """Say whose edit of a draft the next save records, when it happened, and on what occasion."""
    instance._history_user = by  # noqa: SLF001 - the library's documented hook
    instance._history_date = at  # noqa: SLF001 - likewise
    instance._change_reason = reason  # noqa: SLF001 - likewise
