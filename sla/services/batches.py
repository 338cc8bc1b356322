"""Clocks in batches: claimed so that runs do not meet, and one by one where a batch fails."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection, transaction

from sla.models import Clock
from sla.services import projecting
from sla.services.refolding import refold

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sla.services.projecting import StoredClock

    # What is done to locked clocks: how much came of it, and leads whose rows are stale.
    Work = Callable[[list[StoredClock], datetime], tuple[list[int], set[int]]]

logger = logging.getLogger(__name__)

BATCH = 500
RETRY_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Swept:
    """What one batch did; `found` are ids of what was written."""

    claimed: int
    found: list[int]


def swept(claim: str, work: Work, *, at: datetime, limit: int) -> Swept:
    """Run a batch; where it fails, clock by clock, so that a bad one holds up no other.

    Args:
        claim: A statement over `projecting.SELECT` that locks, with three parameters: the instant
            twice and the limit.
        work: What to do with the clocks, inside the transaction that locked them.
        at: The instant of the run.
        limit: How many clocks at most.
    """
    try:
        with transaction.atomic():
            clocks = _claimed(claim, at=at, limit=limit)
            found, stale = work(clocks, at)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("A batch of clocks failed; trying them one by one")
        with transaction.atomic():
            clocks = _claimed(claim, at=at, limit=limit)
            found, stale = [], set()
            for clock in clocks:
                some, old = _alone(clock, work, at=at)
                found += some
                stale |= old
    if stale:
        # Their evidence came without a fold; other clocks of theirs have to be locked as well.
        found += refold(lead_ids=stale, at=at)
    return Swept(len(clocks), found)


def _claimed(claim: str, *, at: datetime, limit: int) -> list[StoredClock]:
    """Lock the oldest clocks nobody else is working on."""
    with connection.cursor() as cursor:
        cursor.execute(claim, [at, at, limit])
        return projecting.stored(cursor.fetchall())


def _alone(clock: StoredClock, work: Work, *, at: datetime) -> tuple[list[int], set[int]]:
    """Work on one clock; put it aside for a while when that fails."""
    try:
        with transaction.atomic():
            return work([clock], at)
    except Exception:
        logger.exception("Clock %s failed", clock.id)
        Clock.objects.filter(pk=clock.id).update(retry_at=at + RETRY_AFTER)
        return [], set()
