"""What has to hold when a lead is handed over: judged once, at the first assignment, and frozen.

The evidence says it: who designates an MQL writes down its fit, who assigns it what is missing.
Data that become known later change neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sla.choices import ClockKind, ClockStatus, EvidenceKind
from sla.fold.facts import Outcome
from sla.fold.judge import excuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sla.fold.facts import Fact, Terms
    from sla.fold.timeline import Cycle

GATES = (ClockKind.MINIMUM_FIT, ClockKind.CONTEXT)
FIT_UNKNOWN = "fit_unknown"


def gates(cycle: Cycle, *, kind: str, lead: Any, terms: Terms) -> Iterator[Outcome]:
    """Yield whether the lead passed a gate of marketing; at most one outcome.

    Nothing is handed over without an MQL: a lead that sales found itself owes marketing nothing.
    A lead assigned before it became an MQL is handed over when it becomes one.
    """
    mqls, handoffs = cycle.of(EvidenceKind.MQL), cycle.of(EvidenceKind.ASSIGNED)
    if not mqls or not handoffs:
        return
    mql, handoff = mqls[0], handoffs[0]
    moment = max(mql.occurred_at, handoff.occurred_at)
    agreement = terms.agreement_at(moment)
    promise = agreement.promise(kind) if agreement else None
    if agreement is None or promise is None:
        return
    outcome = Outcome(
        lead=lead,
        cycle=cycle.number,
        kind=kind,
        promise=promise,
        enforced=agreement.enforced and not handoff.payload.get("measure_only"),
        calendar_version=terms.calendar_at(promise.calendar, moment).key,
        started_by=handoff.key,
        started_at=moment,
        due_at=moment,
        breach_at=moment,
        stopped_at=moment,
        stopped_by=handoff.key,
        status=ClockStatus.MET,
    )
    if kind == ClockKind.MINIMUM_FIT:
        _judge_fit(outcome, mql)
    else:
        _judge_context(outcome, handoffs)
    if outcome.missed:
        outcome.status = ClockStatus.BREACHED_CLOSED
        excuse(outcome, cycle)
    yield outcome


def _judge_fit(outcome: Outcome, mql: Fact) -> None:
    """Compare the fit written with the MQL; one the definition decided itself carries none."""
    if "fit_threshold" not in mql.payload:
        return
    fit, threshold = mql.payload.get("fit"), mql.payload["fit_threshold"]
    if fit is None:
        outcome.status, outcome.cancel_reason = ClockStatus.NOT_STARTED, FIT_UNKNOWN
        outcome.due_at = outcome.breach_at = outcome.stopped_at = outcome.stopped_by = None
        return
    outcome.measure = {"fit": fit, "fit_threshold": threshold}
    outcome.missed = fit < threshold


def _judge_context(outcome: Outcome, handoffs: Sequence[Fact]) -> None:
    """Read what was missing; stage change and assignment of one handoff tell it together."""
    first = handoffs[0].occurred_at
    told = [fact.payload.get("missing") for fact in handoffs if fact.occurred_at == first]
    missing = next((codes for codes in told if codes), None)
    if missing:
        outcome.measure = {"missing": list(missing)}
        outcome.missed = True
