"""Fold the evidence of leads again and make clocks and ledger agree with it."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from revops.outbox.services import Notice, announce
from sla import fold
from sla.choices import BreachCause, ClockKind, RevisionKind, Scope
from sla.models import Breach, BreachRevision
from sla.selectors.facts import facts_of, family_of
from sla.services import projecting
from sla.services.calendars import current_terms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from sla.services.projecting import StoredBreach, StoredClock

NEWS = timedelta(days=1)
"""A breach found by a service is announced unless it is older: imported history is no news."""
DERIVED_FACTS = "system:fold"


@dataclass(slots=True)
class Writes:
    """What has to change so that the rows agree with the fold."""

    inserts: list[fold.Outcome] = field(default_factory=list)
    updates: list[tuple[StoredClock, dict[str, Any]]] = field(default_factory=list)
    deletes: list[StoredClock] = field(default_factory=list)
    pairs: list[tuple[StoredClock, fold.Outcome]] = field(default_factory=list)
    withdrawn: list[StoredClock] = field(default_factory=list)


_HELD: ContextVar[set[int] | None] = ContextVar("leads that wait for one fold", default=None)


@contextmanager
def folded_once(*, at: datetime) -> Iterator[None]:
    """Fold the leads touched inside the block once, at its end, in one transaction.

    For history that comes in as several calls: half-told, a lead looks as if promises had been
    missed, and the ledger would keep each such breach with its rescission.
    """
    with transaction.atomic():
        token = _HELD.set(set())
        try:
            yield
            lead_ids = _HELD.get() or set()
        finally:
            _HELD.reset(token)
        refold(lead_ids=lead_ids, at=at)


@transaction.atomic
def refold(*, lead_ids: Collection[int], at: datetime) -> list[int]:
    """Fold the leads again; write clocks that differ, breaches, revisions and notices.

    The number of statements does not depend on the number of leads. The caller holds the locks of
    the leads when it has just changed them; their clocks are locked here, by id.

    Args:
        lead_ids: Leads whose evidence changed; leads merged with them are folded as well.
        at: The instant of the fold; only whether a running promise is missed depends on it.

    Returns:
        Ids of the breaches written.
    """
    held = _HELD.get()
    if held is not None:
        held.update(lead_ids)
        return []
    if not lead_ids:
        return []
    family = family_of(lead_ids)
    clocks = projecting.locked_clocks(family)
    facts = facts_of(family)
    outcomes = fold.fold(facts=facts, terms=current_terms(at=at), at=at)
    return apply(
        clocks=clocks,
        outcomes=outcomes,
        breaches=projecting.breaches_of([clock.id for clock in clocks]),
        at=at,
        news_since=at - NEWS,
    )


def apply(
    *,
    clocks: Sequence[StoredClock],
    outcomes: Iterable[fold.Outcome],
    breaches: dict[int, StoredBreach],
    at: datetime,
    news_since: datetime | None,
    is_partial: bool = False,
) -> list[int]:
    """Write the difference between locked clocks and outcomes; return ids of new breaches.

    Args:
        clocks: Rows this transaction has locked.
        outcomes: What the fold says of the same leads.
        breaches: The ledger's entries of the clocks.
        at: The instant recorded with breaches and revisions.
        news_since: Breaches before it are not announced; None announces all.
        is_partial: Only the given clocks are locked, so no others may be written; each of them
            has an outcome.
    """
    writes = differences(clocks=clocks, outcomes=outcomes, breaches=breaches)
    if is_partial:
        writes.inserts = []
    projecting.delete([clock.id for clock in writes.deletes])
    projecting.update([{"id": clock.id, **columns} for clock, columns in writes.updates])
    ids = projecting.insert([projecting.columns_of(row) for row in writes.inserts])
    told = [(clock.id, outcome) for clock, outcome in writes.pairs]
    told += [(ids[identity_of(row)], row) for row in writes.inserts]
    return _settle(told, writes, breaches, at=at, news_since=news_since)


def differences(
    *,
    clocks: Sequence[StoredClock],
    outcomes: Iterable[fold.Outcome],
    breaches: dict[int, StoredBreach],
) -> Writes:
    """Return what to write; nothing where the rows already say what the fold says."""
    writes = Writes()
    wanted = {identity_of(row): row for row in outcomes if _is_stored(row)}
    for clock in clocks:
        outcome = wanted.pop(clock.identity, None)
        if outcome is not None:
            writes.pairs.append((clock, outcome))
        else:
            writes.deletes.append(clock)
    _keep_rows_of_moved_starts(writes, wanted)
    for clock, outcome in writes.pairs:
        columns = projecting.columns_of(outcome)
        if columns != clock.columns:
            writes.updates.append((clock, columns))
    writes.withdrawn = [clock for clock in writes.deletes if clock.id in breaches]
    for clock in writes.withdrawn:
        columns = projecting.withdrawn(clock)
        if columns != clock.columns:
            writes.updates.append((clock, columns))
    writes.deletes = [clock for clock in writes.deletes if clock.id not in breaches]
    writes.inserts = list(wanted.values())
    return writes


def _keep_rows_of_moved_starts(
    writes: Writes, wanted: dict[tuple[Any, ...], fold.Outcome]
) -> None:
    """Match clocks whose start or cycle moved by earlier evidence, so that row and breach remain.

    First those started by the same fact, then those about the same thing in the same cycle, then
    in any cycle.
    """
    for names in (("started_by_id",), ("cycle",), ()):
        homeless: dict[tuple[Any, ...], list[fold.Outcome]] = defaultdict(list)
        for outcome in wanted.values():
            homeless[_place(projecting.columns_of(outcome), names)].append(outcome)
        left = []
        for clock in writes.deletes:
            found = homeless.get(_place(clock.columns, names))
            shared = clock.columns["kind"] == ClockKind.MARKETING_FEEDBACK
            if not found or (shared and "started_by_id" not in names):
                left.append(clock)
                continue
            outcome = found.pop(0)
            del wanted[identity_of(outcome)]
            writes.pairs.append((clock, outcome))
        writes.deletes = left


def _place(columns: dict[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    """Return what a clock is about, with the named columns of its identity."""
    holder = columns["rep_id"] if columns["scope"] == Scope.OWNER else None
    about = [columns[name] for name in ("lead_id", "kind", "scope", "month", *names)]
    return (*about, holder)


def identity_of(outcome: fold.Outcome) -> tuple[Any, ...]:
    """Return the unique key as stored."""
    lead, cycle, kind, scope, started_by, month = outcome.identity
    return lead, cycle, str(kind), str(scope), started_by, month


def _is_stored(outcome: fold.Outcome) -> bool:
    """Return whether an outcome has a row: it started, or it is a month's."""
    return outcome.started_by is not None or outcome.month is not None


