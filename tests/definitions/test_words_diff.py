"""Two texts, word by word."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.reading.words_diff import Piece, PieceKind, both_sides, word_changes

SAME, REMOVED, ADDED = PieceKind.SAME, PieceKind.REMOVED, PieceKind.ADDED
TEXTS = st.lists(
    st.sampled_from(["fit", "and", "intent", ",", ".", "3.5", "\n", "é"]), max_size=20
).map(" ".join)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("", "", [], id="nothing at all"),
        pytest.param("A fit.", "A fit.", [Piece(SAME, "A fit.")], id="the same"),
        pytest.param("", "New.", [Piece(ADDED, "New.")], id="only added"),
        pytest.param("Old.", "", [Piece(REMOVED, "Old.")], id="only removed"),
        pytest.param(
            "Score of 60 points.",
            "Score of 80 points.",
            [Piece(SAME, "Score of "), Piece(REMOVED, "60 "), Piece(ADDED, "80 "),
             Piece(SAME, "points.")],
            id="one number",
        ),
        pytest.param(
            "leads, calls",
            "leads; calls",
            [Piece(SAME, "leads"), Piece(REMOVED, ", "), Piece(ADDED, "; "),
             Piece(SAME, "calls")],
            id="only the mark",
        ),
        pytest.param("a  b\nc", "a b c", [Piece(SAME, "a b c")], id="white space is no change"),
        pytest.param("e\u0301", "é", [Piece(SAME, "é")], id="composed and decomposed"),
    ],
)  # fmt: skip
def test_word_changes(before, after, expected):
    assert word_changes(before, after) == expected


@given(before=TEXTS, after=TEXTS)
def test_kept_and_added_make_the_new_text_and_kept_and_removed_the_old(before, after):
    pieces = word_changes(before, after)

    new = "".join(piece.text for piece in pieces if piece.kind is not REMOVED)
    old = " ".join(piece.text for piece in pieces if piece.kind is not ADDED)
    assert new == after.lstrip()
    assert old.split() == before.split()


@given(before=TEXTS, after=TEXTS)
def test_each_side_keeps_its_own_text(before, after):
    old, new = both_sides(before, after)

    assert "".join(piece.text for piece in old) == before.lstrip()
    assert "".join(piece.text for piece in new) == after.lstrip()


def test_sides_mark_what_only_one_of_them_holds():
    old, new = both_sides("Fit decides.", "Intent decides.")

    assert [piece.text for piece in old if piece.kind is REMOVED] == ["Fit "]
    assert [piece.text for piece in new if piece.kind is ADDED] == ["Intent "]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a " * 50_000, "a " * 49_999 + "b", id="one word"),
        pytest.param("a b " * 300, "b a a " * 200, id="few words"),
        pytest.param("a\n" * 50_000, "a\n" * 49_999 + "b\n", id="one line"),
        pytest.param("." * 100_000, "." * 99_999, id="marks"),
    ],
)
def test_repetitive_texts_are_compared_at_once(before, after):
    started = time.monotonic()
    pieces = word_changes(before, after)

    assert time.monotonic() - started < 10
    assert "".join(piece.text for piece in pieces if piece.kind is not REMOVED) == after


def test_long_texts_are_compared_by_word():
    words = [f"word{number}" for number in range(400)]
    chance = random.Random(7)
    before = " ".join(chance.choice(words) for _ in range(3000))
    after = before.replace("word7 ", "seven ")

    assert word_changes(before, after)[0].kind is SAME
