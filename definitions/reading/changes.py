"""What changed between two documents: texts by word, numbers by value, criteria by node."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from definitions.reading.values import value_changes
from definitions.reading.words_diff import Piece, PieceKind, word_changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from definitions.reading.blocks import Section
    from definitions.reading.values import Fact

# Two lines with fewer words in common than this share are two lines, not one that was changed.
ALIKE = 0.45
NUMBERS = re.compile(r"[\d\s.,%]*")


@dataclass(frozen=True, slots=True)
class Edit:
    """One line that differs, word by word.

    Attributes:
        is_told: Whether only a number differs that a fact of the same section names.
    """

    pieces: tuple[Piece, ...]
    is_told: bool = False

    @property
    def before(self) -> list[Piece]:
        """The pieces the older text holds."""
        return [piece for piece in self.pieces if piece.kind is not PieceKind.ADDED]

    @property
    def after(self) -> list[Piece]:
        """The pieces the newer text holds."""
        return [piece for piece in self.pieces if piece.kind is not PieceKind.REMOVED]


@dataclass(frozen=True, slots=True)
class Change:
    """What differs in one section: values first, then the lines.

    Attributes:
        removed: The lines only the older text holds, whole.
        added: The lines only the newer text holds, whole.
    """

    key: str
    title: str
    removed: tuple[str, ...]
    added: tuple[str, ...]
    edits: tuple[Edit, ...] = ()
    facts: tuple[Fact, ...] = ()


def changes(*, before: Sequence[Section], after: Sequence[Section]) -> list[Change]:
    """Return the sections that differ, in the order of `after`, then those that are gone."""
    old = {section.key: section for section in before}
    new = {section.key: section for section in after}
    order = [*new, *(key for key in old if key not in new)]
    found = (_change(old.get(key), new.get(key)) for key in order)
    return [change for change in found if change.removed or change.added or change.facts]


def _change(before: Section | None, after: Section | None) -> Change:
    named = after or before
    if named is None:
        raise ValueError("one of the two sections is there")
    old = [] if before is None else before.lines()
    new = [] if after is None else after.lines()
    if old == new and (before is None or after is None or before.body == after.body):
        return Change(named.key, named.title, (), ())
    facts: tuple[Fact, ...] = ()
    if before is not None and after is not None:
        facts = tuple(value_changes(before=before.body, after=after.body))
    pairs = list(_pairs(old, new))
    return Change(
        key=named.key,
        title=named.title,
        removed=tuple(line for line, _ in pairs if line is not None),
        added=tuple(line for _, line in pairs if line is not None),
        edits=tuple(_edit(line, other, has_facts=bool(facts)) for line, other in pairs),
        facts=facts,
    )


def _edit(before: str | None, after: str | None, *, has_facts: bool) -> Edit:
    pieces = tuple(word_changes(before or "", after or ""))
    changed = (piece.text for piece in pieces if piece.kind is not PieceKind.SAME)
    is_whole = before is None or after is None
    told = has_facts and not is_whole and all(NUMBERS.fullmatch(text) for text in changed)
    return Edit(pieces, is_told=told)


def _pairs(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    """Yield the lines that differ: an old line with the new one it became, or with None."""
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag != "equal":
            yield from _matched(list(before[old_from:old_to]), list(after[new_from:new_to]))


def _matched(old: list[str], new: list[str]) -> Iterator[tuple[str | None, str | None]]:
    """Pair the lines of one place in their order, each with the next one that is alike."""
    for line in old:
        place = next((place for place, other in enumerate(new) if _alike(line, other)), None)
        if place is None:
            yield line, None
            continue
        yield from ((None, other) for other in new[:place])
        yield line, new[place]
        new = new[place + 1 :]
    yield from ((None, other) for other in new)


def _alike(one: str, other: str) -> bool:
    first, second = one.split(), other.split()
    shared = len(set(first) & set(second))
    return 2 * shared >= ALIKE * (len(set(first)) + len(set(second)))
