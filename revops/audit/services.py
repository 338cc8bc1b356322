"""Write the journal, seal append-only rows, and check seals and triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from revops.audit.models import AuditEntry
from revops.audit.seals import seal_batches, verify_seals
from revops.audit.triggers import verify_triggers

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["record", "seal_batches", "verify_seals", "verify_triggers"]


def record(
    *, at: datetime, actor: str, act: str, subject: str, details: dict[str, Any] | None = None
) -> AuditEntry:
    """Note who did what; belongs into the transaction of the act.

    Args:
        at: When it was done.
        actor: `user:<id>`, `key:<id>` or `system:<job>`.
        act: The right or verb, such as `key_revoked`.
        subject: What it was done to, such as `apikey:4`.
        details: Ids and plain values only; no personal data and no free text.
    """
    return AuditEntry.objects.create(
        at=at, actor=actor, act=act, subject=subject, details=details or {}
    )
