"""Who has seen what: signers before they sign, and everybody who read what is in force."""

from __future__ import annotations

from django.db import models

from definitions.models.signing import SignatureRequest
from definitions.models.versions import Version
from revops.audit.models import AppendOnlyModel
from revops.people.models import User


class Viewing(AppendOnlyModel):
    """The first time a person opened a version that waits for signatures."""

    request = models.ForeignKey(SignatureRequest, models.PROTECT, related_name="viewings")
    reader = models.ForeignKey(User, models.PROTECT, related_name="viewings")
    viewed_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="definitions_viewing_first_only", fields=["request", "reader"]
            )
        ]

    def __str__(self) -> str:
        """Return who saw what."""
        return f"{self.actor} saw request {self.request_id}"


class Acknowledgement(AppendOnlyModel):
    """A person's word to have read the definitions in use."""

    version = models.ForeignKey(Version, models.PROTECT, related_name="acknowledgements")
    reader = models.ForeignKey(User, models.PROTECT, related_name="acknowledgements")
    acknowledged_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="definitions_acknowledgement_once", fields=["version", "reader"]
            )
        ]

    def __str__(self) -> str:
        """Return who read what."""
        return f"{self.actor} read version {self.version_id}"
