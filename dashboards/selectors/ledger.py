"""Broken promises: what is overdue now, and the ledger of what was missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, QuerySet

from revops.people.choices import Side
from sla.choices import ClockKind
from sla.models import Breach
from sla.selectors import overdue_clocks
from sla.selectors.terms import loaded_terms, terms_key

if TYPE_CHECKING:
    from datetime import datetime

    from sla.fold import Terms


@dataclass(frozen=True, slots=True)
class Ledger:
    """A list of clocks (open) or breaches (missed), with how many stand in each list.

    Attributes:
        is_open: Whether `entries` are clocks that are overdue now; else they are breaches.
        terms: What the badges of the clocks are worded by.
    """

    state: str
    is_open: bool
    entries: QuerySet[Any]
    open_count: int
    observed_count: int
    missed_count: int
    terms: Terms


def ledger(*, at: datetime, state: str, side: str, kind: str) -> Ledger:
    """Return one list of broken promises; five statements with its page.

    Args:
        at: The instant of asking; what is overdue is counted live.
        state: `open` (overdue now), `observed` (overdue, but no SLA was in force) or `missed`.
        side: One side only; anything else is every side.
        kind: One promise only; anything else is every promise.
    """
    narrowed: dict[str, str] = {}
    if side in Side.values:
        narrowed["side"] = side
    late = overdue_clocks(at=at).filter(**narrowed)
    broken = Breach.objects.ledger().filter(**narrowed)
    if kind in ClockKind.values:
        late, broken = late.filter(kind=kind), broken.filter(commitment__kind=kind)
    counts = late.aggregate(
        enforced_count=Count("pk", filter=Q(enforced=True)),
        observed_count=Count("pk", filter=Q(enforced=False)),
    )
    entries: QuerySet[Any]
    if state == "missed":
        entries = broken.select_related(
            "clock__lead__company", "clock__commitment", "commitment", "rep"
        )
        entries = entries.order_by("-breach_at", "-pk")
    else:
        state = state if state == "observed" else "open"
        entries = late.filter(enforced=state == "open")
        entries = entries.select_related("lead__company", "commitment", "rep")
        entries = entries.order_by("due_at", "pk")
    return Ledger(
        state=state,
        is_open=state != "missed",
        entries=entries,
        open_count=counts["enforced_count"],
        observed_count=counts["observed_count"],
        missed_count=broken.count(),
        terms=loaded_terms(terms_key()).terms,
    )
