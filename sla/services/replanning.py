"""Planning running deadlines again under newer hours: seen before it is done, never by itself.

A new version of a calendar moves no clock. A re-plan is evidence, so that folding again gives the
same deadlines; what it would do is told by the same fold beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from definitions.services.base import actor_of
from revops.audit.services import record
from sla import fold
from sla.choices import ClockKind, ClockStatus, EvidenceKind, ReplanReason, Scope
from sla.models import Clock
from sla.selectors.facts import facts_of, family_of, rows_of
from sla.services.calendars import current_terms
from sla.services.recording import EvidenceRow, record_evidence_batch
from sla.services.refolding import refold

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from revops.people.models import User
    from sla.models import CalendarVersion

LOCK_LEADS = "SELECT id FROM pipeline_lead WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
BATCH = 500


class ReplanRefusedError(Exception):
    """The deadlines cannot be planned again; the message is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplanRow:
    """One promise on one lead whose deadline would move, with its owner clocks."""

    lead_id: int
    cycle: int
    kind: ClockKind
    clock_id: int
    old_due_at: datetime
    new_due_at: datetime

    @property
    def key(self) -> str:
        """What a form names the row by."""
        return f"{self.lead_id}-{self.cycle}-{self.kind.value}"

    @property
    def extends(self) -> bool:
        """Whether it gives time."""
        return self.new_due_at > self.old_due_at


def preview_replan(*, version: CalendarVersion, at: datetime) -> list[ReplanRow]:
    """Return the deadlines that would move under `version`, the earliest first.

    Only clocks that run on an earlier version of the same calendar are asked; one that is missed
    already, swept or not, is finished with.
    """
    clocks = _behind(version=version, at=at)
    found = []
    leads = sorted({clock.lead_id for clock in clocks if clock.lead_id is not None})
    for first in range(0, len(leads), BATCH):
        batch = set(leads[first : first + BATCH])
        mine = [clock for clock in clocks if clock.lead_id in batch]
        found += _moved(mine, version=version, at=at)
    return sorted(found, key=lambda row: (row.old_due_at, row.key))


@transaction.atomic
def replan(
    *,
    version: CalendarVersion,
    keys: Collection[str] | None,
    reason: ReplanReason,
    by: User,
    at: datetime,
    is_automatic: bool = False,
) -> list[ReplanRow]:
    """Plan the chosen deadlines again; one that ended or was missed meanwhile is left alone.

    Args:
        version: The calendar's newest version.
        keys: Which rows of the preview; None for all.
        reason: Why.
        by: Who decided.
        at: When; clocks have to run then.
        is_automatic: Whether nobody looked at the rows; then time is only given, never taken.

    Returns:
        The rows that moved.

    Raises:
        ReplanRefusedError: There is a newer version, or `by` may not change calendars.
    """
    if not by.has_perm("sla.edit_calendar"):
        raise ReplanRefusedError("Your role may not plan deadlines again.")
    if version.calendar.versions.filter(number__gt=version.number).exists():
        raise ReplanRefusedError("These hours have changed again; look at the newer version.")
    leads = sorted({clock.lead_id for clock in _behind(version=version, at=at) if clock.lead_id})
    rows_of(LOCK_LEADS, [leads])
    chosen = [
        row
        for row in preview_replan(version=version, at=at)
        if (keys is None or row.key in keys) and (row.extends or not is_automatic)
    ]
    if not chosen:
        return []
    actor = actor_of(by)
    record_evidence_batch(
        rows=_facts(chosen, version=version, reason=reason, at=at, is_automatic=is_automatic),
        actor=actor,
        at=at,
    )
    refold(lead_ids={row.lead_id for row in chosen}, at=at)
    record(
        at=at,
        actor=actor,
        act="deadlines_replanned",
        subject=f"calendarversion:{version.pk}",
        details={"reason": reason.value, "count": len(chosen), "automatic": is_automatic},
    )
    return chosen


def _behind(*, version: CalendarVersion, at: datetime) -> list[Clock]:
    """Return the lead clocks that run on an earlier version of the calendar."""
    rows = (
        Clock.objects.running()
        .of_teams()
        .filter(
            lead__isnull=False,
            calendar_version__calendar=version.calendar_id,
            calendar_version__number__lt=version.number,
        )
        .exclude(breach_at__lt=at)
        .order_by("pk")
    )
    return list(rows)


def _moved(clocks: Sequence[Clock], *, version: CalendarVersion, at: datetime) -> list[ReplanRow]:
    """Return what the fold says of the clocks if all were planned again now."""
    stored = {_place(clock): clock for clock in clocks}
    lead_ids = {clock.lead_id for clock in clocks if clock.lead_id is not None}
    facts = facts_of(family_of(lead_ids))
    supposed = [
        fold.Fact(
            key=-1 - number,
            lead=clock.lead_id,
            kind=EvidenceKind.REPLANNED,
            occurred_at=at,
            recorded_at=at,
            stated_cycle=clock.cycle,
            payload=_payload([ClockKind(clock.kind)], version=version),
        )
        for number, clock in enumerate(clocks)
    ]
    outcomes = fold.fold(facts=[*facts, *supposed], terms=current_terms(at=at), at=at)
    found = []
    for outcome in outcomes:
        place = (outcome.lead, outcome.cycle, outcome.kind, outcome.started_by)
        known = stored.get(place) if outcome.scope == Scope.LEAD else None
        if known is None or known.due_at is None or outcome.due_at is None:
            continue
        if outcome.status == ClockStatus.PENDING and outcome.due_at != known.due_at:
            found.append(
                ReplanRow(
                    lead_id=outcome.lead,
                    cycle=outcome.cycle,
                    kind=ClockKind(outcome.kind),
                    clock_id=known.pk,
                    old_due_at=known.due_at,
                    new_due_at=outcome.due_at,
                )
            )
    return found


def _place(clock: Clock) -> tuple[Any, ...]:
    return clock.lead_id, clock.cycle, clock.kind, clock.started_by_id


def _payload(kinds: Sequence[ClockKind], *, version: CalendarVersion) -> dict[str, Any]:
    """Return what a re-plan tells the fold."""
    return {"calendar_version": version.pk, "clocks": [kind.value for kind in kinds]}


def _facts(
    rows: Sequence[ReplanRow],
    *,
    version: CalendarVersion,
    reason: ReplanReason,
    at: datetime,
    is_automatic: bool,
) -> list[EvidenceRow]:
    """Return one fact for each cycle of each lead, naming its clocks."""
    kinds: dict[tuple[int, int], set[ClockKind]] = {}
    for row in rows:
        kinds.setdefault((row.lead_id, row.cycle), set()).add(row.kind)
    more = {"reason": reason.value} | ({"automatic": True} if is_automatic else {})
    return [
        EvidenceRow(
            lead_id=lead_id,
            kind=EvidenceKind.REPLANNED,
            occurred_at=at,
            stated_cycle=cycle,
            payload=_payload(sorted(named), version=version) | more,
        )
        for (lead_id, cycle), named in sorted(kinds.items())
    ]