def _settle(
    told: list[tuple[int, fold.Outcome]],
    writes: Writes,
    breaches: dict[int, StoredBreach],
    *,
    at: datetime,
    news_since: datetime | None,
) -> list[int]:
    """Append the breaches and revisions that make the ledger agree, and the notices of them."""
    new: list[Breach] = []
    revisions: list[BreachRevision] = []
    for clock_id, outcome in told:
        known = breaches.get(clock_id)
        change = fold.settle(entry=known.entry if known else None, outcome=outcome)
        if change is None:
            continue
        if known is None:
            new.append(_breach(clock_id, outcome, at=at))
        else:
            is_excuse = change.kind == RevisionKind.EXCUSED
            cause = outcome.excused_by if is_excuse else outcome.stopped_by
            revisions.append(_revision(known.id, change, cause, at=at))
    for clock in writes.withdrawn:
        entry = breaches[clock.id].entry
        if entry.stands:
            change = fold.Change(RevisionKind.RESCINDED, entry.status, "cancelled")
            revisions.append(_revision(breaches[clock.id].id, change, None, at=at))
    stored = Breach.objects.bulk_create(new)
    corrected = BreachRevision.objects.bulk_create(revisions)
    clock_of = {breach.id: clock_id for clock_id, breach in breaches.items()}
    notices = [
        notice_of_breach(breach)
        for breach in stored
        if news_since is None or breach.breach_at >= news_since
    ]
    notices += [notice_of_revision(row, clock_of[row.breach_id]) for row in corrected]
    if notices:
        announce(notices=notices, at=at)
    return [breach.pk for breach in stored]


def cause_of(kind: str) -> BreachCause:
    """Return in what a promise of this kind is missed when it is."""
    return {
        ClockKind.LEAD_AGE: BreachCause.TOO_OLD,
        ClockKind.MINIMUM_FIT: BreachCause.TOO_WEAK,
        ClockKind.CONTEXT: BreachCause.INCOMPLETE,
        ClockKind.ATTEMPTS: BreachCause.TOO_FEW,
        ClockKind.MQL_VOLUME: BreachCause.TOO_FEW,
    }.get(ClockKind(kind), BreachCause.NOTHING_DONE)


def _breach(clock_id: int, outcome: fold.Outcome, *, at: datetime) -> Breach:
    """Return the ledger's row of a missed clock."""
    if outcome.due_at is None or outcome.breach_at is None:
        raise ValueError("a missed clock has a due time")
    return Breach(
        clock_id=clock_id,
        commitment_id=outcome.promise.key,
        side=outcome.promise.side,
        rep_id=outcome.rep,
        status=outcome.status,
        cause=cause_of(outcome.kind),
        due_at=outcome.due_at,
        breach_at=outcome.breach_at,
        detected_at=at,
        actor=DERIVED_FACTS,
    )


def _revision(
    breach_id: int, change: fold.Change, evidence_id: int | None, *, at: datetime
) -> BreachRevision:
    """Return the correction of a breach."""
    return BreachRevision(
        breach_id=breach_id,
        kind=change.kind or RevisionKind.RECLASSIFIED,
        evidence_id=evidence_id,
        old_status=change.old_status,
        new_status=change.new_status,
        at=at,
        actor=DERIVED_FACTS,
        reason="evidence",
    )


def notice_of_breach(breach: Breach) -> Notice:
    """Return the notice that a promise was broken; one per clock for ever.

    It is for other systems and the team's channel; which people hear is for the ladder to say.
    """
    return Notice(
        key=f"sla.breached:{breach.clock_id}",
        kind="sla.breached",
        payload={"clock": breach.clock_id, "breach": breach.pk, "holder": breach.rep_id},
    )


def notice_of_revision(revision: BreachRevision, clock_id: int) -> Notice:
    """Return the notice that a breach was corrected; sent notices are never taken back."""
    return Notice(
        key=f"sla.breach_revised:{revision.pk}",
        kind=f"sla.breach_{revision.kind}",
        payload={"clock": clock_id, "breach": revision.breach_id},
    )
