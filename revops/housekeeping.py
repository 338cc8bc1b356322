"""Delete what has served its time."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from axes.models import AccessAttempt
from django.contrib.sessions.models import Session

from revops.outbox.models import Message

if TYPE_CHECKING:
    from datetime import datetime

logger = logging.getLogger(__name__)

KEEP_ATTEMPTS = timedelta(days=1)
KEEP_SENT = timedelta(days=90)


def forget_expired(*, at: datetime) -> int:
    """Delete ended sessions, old failed logins and mails long sent; return how many rows went.

    Messages shown in the app stay.
    """
    querysets = (
        Session.objects.filter(expire_date__lt=at),
        AccessAttempt.objects.filter(attempt_time__lt=at - KEEP_ATTEMPTS),
        Message.objects.exclude(channel="app").filter(done_at__lt=at - KEEP_SENT),
    )
    count = sum(queryset.delete()[0] for queryset in querysets)
    if count:
        logger.info("Deleted %d expired rows", count)
    return count
