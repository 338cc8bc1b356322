"""Which signed term governs a stage: the one map that pages, labels and the API read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.choices import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

TERMS: Final[Mapping[str, str]] = {
    Stage.NURTURE.value: "lead",
    Stage.MQL.value: "mql",
    Stage.ASSIGNED.value: "mql",
    Stage.ACCEPTED.value: "sal",
    "working": "sal",
    Stage.SQL.value: "sql",
    Stage.OPPORTUNITY.value: "opportunity",
    Stage.WON.value: "closed_won",
    Stage.LOST.value: "closed_lost",
    # What sales turns down was no SAL; what goes back or ends is no MQL any more.
    Stage.REJECTED.value: "sal",
    Stage.RECYCLED.value: "mql",
    Stage.DISQUALIFIED.value: "mql",
    Stage.VOID.value: "lead",
}
"""A stage, or the act "working", to the code of its term."""


def term_of(stage: str) -> str:
    """Return the term that governs a stage."""
    return TERMS.get(stage, "mql")


def address_of(term: str) -> str:
    """Return the short address of a term, as people and integrations are told it."""
    return f"/definitions/{term.replace('_', '-')}/"


def stages_of(term: str) -> tuple[str, ...]:
    """Return the stages and acts a term governs, in the order of a lead's way."""
    return tuple(stage for stage, code in TERMS.items() if code == term)
