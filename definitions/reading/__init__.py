"""Documents as people read them, and what changed between two of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from definitions.content import Contribution, Definitions, ScoreModel, Sla
from definitions.reading.blocks import Block, Section
from definitions.reading.changes import Change, changes
from definitions.reading.promises import contribution_sections, sla_sections
from definitions.reading.words import definitions_sections, mql_blocks, score_sections, term_blocks

if TYPE_CHECKING:
    from definitions.documents import Document

__all__ = ["Block", "Change", "Section", "changes", "mql_blocks", "sections", "term_blocks"]


def sections(document: Document) -> list[Section]:
    """Return a document clause by clause, in reading order."""
    return [replace(each, body=_body(document, each.key)) for each in _sections(document)]


def _sections(document: Document) -> list[Section]:
    match document:
        case Definitions():
            return definitions_sections(document)
        case ScoreModel():
            return score_sections(document)
        case Sla():
            return sla_sections(document)
        case Contribution():
            return contribution_sections(document)


def _body(document: Document, key: str) -> Any:
    name, _, entry = key.partition("/")
    held = getattr(document, name, None)
    return held.get(entry) if entry and isinstance(held, dict) else held
