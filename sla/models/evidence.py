"""What happened, as far as promises care."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from revops.audit.models import AppendOnlyModel
from revops.people.models import Rep
from sla.choices import EvidenceKind


class Evidence(AppendOnlyModel):
    """A fact about a lead; `payload` holds ids and codes, never a person's data or free text.

    A correction is another row: a void names the (source, source_id) it takes back and may arrive
    before it.
    """

    lead = models.ForeignKey(
        "pipeline.Lead", models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    stated_cycle = models.PositiveSmallIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=24, choices=EvidenceKind)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    rep = models.ForeignKey(Rep, models.PROTECT, null=True, blank=True, related_name="evidence")
    source = models.CharField(max_length=40, blank=True)
    source_id = models.CharField(max_length=160, blank=True)
    payload = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(
                name="sla_evidence_kind_is_known", condition=Q(kind__in=EvidenceKind.values)
            ),
            models.CheckConstraint(name="sla_evidence_actor_is_named", condition=~Q(actor="")),
            models.CheckConstraint(
                name="sla_evidence_not_from_the_future",
                condition=Q(recorded_at__gte=F("occurred_at")),
            ),
            models.CheckConstraint(
                name="sla_evidence_source_and_id_together",
                condition=Q(source="", source_id="") | (~Q(source="") & ~Q(source_id="")),
            ),
            models.UniqueConstraint(
                name="sla_evidence_source_once",
                fields=["source", "source_id"],
                condition=~Q(source=""),
            ),
        ]
        indexes = [
            models.Index(name="sla_evidence_lead_at", fields=["lead", "occurred_at"]),
            # The monthly volume reads nothing else.
            models.Index(
                name="sla_evidence_mql_at",
                fields=["occurred_at"],
                condition=Q(kind=EvidenceKind.MQL),
            ),
        ]

    def __str__(self) -> str:
        """Return the kind and the lead."""
        return f"{self.get_kind_display()}: lead {self.lead_id}"
