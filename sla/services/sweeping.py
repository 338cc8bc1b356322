"""The periodic work on clocks: flag what is missed, end pauses, warn, open months.

Every function may run twice, late, or in several places at once.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, connection, transaction

from revops.outbox.services import Notice, announce
from sla import fold
from sla.models import Clock
from sla.selectors.facts import facts_of, family_of
from sla.services import projecting
from sla.services.calendars import current_terms
from sla.services.months import month_outcomes, open_months
from sla.services.projecting import breaches_of
from sla.services.refolding import apply, identity_of, refold

if TYPE_CHECKING:
    from datetime import datetime

    from sla.services.projecting import StoredClock

logger = logging.getLogger(__name__)

BATCH = 500
LONGEST_SECONDS = 20.0
RETRY_AFTER = timedelta(minutes=10)
STALE_WARNING = timedelta(hours=12)

CLAIM_DUE = (
    f"{projecting.SELECT} WHERE c.status = 'pending' AND c.breach_at < %s"
    " AND (c.retry_at IS NULL OR c.retry_at < %s)"
    " ORDER BY c.breach_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED"
)
CLAIM_PAUSED = (
    f"{projecting.SELECT} WHERE c.status = 'pending' AND c.pause_until <= %s"
    " AND (c.retry_at IS NULL OR c.retry_at < %s)"
    " ORDER BY c.pause_until LIMIT %s FOR NO KEY UPDATE SKIP LOCKED"
)
CLAIM_WARNINGS = """
WITH claimed AS (
    SELECT id FROM sla_clock
    WHERE status = 'pending' AND warned_at IS NULL AND warn_at <= %(at)s
    ORDER BY warn_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE sla_clock c SET warned_at = %(at)s FROM claimed WHERE c.id = claimed.id
RETURNING c.id, c.rep_id, c.scope, c.warn_at, c.breach_at
"""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one batch did."""

    claimed: int
    breaches: list[int]


def sweep(*, at: datetime) -> int:
    """Flag every missed clock, end pauses at their cap, warn, and open and close months.

    Stops after 20 seconds; what is left is done by the next run.

    Returns:
        How many breaches were written.
    """
    open_months(at=at)
    stop = time.monotonic() + LONGEST_SECONDS
    found = 0
    for batch in (sweep_batch, sweep_pauses):
        while time.monotonic() < stop:
            done = batch(at=at)
            found += len(done.breaches)
            if done.claimed < BATCH:
                break
    while warn_clocks(at=at) == BATCH and time.monotonic() < stop:
        pass
    return found


def flag_breaches(*, at: datetime, limit: int = BATCH) -> list[int]:
    """Flag up to `limit` clocks missed before `at`, oldest first; return ids of their breaches.

    Clocks are claimed with SKIP LOCKED and their evidence is read in a second statement, so that
    a call committed meanwhile is seen: a clock the evidence says is met is corrected instead.
    Breach and notice are written in the same transaction.
    """
    return sweep_batch(at=at, limit=limit).breaches


def sweep_batch(*, at: datetime, limit: int = BATCH) -> Swept:
    """Claim and settle up to `limit` clocks whose breach instant has passed."""
    return _swept(CLAIM_DUE, at=at, limit=limit)


def sweep_pauses(*, at: datetime, limit: int = BATCH) -> Swept:
    """Claim and settle up to `limit` clocks whose pause has reached its cap."""
    return _swept(CLAIM_PAUSED, at=at, limit=limit)


def _swept(claim: str, *, at: datetime, limit: int) -> Swept:
    """Run a batch; where it fails, clock by clock, so that a bad one holds up no other."""
    try:
        with transaction.atomic():
            clocks = _claimed(claim, at=at, limit=limit)
            breaches, stale = _flagged(clocks, at=at)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("A batch of clocks failed to fold; trying them one by one")
        with transaction.atomic():
            clocks = _claimed(claim, at=at, limit=limit)
            breaches, stale = [], set()
            for clock in clocks:
                found, old = _flagged_alone(clock, at=at)
                breaches += found
                stale |= old
    if stale:
        # Their evidence came without a fold; other clocks of theirs have to be locked as well.
        breaches += refold(lead_ids=stale, at=at)
    return Swept(len(clocks), breaches)


def _claimed(claim: str, *, at: datetime, limit: int) -> list[StoredClock]:
    """Lock the oldest clocks nobody else is working on."""
    with connection.cursor() as cursor:
        cursor.execute(claim, [at, at, limit])
        return projecting.stored(cursor.fetchall())


def _flagged(clocks: list[StoredClock], *, at: datetime) -> tuple[list[int], set[int]]:
    """Settle claimed clocks after reading their evidence again.

    Returns:
        Ids of the breaches written, and leads with a clock that no evidence starts any more.
    """
    if not clocks:
        return [], set()
    terms = current_terms(at=at)
    outcomes: list[fold.Outcome] = []
    leads = {clock.columns["lead_id"] for clock in clocks} - {None}
    if leads:
        facts = facts_of(family_of(leads))
        kinds = {clock.columns["kind"] for clock in clocks}
        outcomes += fold.fold(facts=facts, terms=terms, at=at, only=frozenset(kinds))
    months = [clock for clock in clocks if clock.columns["month"] is not None]
    outcomes += month_outcomes(clocks=months, terms=terms, at=at)
    said = {identity_of(outcome) for outcome in outcomes}
    known = [clock for clock in clocks if clock.identity in said]
    breaches = apply(
        clocks=known,
        outcomes=outcomes,
        breaches=breaches_of([clock.id for clock in known]),
        at=at,
        news_since=None,
        is_partial=True,
    )
    return breaches, {clock.columns["lead_id"] for clock in clocks if clock.identity not in said}


def _flagged_alone(clock: StoredClock, *, at: datetime) -> tuple[list[int], set[int]]:
    """Settle one clock; put it aside for a while when that fails."""
    try:
        with transaction.atomic():
            return _flagged([clock], at=at)
    except Exception:
        logger.exception("Clock %s failed to fold", clock.id)
        Clock.objects.filter(pk=clock.id).update(retry_at=at + RETRY_AFTER)
        return [], set()


@transaction.atomic
def warn_clocks(*, at: datetime, limit: int = BATCH) -> int:
    """Announce once per clock that most of its allowance is used; return how many were marked.

    Warnings that come too late to act on, and those of owner clocks beside a lead clock, are
    marked and not sent.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLAIM_WARNINGS, {"at": at, "limit": limit})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    notices = [
        Notice(
            key=f"sla.due_soon:{clock_id}",
            kind="sla.due_soon",
            payload={"clock": clock_id, "rep": rep_id},
        )
        for clock_id, rep_id, scope, warn_at, breach_at in rows
        if scope == "lead"
        and warn_at > at - STALE_WARNING
        and (breach_at is None or breach_at >= at)
    ]
    if notices:
        announce(notices=notices, at=at)
    return len(rows)
