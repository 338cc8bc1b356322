"""When the definitions are looked at again, and which data acts on them relied on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from definitions.choices import DocumentKind
from definitions.models import Version
from definitions.months import add_months
from definitions.selectors.schedule import VersionInUse, version_in_use
from revops.audit.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

REVIEW_MONTHS = 6
REVIEWED = "definitions_reviewed"


@dataclass(frozen=True, slots=True)
class Review:
    """One closed review of the definitions.

    Attributes:
        decision: "keep" or "change".
        report: The data it relied on, as an address.
    """

    version: Version
    decision: str
    report: str
    closed_at: datetime
    actor: str


def review_due_at(*, in_use: VersionInUse) -> datetime | None:
    """Return when the definitions in force are due for review; None while nobody signed them.

    Six months after they took effect, or after the last review of this version was closed.
    """
    if not in_use.is_signed:
        return None
    last = (
        AuditEntry.objects.filter(act=REVIEWED, subject=f"version:{in_use.version.pk}")
        .order_by("-at", "-id")
        .values_list("at", flat=True)
        .first()
    )
    return add_months(instant=last or in_use.effective_from, months=REVIEW_MONTHS)


def review_in_use(*, at: datetime) -> tuple[VersionInUse, datetime | None]:
    """Return the definitions in use and when they are due for review."""
    in_use = version_in_use(kind=DocumentKind.DEFINITIONS, at=at)
    return in_use, review_due_at(in_use=in_use)


def reviews() -> list[Review]:
    """Return the closed reviews, the newest first."""
    rows = list(AuditEntry.objects.filter(act=REVIEWED).order_by("-at", "-id"))
    ids = [int(row.subject.partition(":")[2]) for row in rows]
    versions = Version.objects.defer("content", "canonical_text").in_bulk(ids)
    return [
        Review(
            version=versions[pk],
            decision=row.details["decision"],
            report=row.details["report"],
            closed_at=row.at,
            actor=row.actor,
        )
        for pk, row in zip(ids, rows, strict=True)
        if pk in versions
    ]


def reports_of(*, versions: Iterable[Version]) -> dict[int, str]:
    """Return the data each version relies on, as an address by the version's id (S0-38)."""
    rows = AuditEntry.objects.filter(
        act="signatures_requested", subject__in=[f"version:{version.pk}" for version in versions]
    )
    told = {int(row.subject.partition(":")[2]): row.details.get("report", "") for row in rows}
    return {pk: report for pk, report in told.items() if report}
