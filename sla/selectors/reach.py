"""Whether hours leave every promise a deadline; without one no lead could start its clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from definitions.content import Sla
from definitions.lint import Finding, Level
from sla import fold
from sla.clock import BusinessCalendar, NoWorkingTimeError
from sla.fold.deadlines import deadline
from sla.models import CalendarVersion

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from definitions.documents import Document

WEEK = timedelta(days=7)
WEEKS = 53
"""Starts are tried once a week for a year: hours repeat weekly, holidays yearly."""


def is_within_reach(*, promise: fold.Promise, hours: BusinessCalendar, at: datetime) -> bool:
    """Return whether whatever starts in the year after `at` has a deadline in these hours."""
    if promise.amount is None:
        return True
    try:
        for week in range(WEEKS):
            deadline(promise=promise, calendar=hours, start=at + week * WEEK)
    except NoWorkingTimeError:
        return False
    return True


def unreachable(
    *, promises: Iterable[fold.Promise], hours: BusinessCalendar, at: datetime
) -> list[fold.Promise]:
    """Return the promises whose time does not fit into the hours."""
    return [one for one in promises if not is_within_reach(promise=one, hours=hours, at=at)]


def refused_allowances(*, document: Document, at: datetime) -> list[Finding]:
    """Return the promises of an SLA draft whose time does not fit into some calendar's hours."""
    if not isinstance(document, Sla):
        return []
    newest = CalendarVersion.objects.order_by("calendar", "-number").distinct("calendar")
    found = []
    for version in newest.select_related("calendar"):
        hours = BusinessCalendar.from_dict(version.spec)
        found += [
            Finding(
                Level.REFUSED,
                f"commitments/{key}",
                f"{commitment.title} is due later than {version.calendar.name} reaches: "
                "allow less time, or open more hours.",
            )
            for key, commitment in document.commitments.items()
            if not is_within_reach(
                promise=fold.Promise(
                    key=key,
                    kind=commitment.kind.value,
                    unit=commitment.unit.value,
                    version=None,
                    amount=commitment.allowance_amount,
                ),
                hours=hours,
                at=at,
            )
        ]
    return found
