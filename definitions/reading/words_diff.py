"""What changed between two texts, word by word."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A word with its inner hyphens, points and apostrophes, or one mark; with the space after it.
TOKEN = re.compile(r"\w+(?:[-.,'\u2019]\w+)*\s*|[^\w\s]\s*")
LINE = re.compile(r"[^\n]*\n|[^\n]+")
# So many pairs of equal tokens, about those of two texts of 2,000 words, take less than a second.
MOST_PAIRS = 50_000


class PieceKind(StrEnum):
    """Whether both texts hold a piece, or which one does."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that both texts hold, or only one of them."""

    kind: PieceKind
    text: str


def word_changes(before: str, after: str) -> list[Piece]:
    """Return how `before` becomes `after`, in reading order.

    Args:
        before: The older text, or the one on the left.
        after: The newer text, or the one on the right.

    Returns:
        Pieces with their spaces. Those kept and added make `after`, those kept and removed make
        `before`; white space alone is no change, and kept pieces have the spaces of `after`.
        Two texts so long and repetitive that pairing their words would take seconds are
        compared by line, and where even that is too much, as wholes.
    """
    pieces = []
    for kind, old, new in _runs(before, after):
        pieces += [Piece(kind, new)] if kind is PieceKind.SAME else _parted(old, new)
    return pieces


def both_sides(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Return each text by itself, in pieces: what both hold, and what only this one holds."""
    runs = list(_runs(before, after))
    old = [
        Piece(PieceKind.SAME if kind is PieceKind.SAME else PieceKind.REMOVED, text)
        for kind, text, _ in runs
        if text
    ]
    new = [Piece(kind, text) for kind, _, text in runs if text]
    return old, new


def _parted(old: str, new: str) -> list[Piece]:
    pieces = (Piece(PieceKind.REMOVED, old), Piece(PieceKind.ADDED, new))
    return [piece for piece in pieces if piece.text]


def _runs(before: str, after: str) -> Iterator[tuple[PieceKind, str, str]]:
    """Yield runs of both texts: the same words with the spaces of each, or words that differ."""
    before, after = (unicodedata.normalize("NFC", text) for text in (before, after))
    for pattern in (TOKEN, LINE):
        old, new = _tokens(before, pattern), _tokens(after, pattern)
        if _pairs(old, new) <= MOST_PAIRS:
            yield from _matched(old, new)
            return
    yield PieceKind.ADDED, before, after


def _tokens(text: str, pattern: re.Pattern[str]) -> list[str]:
    return pattern.findall(text.lstrip())


def _pairs(old: Sequence[str], new: Sequence[str]) -> int:
    held = Counter(map(str.strip, old))
    return sum(count * held[key] for key, count in Counter(map(str.strip, new)).items())


def _matched(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[PieceKind, str, str]]:
    matcher = difflib.SequenceMatcher(
        a=list(map(str.strip, old)), b=list(map(str.strip, new)), autojunk=False
    )
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        kind = PieceKind.SAME if tag == "equal" else PieceKind.ADDED
        yield kind, "".join(old[old_from:old_to]), "".join(new[new_from:new_to])
