"""What marketing promised with a lead, and what of it came: for the page of the lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from definitions.selectors import sla_of
from pipeline.handoff import asked_for, missing_of
from pipeline.models import Lead
from pipeline.selectors.clocks import line_of
from pipeline.selectors.handoff import COLUMNS, carried_by_lead, has_criteria
from sla.choices import ClockKind, Scope
from sla.models import Clock

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.models import Round
    from pipeline.selectors.clocks import ClockLine
    from revops.people.selectors import Viewer
    from sla.fold import Terms

AT_HANDOFF = (ClockKind.LEAD_AGE, ClockKind.MINIMUM_FIT, ClockKind.CONTEXT)


@dataclass(frozen=True, slots=True)
class Promised:
    """The promises judged when a round was handed over.

    Attributes:
        clocks: Age, fit and context; what cannot be judged stands among them.
        items: The context agreed for the way the lead came in, as the component of checks reads
            it; what lacked is marked, also where it became known since.
    """

    clocks: list[ClockLine]
    items: list[dict[str, str]]


def promised_with(
    *, lead: Lead, current: Round | None, terms: Terms, reader: Viewer, at: datetime
) -> Promised | None:
    """Return what was promised with the lead's round; None before its handoff.

    Three statements, whatever was promised.
    """
    if current is None:
        return None
    clocks = list(
        Clock.objects.filter(
            lead=lead, cycle=current.number, scope=Scope.LEAD, kind__in=AT_HANDOFF
        )
        .select_related("commitment__version")
        .order_by("commitment__position", "id")
    )
    if not clocks:
        return None
    gate = next((clock for clock in clocks if clock.kind == ClockKind.CONTEXT), None)
    return Promised(
        clocks=[line_of(clock=clock, terms=terms, reader=reader, at=at) for clock in clocks],
        items=[] if gate is None else _items(gate, lead=lead, current=current, at=at),
    )


def _items(gate: Clock, *, lead: Lead, current: Round, at: datetime) -> list[dict[str, str]]:
    """Return each agreed item of context with what became of it."""
    agreed = sla_of(gate.commitment.version).handoff_context
    known = Lead.objects.values(*COLUMNS).get(pk=lead.pk)
    acts = list(lead.touches.values_list("kind", "occurred_at"))
    handed_at = gate.stopped_at or at
    ways = carried_by_lead(lead=known, acts=acts, at=handed_at).ways
    now = carried_by_lead(lead=known, acts=acts, at=at, has_criteria=has_criteria(current))
    lacked, lacking = set(gate.measure.get("missing", ())), missing_of(agreed=agreed, carried=now)
    items = asked_for(agreed=agreed, ways=ways)
    items += [item for item in agreed if item.code in lacked and item not in items]
    return [
        {
            "state": "fail" if item.code in lacked else "pass",
            "label": item.label,
            "value": _words(item.code, lacked=lacked, lacking=lacking),
        }
        for item in items
    ]


def _words(code: str, *, lacked: set[str], lacking: list[str]) -> str:
    if code not in lacked:
        return ""
    return "missing" if code in lacking else "missing at handoff, known now"
