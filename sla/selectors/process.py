"""Open process revisions, and the drafts they hold back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from definitions import selectors as documents
from definitions.choices import DocumentKind
from definitions.content import Sla
from definitions.lint import Finding, Level
from sla.models import ProcessRevision

if TYPE_CHECKING:
    from datetime import datetime

    from definitions.content import Commitment
    from definitions.documents import Document

NUMBERS = frozenset({"allowance_amount", "unit", "count", "target_rate"})
"""What a promise is measured by; changing nothing else leaves the process as it was."""


def open_process_revisions() -> dict[str, ProcessRevision]:
    """Return the revisions nobody answered yet, by the kind of promise; one statement."""
    rows = ProcessRevision.objects.filter(answered_at__isnull=True).order_by("pk")
    return {row.kind: row for row in rows}


def refused_numbers(*, document: Document, at: datetime) -> list[Finding]:
    """Return what keeps an SLA draft from being signed: a number changed instead of a process.

    A promise whose process revision is open may be changed in more than its number, or stay.

    Args:
        document: The draft's content; other documents are none of this check's business.
        at: The instant; the draft is compared with the SLA in use then.
    """
    if not isinstance(document, Sla):
        return []
    revisions = open_process_revisions()
    if not revisions:
        return []
    in_use = documents.sla_of(documents.version_in_use(kind=DocumentKind.SLA, at=at).version)
    return [
        Finding(Level.REFUSED, f"commitments/{key}", _words(revisions[promise.kind]))
        for key, promise in document.commitments.items()
        if promise.kind in revisions and _is_bare(promise, in_use.commitments.get(key))
    ]


def _is_bare(drafted: Commitment, in_use: Commitment | None) -> bool:
    """Return whether two texts of one promise differ, and in nothing but its numbers."""
    if in_use is None:
        return False
    before, after = in_use.model_dump(), drafted.model_dump()
    changed = {name for name, value in after.items() if value != before[name]}
    return bool(changed) and changed <= NUMBERS


def _words(revision: ProcessRevision) -> str:
    first, last = f"{revision.first_month:%B}", f"{revision.last_month:%B %Y}"
    return (
        f"{revision.get_kind_display()} was missed from {first} to {last}, and process revision "
        f"{revision.pk} is not answered. Answer it first, or change the promise in more than its "
        "number."
    )
