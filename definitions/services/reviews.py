"""The review of the definitions every six months: due, announced, closed with keep or change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from definitions import selectors
from definitions.months import add_months
from definitions.selectors.reviews import REVIEWED
from definitions.services.base import DocumentError, actor_of, journal, lock_documents, require
from definitions.services.reports import checked_report
from revops.outbox.services import Notice, announce
from revops.people.choices import Role
from revops.people.models import User

if TYPE_CHECKING:
    from datetime import datetime

DECISIONS = {"keep": "Keep it as it is", "change": "Change it"}
# A review may be closed this early; so a second click closes nothing.
EARLY_MONTHS = 1
# Who prepares and holds the review.
HEARD_BY = (Role.REVOPS, Role.MARKETING_LEADER, Role.SALES_LEADER)


class ReviewRefusedError(DocumentError):
    """The review is not due yet, or is not closed like this."""


@transaction.atomic
def close_review(*, decision: str, report: str, by: User, at: datetime) -> datetime:
    """Close the review of the definitions in force, and return when the next one is due.

    Args:
        decision: "keep" or "change"; a change is then drafted and signed as any other.
        report: Where the data stands that the decision relied on.
        by: Who closes it.
        at: When.

    Raises:
        NotAllowedError: Only RevOps closes reviews.
        ReviewRefusedError: Nothing is in force, it is not due, or the decision is unknown.
        ReportError: The address of the data is missing or no address.
    """
    require(by=by, right="definitions.edit_draft", words="close reviews")
    lock_documents()
    in_use, due_at = selectors.review_in_use(at=at)
    if due_at is None:
        raise ReviewRefusedError("Nobody has signed the definitions yet; there is no review.")
    if at < closable_from(due_at=due_at):
        raise ReviewRefusedError("The review is not due yet.")
    if decision not in DECISIONS:
        raise ReviewRefusedError("A review ends with keep or with change.")
    report = checked_report(report, is_needed=True)
    journal(
        act=REVIEWED,
        version=in_use.version,
        actor=actor_of(by),
        at=at,
        decision=decision,
        report=report,
    )
    return add_months(instant=at, months=selectors.REVIEW_MONTHS)


def closable_from(*, due_at: datetime) -> datetime:
    """Return from when a review that is due at `due_at` may be closed."""
    return add_months(instant=due_at, months=-EARLY_MONTHS)


@transaction.atomic
def announce_reviews(*, at: datetime) -> int:
    """Say that the review of the definitions is due, and again each month; a periodic service.

    Returns:
        1 when it is due, else 0; announcing again within the month sends nothing.
    """
    try:
        in_use, due_at = selectors.review_in_use(at=at)
    except selectors.NoVersionError:
        return 0
    if due_at is None or at < due_at:
        return 0
    month = 0
    while add_months(instant=due_at, months=month + 1) <= at:
        month += 1
    to = User.objects.filter(role__in=HEARD_BY, is_active=True).order_by("pk")
    notice = Notice(
        key=f"definition_review:{in_use.version.pk}:{due_at:%Y-%m-%d}:{month}",
        kind="definition.review_due",
        payload={"version": in_use.version.pk, "to": list(to.values_list("pk", flat=True))},
    )
    announce(notices=[notice], at=at)
    return 1
