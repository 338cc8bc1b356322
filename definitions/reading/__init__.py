"""Documents as people read them, and what changed between two of them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from definitions.content import Contribution, Definitions, ScoreModel, Sla
from definitions.reading.blocks import Block, Section
from definitions.reading.promises import contribution_sections, sla_sections
from definitions.reading.words import definitions_sections, mql_blocks, score_sections, term_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from definitions.documents import Document

__all__ = ["Block", "Change", "Section", "changes", "mql_blocks", "sections", "term_blocks"]


@dataclass(frozen=True, slots=True)
class Change:
    """What differs in one section, line by line."""

    key: str
    title: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


def sections(document: Document) -> list[Section]:
    """Return a document clause by clause, in reading order."""
    match document:
        case Definitions():
            return definitions_sections(document)
        case ScoreModel():
            return score_sections(document)
        case Sla():
            return sla_sections(document)
        case Contribution():
            return contribution_sections(document)


def changes(*, before: Sequence[Section], after: Sequence[Section]) -> list[Change]:
    """Return the sections that differ, in the order of `after`, then those that are gone."""
    old = {section.key: section for section in before}
    new = {section.key: section for section in after}
    titles = {key: section.title for key, section in {**old, **new}.items()}
    order = [*new, *(key for key in old if key not in new)]
    found = []
    for key in order:
        removed, added = _line_changes(
            before=old[key].lines() if key in old else [],
            after=new[key].lines() if key in new else [],
        )
        if removed or added:
            found.append(Change(key, titles[key], tuple(removed), tuple(added)))
    return found


def _line_changes(*, before: list[str], after: list[str]) -> tuple[list[str], list[str]]:
    removed: list[str] = []
    added: list[str] = []
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag != "equal":
            removed += before[old_from:old_to]
            added += after[new_from:new_to]
    return removed, added
