"""Find what the definitions say about a few words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from definitions.choices import Purpose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from definitions.content import Definitions, ReasonEntry, Term

SHOWN_LINES = 2


@dataclass(frozen=True, slots=True)
class TermFound:
    """A term that fits, with the lines beyond its summary that say why."""

    code: str
    term: Term
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReasonFound:
    """A reason that fits, and the list it stands on."""

    purpose: Purpose
    entry: ReasonEntry


@dataclass(frozen=True, slots=True)
class Found:
    """What fits, terms called so first."""

    terms: tuple[TermFound, ...]
    reasons: tuple[ReasonFound, ...]


def search(document: Definitions, *, words: str) -> Found:
    """Return the terms and reasons in which every one of `words` occurs; all terms for none."""
    wanted = words.casefold().split()
    terms = [
        (not _holds([code, term.name, term.long_name], wanted), code, term)
        for code, term in document.ordered_terms()
        if _holds([code, term.name, term.long_name, term.summary, *_lines(term)], wanted)
    ]
    reasons = [
        ReasonFound(purpose, entry)
        for purpose in Purpose
        for entry in document.reasons[purpose].entries
        if wanted
        and not entry.is_retired
        and _holds([entry.label, entry.meaning, entry.example], wanted)
    ]
    return Found(
        terms=tuple(
            TermFound(code, term, _why(term, wanted))
            for _, code, term in sorted(terms, key=lambda row: row[0])
        ),
        reasons=tuple(reasons),
    )


def _lines(term: Term) -> list[str]:
    edges = [f"{edge.case} {edge.ruling}".strip() for edge in term.edge_cases]
    return [
        *term.conditions, *term.disqualifies, *term.examples, term.qualified_means, term.boundary,
        *edges,
    ]  # fmt: skip


def _why(term: Term, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the first lines that hold one of the words the summary does not."""
    missing = [word for word in wanted if word not in term.summary.casefold()]
    found = [line for line in _lines(term) if any(word in line.casefold() for word in missing)]
    return tuple(found[:SHOWN_LINES])


def _holds(texts: Sequence[str], wanted: Sequence[str]) -> bool:
    whole = " ".join(texts).casefold()
    return all(word in whole for word in wanted)
