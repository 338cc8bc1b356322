"""Requests that a miss be excused, and what became of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from revops.people.models import User
from sla.choices import ExcuseCause, ExcuseDecision
from sla.models.breaches import Breach


class ExcuseRequest(models.Model):
    """Somebody asks that a breach be excused; the other side or RevOps decides, once.

    The breach stays in the ledger either way. What is granted becomes evidence, and the ledger's
    revision follows from that; the words stay here, where they can be erased.
    """

    breach = models.ForeignKey(Breach, models.PROTECT, related_name="excuse_requests")
    cause = models.CharField(max_length=24, choices=ExcuseCause)
    note = models.CharField(max_length=500, blank=True)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="excuses_asked")
    asked_at = models.DateTimeField()
    decision = models.CharField(max_length=8, choices=ExcuseDecision, blank=True)
    decision_note = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="excuses_decided"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="sla_excuserequest_cause_is_known", condition=Q(cause__in=ExcuseCause.values)
            ),
            models.CheckConstraint(
                name="sla_excuserequest_decision_is_known",
                condition=Q(decision__in=["", *ExcuseDecision.values]),
            ),
            models.CheckConstraint(
                name="sla_excuserequest_decision_is_whole",
                condition=Q(decision="", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(decision="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.UniqueConstraint(
                name="sla_excuserequest_one_open",
                fields=["breach"],
                condition=Q(decision=""),
            ),
        ]

    def __str__(self) -> str:
        """Return the cause and the breach."""
        return f"{self.get_cause_display()}: breach {self.breach_id}"
