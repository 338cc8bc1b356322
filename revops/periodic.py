"""Run the periodic services and remember when each finished.

Celery beat, the scheduler thread and `manage.py sweep` all come here. A service may run twice,
late, or in several places at once; nothing but its lateness depends on which of them runs it.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import F
from django.utils.module_loading import import_string

from revops.database import database_now
from revops.models import PeriodicRun

if TYPE_CHECKING:
    from datetime import datetime

logger = logging.getLogger(__name__)

# Where workers do the work the scheduler thread only stands in for them after this long.
STAND_IN_AFTER = timedelta(seconds=90)


def run(*, service: str) -> None:
    """Run one service of settings.PERIODIC_SERVICES with the database's instant.

    Raises:
        LookupError: The service is not in the list.
    """
    if service not in dict(settings.PERIODIC_SERVICES):
        raise LookupError(f"{service} is not a periodic service")
    at = database_now()
    PeriodicRun.objects.get_or_create(service=service, defaults={"started_at": at})
    rows = PeriodicRun.objects.filter(service=service)
    rows.update(started_at=at)
    try:
        import_string(service)(at=at)
    except Exception as error:
        rows.update(failure_count=F("failure_count") + 1, last_error=type(error).__name__)
        raise
    rows.update(finished_at=database_now(), failure_count=0, last_error="")


def run_safely(*, service: str) -> bool:
    """Run one service; log its failure instead of raising, so that the others still run."""
    try:
        run(service=service)
    except Exception:  # one broken service must not stop the others
        logger.exception("The periodic service %s failed", service)
        return False
    return True


def due_services(*, at: datetime, is_stand_in: bool) -> list[str]:
    """Return the services whose last run is too long ago, in the order of the list.

    Args:
        at: The instant of the question.
        is_stand_in: Workers exist; step in only when they have been away for a while.
    """
    started = dict(PeriodicRun.objects.values_list("service", "started_at"))
    due = []
    for service, seconds in settings.PERIODIC_SERVICES:
        pause = timedelta(seconds=seconds)
        if is_stand_in:
            pause += STAND_IN_AFTER - min(pause, timedelta(seconds=30))
        last = started.get(service)
        if last is None or at - last >= pause:
            due.append(service)
    return due
