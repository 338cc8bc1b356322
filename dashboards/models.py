"""What the shared page stores of its own."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from dashboards.choices import SharedPage
from revops.people.models import User


class ShareLink(models.Model):
    """A read-only address of a page for people without a login; only the token's SHA-256 is kept.

    The page it opens shows promises and rates and no personal data.
    """

    page = models.CharField(max_length=16, choices=SharedPage)
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="share_links")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="dashboards_sharelink_page_is_known", condition=Q(page__in=SharedPage.values)
            ),
        ]

    def __str__(self) -> str:
        """Return the page and until when it is open."""
        return f"{self.get_page_display()} until {self.expires_at:%Y-%m-%d}"
