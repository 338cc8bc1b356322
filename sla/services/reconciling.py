"""Fold everything again and compare; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from revops.models import PeriodicRun
from sla import fold
from sla.choices import ClockStatus
from sla.models import Breach, Clock, Evidence
from sla.selectors.facts import facts_of, family_of
from sla.selectors.months import closed_months, columns_of, due_by_month
from sla.selectors.preview import default_calendar
from sla.services import projecting
from sla.services.calendars import current_terms
from sla.services.closing import live
from sla.services.refolding import Writes, differences

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sla.services.projecting import StoredBreach, StoredClock

CHUNK = 2_000
CLOSING = "sla.services.close_months"
LEADS = """
SELECT DISTINCT lead_id FROM sla_evidence WHERE lead_id > %s ORDER BY lead_id LIMIT %s
"""
CLOCKS = f"{projecting.SELECT} WHERE c.lead_id = ANY(%s) ORDER BY c.id"


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement between rows and the fold of the evidence."""

    subject: str
    stored: str
    folded: str

    def __str__(self) -> str:
        """Return it as a line."""
        return f"{self.subject}: stored {self.stored}, the evidence says {self.folded}"


def reconcile_clocks(*, at: datetime, limit: int = 50) -> list[Difference]:
    """Return where clocks and ledger differ from a fold of all evidence at `at`.

    A clock whose deadline has passed and that no sweep has reached yet is no difference.

    Args:
        at: The instant of the fold.
        limit: Stop after so many differences.
    """
    found: list[Difference] = []
    terms = current_terms(at=at)
    for leads in _leads():
        found += _chunk(leads, terms=terms, at=at)
        if len(found) >= limit:
            return found[:limit]
    orphans = Clock.objects.filter(lead__isnull=False).exclude(lead__evidence__isnull=False)
    found += [
        Difference(f"clock {pk}", "a row", "no evidence of its lead")
        for pk in orphans.values_list("pk", flat=True)[:limit]
    ]
    found += _months()
    found += _closed_months(at=at)
    return found[:limit]


def _closed_months(*, at: datetime) -> list[Difference]:
    """Compare closed months, adjustments included, with their clocks.

    What came in since they were last compared is no difference yet.
    """
    hours = default_calendar()
    known = closed_months()
    if hours is None or not known or _is_behind():
        return []
    after = fold.first_of_next(max(one.month for one in known))
    due = due_by_month(zone=hours.zone, first=known[0].month, after=after, at=at)
    found = []
    for one, counts, counted in live(known=known, due=due, hours=hours):
        stored, folded = columns_of(one.now), columns_of(counts)
        if stored != folded or counted != one.counted_now:
            names = [name for name in folded if stored[name] != folded[name]]
            found.append(
                Difference(
                    f"{one.kind} in {one.month:%Y-%m}",
                    ", ".join(f"{name} {stored[name]}" for name in names) or str(one.counted_now),
                    ", ".join(f"{name} {folded[name]}" for name in names) or str(counted),
                )
            )
    return found


def _is_behind() -> bool:
    """Return whether evidence came in after the job that compares closed months last ran."""
    run = PeriodicRun.objects.filter(service=CLOSING).first()
    newest = Evidence.objects.order_by("-pk").values_list("recorded_at", flat=True).first()
    if run is None or run.finished_at is None or newest is None:
        return False
    return bool(newest > run.started_at)


def _months() -> list[Difference]:
    """Compare the closed months with the ledger; their counts are frozen."""
    has_breach = Exists(Breach.objects.filter(clock=OuterRef("pk")))
    rows = (
        Clock.objects.filter(month__isnull=False)
        .annotate(has_breach=has_breach)
        .order_by("month")
        .values_list("month", "status", "enforced", "has_breach")
    )
    found = []
    for month, status, enforced, breached in rows:
        if status == ClockStatus.BREACHED_CLOSED and enforced and not breached:
            found.append(Difference(f"month {month}", "no breach", "missed"))
        elif breached and status in {ClockStatus.PENDING, ClockStatus.MET}:
            found.append(Difference(f"month {month}", "a breach", str(status)))
    return found


def _leads() -> Iterator[list[int]]:
    """Yield the ids of all leads with evidence, in chunks."""
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(LEADS, [last, CHUNK])
            leads = [row[0] for row in cursor.fetchall()]
        if not leads:
            return
        yield leads
        last = leads[-1]


@transaction.atomic
def _chunk(leads: list[int], *, terms: fold.Terms, at: datetime) -> list[Difference]:
    """Compare the clocks of some leads, and of those merged with them."""
    family = family_of(leads)
    with connection.cursor() as cursor:
        cursor.execute(CLOCKS, [family])
        clocks = projecting.stored(cursor.fetchall())
    outcomes = fold.fold(facts=facts_of(family), terms=terms, at=at)
    breaches = projecting.breaches_of([clock.id for clock in clocks])
    writes = differences(clocks=clocks, outcomes=outcomes, breaches=breaches)
    inside = set(leads)
    return [difference for lead, difference in _worded(writes, breaches, at=at) if lead in inside]


def _worded(
    writes: Writes, breaches: dict[int, StoredBreach], *, at: datetime
) -> Iterator[tuple[Any, Difference]]:
    """Yield what would have to be written, as differences, with the lead of each."""
    unswept = {clock.id for clock, _ in writes.pairs if _is_unswept(clock, at=at)}
    for clock, columns in writes.updates:
        if clock.id in unswept:
            continue
        names = [name for name, value in columns.items() if clock.columns[name] != value]
        yield (
            clock.columns["lead_id"],
            Difference(
                f"clock {clock.id}",
                ", ".join(f"{name} {clock.columns[name]}" for name in names),
                ", ".join(f"{name} {columns[name]}" for name in names),
            ),
        )
    for outcome in writes.inserts:
        subject = f"{outcome.kind} of lead {outcome.lead} cycle {outcome.cycle}"
        yield outcome.lead, Difference(subject, "no clock", str(outcome.status))
    for clock in writes.deletes:
        yield clock.columns["lead_id"], Difference(f"clock {clock.id}", "a row", "no clock")
    for clock, outcome in writes.pairs:
        known = breaches.get(clock.id)
        change = fold.settle(entry=known.entry if known else None, outcome=outcome)
        if change is not None and clock.id not in unswept:
            yield (
                clock.columns["lead_id"],
                Difference(
                    f"breach of clock {clock.id}",
                    change.old_status or "none",
                    f"{change.kind or 'breach'} as {change.new_status}",
                ),
            )


def _is_unswept(clock: StoredClock, *, at: datetime) -> bool:
    """Return whether a sweep has still to look at the clock."""
    if clock.columns["status"] != ClockStatus.PENDING:
        return False
    ends = (clock.columns["breach_at"], clock.columns["pause_until"])
    return any(end is not None and end <= at for end in ends)
