"""What is judged once, in words: the gates of a handoff and the month's volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from definitions.selectors import sla_of
from sla.choices import ClockKind, ClockStatus
from sla.fold.age import UNKNOWN
from sla.fold.gates import FIT_UNKNOWN, GATES

if TYPE_CHECKING:
    from sla.models import Clock

UNKNOWNS = {
    UNKNOWN: "It cannot be judged: the date of the first conversion is not known.",
    FIT_UNKNOWN: "It cannot be judged: nobody told the fit of the imported MQL.",
}


def is_gate(clock: Clock) -> bool:
    """Return whether the clock is judged once, at the handoff."""
    return clock.kind in GATES


def context_labels(clock: Clock) -> dict[str, str]:
    """Return what the SLA of the clock calls its items of context; its version is loaded."""
    document = sla_of(clock.commitment.version)
    return {item.code: item.label for item in document.handoff_context}


def gate_verdict(clock: Clock, *, stopped: str) -> str:
    """Return how a gate was passed or missed.

    Args:
        clock: A gate, with its commitment and the commitment's version loaded.
        stopped: The instant of the handoff in words.
    """
    if clock.status == ClockStatus.NOT_STARTED:
        return UNKNOWNS.get(clock.cancel_reason, "It cannot be judged.")
    found = _fit(clock) if clock.kind == ClockKind.MINIMUM_FIT else _context(clock)
    excused = " It is excused with a reason." if clock.status == ClockStatus.EXCUSED else ""
    return f"{found} Judged at the handoff, {stopped}; what changed later does not count.{excused}"


def _fit(clock: Clock) -> str:
    measure = clock.measure
    if "fit" not in measure:
        return "Kept: the definition itself made the lead an MQL, so it has the fit."
    said = f"the lead had a fit of {measure['fit']}, the definition asks for"
    said = f"{said} {measure['fit_threshold']}."
    return f"{_kept(clock)}: {said}"


def _context(clock: Clock) -> str:
    codes = clock.measure.get("missing", ())
    if not codes:
        return "Kept: everything agreed for the lead's channel was there."
    labels = context_labels(clock)
    lacking = "; ".join(labels.get(code, code.replace("_", " ")) for code in codes)
    return f"Missed: the lead came without {len(codes)} of the agreed items: {lacking}."


def _kept(clock: Clock) -> str:
    return "Kept" if clock.status == ClockStatus.MET else "Missed"
