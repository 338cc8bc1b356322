"""The sample's closed months, and what the two leaders answered where a promise was missed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from revops.people.choices import Side
from sla.fold import closes_at, first_of_next
from sla.models import ProcessRevision
from sla.selectors.months import months_in
from sla.services import answer_revision, close_months, open_months

if TYPE_CHECKING:
    from datetime import datetime

    from dashboards.sample.staff import Staff
    from sla.clock import BusinessCalendar

ANSWERED_AFTER: Final = timedelta(days=3)
ROUTING: Final = (
    "Leads that arrive at night wait for the first person who looks at the queue, because the "
    "fallback queue has no owner then."
)
NIGHTS: Final = "The fallback queue has an owner around the clock; RevOps checks it every month."
REVIEWS: Final = "Reviews pile up on Thursdays and Fridays, when most reps sit with customers."
MORNINGS: Final = (
    "Every team keeps half an hour free each morning for reviews; the sales leader looks at what "
    "is left at noon."
)
ANSWERS: Final = {"routing": (ROUTING, NIGHTS), "sal_review": (REVIEWS, MORNINGS)}
"""Cause and change by kind of promise; what is not here waits for its answer."""


def open_since(*, signed_at: datetime, calendar: BusinessCalendar, at: datetime) -> None:
    """Open the monthly volume of each whole month since the signature."""
    first = first_of_next(calendar.local_date(signed_at).replace(day=1))
    for month in months_in(first=first, after=calendar.local_date(at)):
        open_months(at=calendar.midnight_after(month - timedelta(days=1)))


def close_each(
    *, first_at: datetime, calendar: BusinessCalendar, people: Staff, at: datetime
) -> None:
    """Close each month when its time came, and let the leaders answer what that opened."""
    first = calendar.local_date(first_at).replace(day=1)
    for month in months_in(first=first, after=calendar.local_date(at)):
        closed_at = closes_at(month=month, calendar=calendar) + timedelta(minutes=10)
        if closed_at <= at:
            close_months(at=closed_at)
            _answer(people=people, at=min(closed_at + ANSWERED_AFTER, at))


def _answer(*, people: Staff, at: datetime) -> None:
    leaders = {Side.MARKETING: people.marketing_leader, Side.SALES: people.sales_leader}
    waiting = ProcessRevision.objects.filter(answered_at__isnull=True, kind__in=ANSWERS)
    for revision in waiting.order_by("pk"):
        cause, change = ANSWERS[revision.kind]
        answer_revision(
            revision=revision, cause=cause, change=change, by=leaders[Side(revision.side)], at=at
        )
