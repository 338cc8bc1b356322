"""Pauses: which reasons the agreement knows, and what stands still now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from definitions.choices import DocumentKind
from definitions.selectors import sla_of, version_in_use
from sla.choices import PauseReason, Scope
from sla.fold.kinds import PAUSABLE
from sla.models import Clock

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from definitions.content import PauseReason as AgreedReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """A lead's promises stand still: since when, why, and when they go on by themselves."""

    lead_id: int
    reason: str
    since: datetime
    until: datetime

    @property
    def label(self) -> str:
        """The reason in words."""
        return str(PauseReason(self.reason).label)


def agreed_pauses(*, at: datetime) -> tuple[AgreedReason, ...]:
    """Return the reasons of the agreement in use, each with its cap, in its order."""
    current = version_in_use(kind=DocumentKind.SLA, at=at)
    document = sla_of(current.version)
    return tuple(reason for reason in document.pauses if reason.code in PauseReason.values)


def standstills(*, at: datetime, lead_ids: Collection[int] | None = None) -> list[Standstill]:
    """Return the leads whose promises stand still at `at`, the longest first; one statement.

    Args:
        at: The instant of asking; a pause that has reached its cap is none, swept or not.
        lead_ids: Only these leads; None is all of them.
    """
    clocks = (
        Clock.objects.running().of_teams().filter(paused_since__isnull=False, pause_until__gt=at)
    )
    if lead_ids is not None:
        clocks = clocks.filter(lead__in=lead_ids)
    rows = clocks.order_by("paused_since", "pk").values_list(
        "lead_id", "pause_reason", "paused_since", "pause_until"
    )
    found: dict[int, Standstill] = {}
    for lead_id, reason, since, until in rows:
        if lead_id is not None and since is not None and until is not None:
            stop = Standstill(lead_id=lead_id, reason=reason, since=since, until=until)
            found.setdefault(lead_id, stop)
    return list(found.values())


def standstill_of(*, lead_id: int, at: datetime) -> Standstill | None:
    """Return the pause of one lead, None while its promises run."""
    return next(iter(standstills(at=at, lead_ids=[lead_id])), None)


def running_kinds(*, lead_id: int) -> frozenset[str]:
    """Return the kinds of a lead's promises a pause would stop."""
    clocks = Clock.objects.running().filter(
        lead=lead_id, scope=Scope.LEAD, kind__in=PAUSABLE, paused_since__isnull=True
    )
    return frozenset(clocks.values_list("kind", flat=True))
