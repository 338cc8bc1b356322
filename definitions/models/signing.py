"""Requests for signatures, substitutes, the chained signatures, and how requests end."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from definitions.choices import Closure
from definitions.models.versions import Draft, Version, sha256_check
from revops.audit.models import AppendOnlyModel
from revops.people.choices import Side
from revops.people.models import User


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


class Delegation(AppendOnlyModel):
    """A signer's word that another person signs in the signer's place for a while."""

    slot = models.CharField(max_length=16, choices=Side)
    signer = models.ForeignKey(User, models.PROTECT, related_name="given_delegations")
    substitute = models.ForeignKey(User, models.PROTECT, related_name="held_delegations")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    delegated_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="definitions_delegation_slot_is_known", condition=Q(slot__in=Side.values)
            ),
            models.CheckConstraint(
                name="definitions_delegation_ends_after_it_starts",
                condition=Q(ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="definitions_delegation_not_backdated",
                condition=Q(starts_at__gte=F("delegated_at")),
            ),
            models.CheckConstraint(
                name="definitions_delegation_to_somebody_else",
                condition=~Q(substitute=F("signer")),
            ),
            models.CheckConstraint(
                name="definitions_delegation_has_a_reason", condition=~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        """Return the slot and the span."""
        return f"{self.slot} from {self.starts_at} to {self.ends_at}"


class DelegationEnd(AppendOnlyModel):
    """A delegation taken back before its time."""

    delegation = models.OneToOneField(Delegation, models.PROTECT, related_name="end")
    ended_at = models.DateTimeField()
    ended_by = models.ForeignKey(User, models.PROTECT, related_name="ended_delegations")
    actor = models.CharField(max_length=80)

    def __str__(self) -> str:
        """Return when."""
        return f"delegation {self.delegation_id} ended at {self.ended_at}"


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
    delegation = models.ForeignKey(
        Delegation, models.PROTECT, null=True, blank=True, related_name="signatures"
    )
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
