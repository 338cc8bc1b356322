"""The periodic work on clocks: flag what is missed, end pauses, escalate, open months.

Every function may run twice, late, or in several places at once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sla import fold
from sla.selectors.facts import facts_of, family_of
from sla.services import projecting
from sla.services.batches import BATCH, Swept, swept
from sla.services.calendars import current_terms
from sla.services.escalating import escalate
from sla.services.months import month_outcomes, open_months
from sla.services.projecting import breaches_of
from sla.services.refolding import apply, identity_of

if TYPE_CHECKING:
    from datetime import datetime

    from sla.services.projecting import StoredClock

LONGEST_SECONDS = 20.0

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


def sweep(*, at: datetime) -> int:
    """Flag every missed clock, end pauses at their cap, escalate, and open and close months.

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
            found += len(done.found)
            if done.claimed < BATCH:
                break
    while time.monotonic() < stop and escalate(at=at):
        pass
    return found


def flag_breaches(*, at: datetime, limit: int = BATCH) -> list[int]:
    """Flag up to `limit` clocks missed before `at`, oldest first; return ids of their breaches.

    Clocks are claimed with SKIP LOCKED and their evidence is read in a second statement, so that
    a call committed meanwhile is seen: a clock the evidence says is met is corrected instead.
    Breach and notice are written in the same transaction.
    """
    return sweep_batch(at=at, limit=limit).found


def sweep_batch(*, at: datetime, limit: int = BATCH) -> Swept:
    """Claim and settle up to `limit` clocks whose breach instant has passed."""
    return swept(CLAIM_DUE, _flagged, at=at, limit=limit)


def sweep_pauses(*, at: datetime, limit: int = BATCH) -> Swept:
    """Claim and settle up to `limit` clocks whose pause has reached its cap."""
    return swept(CLAIM_PAUSED, _flagged, at=at, limit=limit)


def _flagged(clocks: list[StoredClock], at: datetime) -> tuple[list[int], set[int]]:
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
