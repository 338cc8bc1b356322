"""What people say about a draft before it may be signed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from definitions.models.versions import Draft, sha256_check
from revops.audit.models import AppendOnlyModel
from revops.people.models import User


class Comment(models.Model):
    """A remark on one clause of a draft; the text is free, so the row is erasable."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="comments")
    clause_key = models.CharField(max_length=80)
    text = models.CharField(max_length=2000)
    posted_at = models.DateTimeField()
    posted_by = models.ForeignKey(User, models.PROTECT, related_name="comments")
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="resolved_comments"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="definitions_comment_has_a_text", condition=~Q(text="")),
            models.CheckConstraint(
                name="definitions_comment_resolved_by_somebody",
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True)
                | Q(resolved_at__gte=F("posted_at"), resolved_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Return the clause and the beginning of the text."""
        return f"{self.clause_key}: {self.text[:40]}"


class Approval(AppendOnlyModel):
    """A person's word that a draft, as it stood, is fit to be signed."""

    draft = models.ForeignKey(Draft, models.PROTECT, related_name="approvals")
    content_sha256 = models.CharField(max_length=64)
    approved_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, models.PROTECT, related_name="approvals")
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="definitions_approval_once_per_text",
                fields=["draft", "approved_by", "content_sha256"],
            ),
            sha256_check(field="content_sha256", name="definitions_approval_content_is_sha256"),
        ]

    def __str__(self) -> str:
        """Return who approved."""
        return f"approval by {self.actor}"
