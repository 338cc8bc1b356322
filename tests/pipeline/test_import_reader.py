"""Hostile files: every damage is named by line and column, and no other row is lost."""

from __future__ import annotations

import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.services.importing.faults import ImportRefusedError
from pipeline.services.importing.reader import BadRow, CsvFile, RawRow


def read(content, **options):
    """Return the rows of a file given as bytes or text."""
    raw = content if isinstance(content, bytes) else content.encode()
    return list(CsvFile(stream=io.BytesIO(raw), **options))


def cells(rows):
    """Return the cells of the good rows."""
    return [row.cells for row in rows if isinstance(row, RawRow)]


def damage(rows):
    """Return line, code and words of each bad row."""
    return [
        (row.line, row.problems[0].code, row.problems[0].detail)
        for row in rows
        if isinstance(row, BadRow)
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "file is empty", id="empty"),
        pytest.param(b"\n\n\n", "blank lines only", id="blank lines"),
        pytest.param("id,name\n".encode("utf-16"), "UTF-16", id="UTF-16"),
        pytest.param("id,größe\n".encode("latin-1"), "0xf6.*not UTF-8", id="Latin-1 header"),
        pytest.param(b"PK\x03\x04rest", "spreadsheet", id="spreadsheet"),
        pytest.param(b"\x1f\x8b\x08rest", "gzip", id="gzip"),
        pytest.param(b"id,na\x00me\n", "NUL", id="NUL in the header"),
        pytest.param(b"id,name,id\n", "column 3 has the same name as column 1", id="duplicate"),
        pytest.param(b"id,,name\n", "column 2 has no name", id="nameless"),
        pytest.param(b"id;name\n1;2\n", "semicolons.*delimiter", id="semicolons"),
        pytest.param(b"id\tname\n", "tabs", id="tabs"),
        pytest.param(b"id,name\r1,2\r3,4\r", "carriage return|CR alone", id="CR line ends"),
        pytest.param(b'id,"name\n1,2\n', "Line 1.*never closed", id="unclosed header"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(content, message):
    with pytest.raises(ImportRefusedError, match=message):
        read(content)


def test_a_byte_order_mark_is_no_part_of_the_first_name():
    rows = read("\ufeffid,name\n1,Ana\n")

    assert cells(rows) == [{"id": "1", "name": "Ana"}]


def test_quoted_cells_hold_commas_quotes_and_line_ends():
    rows = read('id,name\r\n1,"Ana, ""A""\r\nof Lund"\r\n2,Bo\r\n')

    assert cells(rows) == [
        {"id": "1", "name": 'Ana, "A"\r\nof Lund'},
        {"id": "2", "name": "Bo"},
    ]
    assert [row.line for row in rows] == [2, 4]


def test_ragged_rows_are_named_and_the_others_stay():
    rows = read("id,name\n1,Ana\n2\n3,Cy,extra\n\n4,Di\n")

    assert [row["id"] for row in cells(rows)] == ["1", "4"]
    assert damage(rows) == [
        (3, "ragged_row", "the row has 1 cells, the header names 2"),
        (4, "ragged_row", "the row has 3 cells, the header names 2"),
    ]
    assert rows[2].cells == {"id": "3", "name": "Cy", "(cell 1)": "extra"}


def test_a_quote_that_is_never_closed_costs_its_own_row_only():
    rows = read('id,name\n1,Ana\n2,"Bo\n3,Cy\n4,Di\n')

    assert [row["id"] for row in cells(rows)] == ["1", "3", "4"]
    assert damage(rows) == [(3, "damaged_row", "a quoted cell is never closed")]
    assert rows[1].cells == {"id": '2,"Bo'}


def test_text_after_a_closing_quote_costs_its_own_row_only():
    rows = read('id,name\n1,"Ana" Lund\n2,Bo\n')

    assert cells(rows) == [{"id": "2", "name": "Bo"}]
    assert damage(rows)[0][:2] == (2, "damaged_row")


def test_a_row_in_another_encoding_is_named_by_its_byte():
    rows = read(b"id,name\n1,Ana\n2,J\xfcrgen\n3,Cy\n")

    assert [row["id"] for row in cells(rows)] == ["1", "3"]
    assert damage(rows) == [
        (3, "unreadable_row", "byte 4 of line 3 (0xfc) is not UTF-8: save the file as UTF-8")
    ]


def test_nul_is_named_by_column_and_made_visible():
    rows = read(b"id,name\n1,A\x00na\n2,Bo\n")

    assert damage(rows) == [(2, "bad_character", "name: a NUL character at position 2")]
    assert rows[0].cells["name"] == "A\u2400na"
    assert cells(rows) == [{"id": "2", "name": "Bo"}]


def test_a_cell_of_a_hundred_thousand_characters_is_named_by_column():
    rows = read(f"id,name\n1,{'x' * 100_000}\n2,Bo\n")

    assert damage(rows) == [(2, "too_long", "name: 100000 characters, at most 50000")]
    assert cells(rows) == [{"id": "2", "name": "Bo"}]


@pytest.mark.parametrize("size", [200_000, 3_000_000])
def test_an_endless_line_is_skipped_to_its_end(size):
    rows = read(f"id,name\n1,{'x' * size}\n2,Bo\n")

    assert [row[0] for row in damage(rows)] == [2]
    assert cells(rows) == [{"id": "2", "name": "Bo"}]


def test_a_last_line_without_a_line_end_counts():
    assert cells(read("id,name\n1,Ana")) == [{"id": "1", "name": "Ana"}]


class Endless(io.RawIOBase):
    """A file of many rows that exists nowhere."""

    def __init__(self, rows):
        self._rows, self._sent = rows, 0
        self._position = 0

    def read(self, size=-1):
        return b"id,n"[:size]

    def seek(self, offset, _=0):
        return offset

    def tell(self):
        return self._position

    def readline(self, _=-1):
        if self._sent > self._rows:
            return b""
        line = b"id,name\n" if self._sent == 0 else b"%d,%s\n" % (self._sent, b"x" * 200)
        self._sent += 1
        self._position += len(line)
        return line


def test_memory_does_not_grow_with_the_file():
    tracemalloc.start()

    count = sum(1 for _ in CsvFile(stream=Endless(60_000)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 60_000
    assert peak < 4_000_000


@given(content=st.binary(max_size=400))
def test_no_bytes_crash_the_reader(content):
    try:
        rows = read(b"id,name\n" + content)
    except ImportRefusedError:
        return

    assert all(isinstance(row, RawRow | BadRow) for row in rows)


@given(
    table=st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
            st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
        ),
        max_size=8,
    )
)
def test_whatever_was_written_as_csv_is_read_back(table):
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "name"), *table])

    rows = read(text.getvalue())

    assert [(row.cells["id"], row.cells["name"]) for row in rows] == table
