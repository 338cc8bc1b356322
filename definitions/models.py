"""Documents: mutable drafts, immutable versions, and the rows that bring versions into force."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from definitions.choices import Closure, DocumentKind, Purpose
from revops.audit.models import AppendOnlyModel
from revops.people.choices import Side
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


class SignatureRequest(AppendOnlyModel):
    """A version put before its signers, with the instant from which it is to hold."""

    version = models.OneToOneField(Version, models.PROTECT, related_name="signature_request")
    draft = models.ForeignKey(Draft, models.PROTECT, related_name="requests")
    slots = ArrayField(models.CharField(max_length=16, choices=Side))
    effective_from = models.DateTimeField()
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="signature_requests")
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="definitions_signaturerequest_not_in_the_past",
                condition=Q(effective_from__gte=F("requested_at")),
            ),
            models.CheckConstraint(
                name="definitions_signaturerequest_expires_later",
                condition=Q(expires_at__gt=F("requested_at")),
            ),
            models.CheckConstraint(
                name="definitions_signaturerequest_two_or_three_slots",
                condition=Q(slots__len__in=[2, 3]),
            ),
        ]

    def __str__(self) -> str:
        """Return the version's id."""
        return f"request {self.pk} for version {self.version_id}"


class Signature(AppendOnlyModel):
    """One signature, chained by hash to the one before it; one chain for all documents."""

    request = models.ForeignKey(SignatureRequest, models.PROTECT, related_name="signatures")
    slot = models.CharField(max_length=16, choices=Side)
    signer = models.ForeignKey(User, models.PROTECT, related_name="signatures")
    typed_name = models.CharField(max_length=120)
    statement = models.TextField()
    signed_at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    document_sha256 = models.CharField(max_length=64)
    previous_sha256 = models.CharField(max_length=64, blank=True)
    record_sha256 = models.CharField(max_length=64, unique=True)
    position = models.PositiveIntegerField(unique=True)
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="definitions_signature_one_per_slot", fields=["request", "slot"]
            ),
            models.UniqueConstraint(
                name="definitions_signature_one_per_person", fields=["request", "signer"]
            ),
            models.UniqueConstraint(
                name="definitions_signature_one_successor", fields=["previous_sha256"]
            ),
            models.CheckConstraint(
                name="definitions_signature_slot_is_known", condition=Q(slot__in=Side.values)
            ),
            models.CheckConstraint(
                name="definitions_signature_position_from_one", condition=Q(position__gte=1)
            ),
            models.CheckConstraint(
                name="definitions_signature_first_has_no_previous",
                condition=Q(position=1, previous_sha256="")
                | (Q(position__gt=1) & ~Q(previous_sha256="")),
            ),
            models.CheckConstraint(
                name="definitions_signature_name_is_typed", condition=~Q(typed_name="")
            ),
            sha256_check(field="document_sha256", name="definitions_signature_document_is_sha256"),
            sha256_check(field="record_sha256", name="definitions_signature_record_is_sha256"),
        ]

    def __str__(self) -> str:
        """Return the slot and the position in the chain."""
        return f"{self.slot} signature {self.position}"


class Decline(AppendOnlyModel):
    """A signer's no, with the reason; it ends the request and changes nothing in force."""

    request = models.OneToOneField(SignatureRequest, models.PROTECT, related_name="decline")
    slot = models.CharField(max_length=16, choices=Side)
    signer = models.ForeignKey(User, models.PROTECT, related_name="declines")
    reason = models.CharField(max_length=1000)
    declined_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="definitions_decline_has_a_reason", condition=~Q(reason="")
            ),
            models.CheckConstraint(
                name="definitions_decline_slot_is_known", condition=Q(slot__in=Side.values)
            ),
        ]

    def __str__(self) -> str:
        """Return the reason."""
        return self.reason


class RequestClosure(AppendOnlyModel):
    """The one end of a request: signed by all, declined, voided by an edit, or expired."""

    request = models.OneToOneField(SignatureRequest, models.PROTECT, related_name="closure")
    cause = models.CharField(max_length=16, choices=Closure)
    closed_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="definitions_requestclosure_cause_is_known",
                condition=Q(cause__in=Closure.values),
            ),
            models.CheckConstraint(
                name="definitions_requestclosure_actor_is_named", condition=~Q(actor="")
            ),
        ]

    def __str__(self) -> str:
        """Return the cause."""
        return Closure(self.cause).label


def history_by(*, instance: Any, by: User, at: Any) -> None:
    """Say whose edit of a draft the next save records, and when it happened."""
    instance._history_user = by  # noqa: SLF001 - the library's documented hook
    instance._history_date = at  # noqa: SLF001 - likewise
