"""The ledger of broken promises; rows are only ever added."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from revops.audit.models import AppendOnlyModel, AppendOnlyQuerySet
from revops.people.choices import Side
from revops.people.models import Rep
from sla.choices import BreachCause, ClockStatus, RevisionKind
from sla.models.clocks import Clock
from sla.models.evidence import Evidence
from sla.models.promises import Commitment


class BreachQuerySet(AppendOnlyQuerySet):
    """Reads of breaches."""

    def with_standing(self) -> BreachQuerySet:
        """Add `last_revision` and `revised_status`: what the last correction says, if any."""
        last = BreachRevision.objects.filter(breach=OuterRef("pk")).order_by("-id")
        found: BreachQuerySet = self.annotate(
            last_revision=Subquery(last.values("kind")[:1]),
            revised_status=Subquery(last.values("new_status")[:1]),
        )
        return found

    def ledger(self) -> BreachQuerySet:
        """Breaches that stand; an excused one stands and says so."""
        # Not `exclude`: a breach without a revision has NULL there and stands.
        standing = ~Q(last_revision=RevisionKind.RESCINDED) | Q(last_revision__isnull=True)
        found: BreachQuerySet = self.with_standing().filter(standing)
        return found


class Breach(AppendOnlyModel):
    """A promise in force was broken: once per clock, for ever.

    `breach_at` is when, `detected_at` when the product noticed. Later evidence adds revisions; it
    neither changes nor removes the row.
    """

    clock = models.OneToOneField(Clock, models.PROTECT, related_name="breach")
    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="breaches")
    side = models.CharField(max_length=16, choices=Side)
    rep = models.ForeignKey(Rep, models.PROTECT, null=True, blank=True, related_name="breaches")
    status = models.CharField(max_length=16, choices=ClockStatus)
    cause = models.CharField(max_length=16, choices=BreachCause)
    due_at = models.DateTimeField()
    breach_at = models.DateTimeField()
    detected_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    objects: ClassVar[Any] = BreachQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "breaches"
        constraints = [
            models.CheckConstraint(
                name="sla_breach_side_is_known", condition=Q(side__in=Side.values)
            ),
            models.CheckConstraint(
                name="sla_breach_status_is_known", condition=Q(status__in=ClockStatus.values)
            ),
            models.CheckConstraint(
                name="sla_breach_cause_is_known", condition=Q(cause__in=BreachCause.values)
            ),
            models.CheckConstraint(name="sla_breach_actor_is_named", condition=~Q(actor="")),
            models.CheckConstraint(
                name="sla_breach_not_before_due", condition=Q(breach_at__gte=F("due_at"))
            ),
        ]
        indexes = [
            models.Index(name="sla_breach_side_at", fields=["side", "breach_at"]),
            models.Index(name="sla_breach_at", fields=["breach_at"]),
        ]

    def __str__(self) -> str:
        """Return whose clock and when."""
        return f"Breach of clock {self.clock_id}"


class BreachRevision(AppendOnlyModel):
    """What later evidence made of a breach."""

    breach = models.ForeignKey(Breach, models.PROTECT, related_name="revisions")
    kind = models.CharField(max_length=16, choices=RevisionKind)
    evidence = models.ForeignKey(
        Evidence, models.PROTECT, null=True, blank=True, related_name="breach_revisions"
    )
    old_status = models.CharField(max_length=16, choices=ClockStatus)
    new_status = models.CharField(max_length=16, choices=ClockStatus)
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="sla_breachrevision_kind_is_known",
                condition=Q(kind__in=RevisionKind.values),
            ),
            models.CheckConstraint(
                name="sla_breachrevision_old_status_is_known",
                condition=Q(old_status__in=ClockStatus.values),
            ),
            models.CheckConstraint(
                name="sla_breachrevision_new_status_is_known",
                condition=Q(new_status__in=ClockStatus.values),
            ),
            models.CheckConstraint(
                name="sla_breachrevision_actor_is_named", condition=~Q(actor="")
            ),
        ]
        indexes = [
            # "The last one of a breach" by one step down an index, statistics or not.
            models.Index(name="sla_breachrevision_last", fields=["breach", "id"]),
        ]

    def __str__(self) -> str:
        """Return the kind and the breach."""
        return f"{self.get_kind_display()}: breach {self.breach_id}"
