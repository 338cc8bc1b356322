"""The morning digest of leaders: announced once a business day, worded when it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from dashboards.selectors.morning import leaders, working_day, zone_of
from pipeline.selectors.clocks import office_hours
from revops.outbox.models import Message
from revops.outbox.services import Notice, announce
from sla.services import current_terms

if TYPE_CHECKING:
    from datetime import datetime

KIND: Final = "morning.digest"


@transaction.atomic
def announce_mornings(*, at: datetime) -> int:
    """Announce the digest of every leader whose working day has begun; return how many.

    Once per leader and business day, however often and late it runs. A day without hours has none,
    and so has an organisation without promises.
    """
    hours = office_hours(terms=current_terms(at=at), at=at)
    if hours is None:
        return 0
    notices = []
    for leader in leaders():
        day = working_day(hours=hours, zone=zone_of(leader), at=at)
        if day is not None and day.opens_at <= at < day.closes_at:
            notices.append(
                Notice(
                    key=f"{KIND}:{leader.pk}:{day.day.isoformat()}",
                    kind=KIND,
                    payload={"leader": leader.pk, "at": at.isoformat(), "to": [leader.pk]},
                )
            )
    told = Message.objects.filter(key__in=[notice.key for notice in notices])
    known = set(told.values_list("key", flat=True))
    fresh = [notice for notice in notices if notice.key not in known]
    announce(notices=fresh, at=at)
    return len(fresh)
