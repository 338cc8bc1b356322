"""The definition's own words, quoted where a rule refuses something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from definitions.choices import DocumentKind
from definitions.selectors import definitions_of, reasons, version_in_use
from pipeline import stages
from pipeline.choices import Stage
from pipeline.words import address_of, term_of
from revops.rest.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from revops.rest.views import ApiView, Model


def quoted(*, to: str, at: datetime) -> dict[str, Any]:
    """Return the term a move is about, its version, and the reasons the move may carry."""
    found = version_in_use(kind=DocumentKind.DEFINITIONS, at=at)
    content = definitions_of(found.version)
    code = term_of(to)
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
        "address": address_of(code),
    }
    purpose = stages.REASONED.get(Stage(to)) if to in Stage.values else None
    if purpose is not None:
        definition["reasons"] = [
            {"code": reason.code, "label": reason.label}
            for reason in reasons(version=found.version, purpose=purpose)
        ]
    return {"definition": definition}


def move_body(view: ApiView, model: type[Model], *, moves: Mapping[str, str]) -> Model:
    """Return the body of a transition; an unknown `to` is told the moves and their terms.

    Args:
        view: Who asks.
        model: The shape of the body, with a field `to`.
        moves: What `to` may say -> the stage, or act, whose term it is about.

    Raises:
        ProblemError: As `ApiView.body` raises; where `to` is at fault, with the list of moves.
    """
    try:
        return view.body(model)
    except ProblemError as problem:
        if not any(error.pointer == "/to" for error in problem.errors):
            raise
        raise _with_moves(problem, moves=moves, at=view.at) from None


def _with_moves(problem: ProblemError, *, moves: Mapping[str, str], at: datetime) -> ProblemError:
    found = version_in_use(kind=DocumentKind.DEFINITIONS, at=at)
    terms = {move: term_of(stage) for move, stage in moves.items()}
    words = ", ".join(f"{move} {address_of(term)}" for move, term in terms.items())
    return ProblemError(
        status=problem.status,
        code=problem.code,
        detail=f"{problem.detail} Definitions v{found.version.number} know these moves: {words}.",
        errors=problem.errors,
        extra={
            "moves": [
                {
                    "to": move,
                    "term": term,
                    "address": address_of(term),
                    "version": found.version.number,
                }
                for move, term in terms.items()
            ]
        },
    )


def described(*, moves: Sequence[str], at: datetime) -> dict[str, Any]:
    """Return what OPTIONS tells of an endpoint of moves: each with its term and reasons."""
    return {"fields": {"to": {move: quoted(to=move, at=at)["definition"] for move in moves}}}
