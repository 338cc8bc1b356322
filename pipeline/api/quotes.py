"""The definition's own words, quoted where a rule refuses something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from definitions.choices import DocumentKind
from definitions.selectors import definitions_of, reasons, version_in_use
from pipeline import stages
from pipeline.choices import Stage

if TYPE_CHECKING:
    from datetime import datetime

TERMS: Final = {
    "working": "sal",
    Stage.MQL: "mql",
    Stage.ASSIGNED: "mql",
    Stage.ACCEPTED: "sal",
    Stage.REJECTED: "sal",
    Stage.RECYCLED: "sal",
    Stage.DISQUALIFIED: "sal",
    Stage.SQL: "sql",
    Stage.OPPORTUNITY: "opportunity",
    Stage.WON: "closed_won",
    Stage.LOST: "closed_lost",
}
"""The term that a move is about."""


def quoted(*, to: str, at: datetime) -> dict[str, Any]:
    """Return the term a move is about, its version, and the reasons the move may carry."""
    found = version_in_use(kind=DocumentKind.DEFINITIONS, at=at)
    content = definitions_of(found.version)
    code = TERMS.get(to, "mql")
    term = content.terms.get(code) or content.terms["mql"]
    standing = "" if found.is_signed else " (provisional: not agreed)"
    definition: dict[str, Any] = {
        "term": code,
        "name": term.name,
        "summary": term.summary,
        "version": found.version.number,
        "sha256": found.version.sha256,
        "is_signed": found.is_signed,
        "quote": f"Definitions v{found.version.number}{standing}, {term.name}: {term.summary}",
        "url": f"/api/v1/definitions/{code}/",
    }
    purpose = stages.REASONED.get(Stage(to)) if to in Stage.values else None
    if purpose is not None:
        definition["reasons"] = [
            {"code": reason.code, "label": reason.label}
            for reason in reasons(version=found.version, purpose=purpose)
        ]
    return {"definition": definition}
