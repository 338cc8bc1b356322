"""Note the head of the chain of signatures where the journal's seals keep it."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from django.db import transaction

from definitions.models import Signature
from definitions.services.base import lock_documents
from revops.audit.models import AuditEntry
from revops.audit.services import record

if TYPE_CHECKING:
    from datetime import datetime

HEAD_NOTED = "head_noted"


@transaction.atomic
def note_head(*, at: datetime) -> AuditEntry | None:
    """Write the head into the journal, once a day; a periodic service.

    `verification.verify` compares the chain with what was noted: a chain that was cut at its end
    or made anew lacks a head the journal knows, and the journal is sealed apart from the chain.

    Returns:
        The entry; None when nothing is signed or the day's head is noted.
    """
    lock_documents()
    subject = f"chain:{at.astimezone(UTC):%Y-%m-%d}"
    head = Signature.objects.order_by("-position").first()
    if head is None or AuditEntry.objects.filter(act=HEAD_NOTED, subject=subject).exists():
        return None
    return record(
        at=at,
        actor="system:note_head",
        act=HEAD_NOTED,
        subject=subject,
        details={"position": head.position, "record_sha256": head.record_sha256},
    )
