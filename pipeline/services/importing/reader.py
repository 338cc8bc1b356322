"""Read a CSV file row by row in constant memory; a damaged row never stops the others.

The file is UTF-8 with or without a byte order mark, has a header row, and follows RFC 4180:
cells may be quoted and then hold line ends. Whatever cannot be read as a row is handed back as a
`BadRow` with its line number and its text, so that nothing is lost.
"""

from __future__ import annotations

import csv
import itertools
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from pipeline.services.importing.faults import ImportRefusedError, fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from revops.rest.strict import FieldProblem

LINE_LIMIT = 1_048_576
"""Bytes of one physical line; a longer one is refused without being held in memory."""
RECORD_LINES = 2_000
"""Physical lines one quoted row may span before the quote counts as never closed."""
CELL_LIMIT = 50_000
"""Characters of one cell; the longest column, a form's text, is shorter."""
KEPT_TEXT = 2_000
"""Characters of an endless line that are kept for the list of errors."""

_ENCODINGS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK": "a ZIP archive or a spreadsheet",
    b"\x1f\x8b": "a gzip archive",
}


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as the file has it; `cells` has exactly the header's columns."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read, with as much of it as could be."""

    line: int
    cells: dict[str, str]
    problems: tuple[FieldProblem, ...]


def opened(path: Path) -> BinaryIO:
    """Open a file for reading.

    Raises:
        ImportRefusedError: It cannot be opened.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise ImportRefusedError(f"{path} cannot be read: {error.strerror}.") from None


class CsvFile:
    """A CSV file that is open for reading; iterate it once.

    Attributes:
        header: The names of the columns, in the order of the file.
    """

    def __init__(self, *, stream: BinaryIO, delimiter: str = ",") -> None:
        """Read the header.

        Args:
            stream: The file, opened in binary mode, at its start.
            delimiter: The character between cells.

        Raises:
            ImportRefusedError: There is no header that can be used.
        """
        self._stream = stream
        self._delimiter = delimiter
        self._again: deque[tuple[int, str, str]] = deque()
        self._line = 0
        self._taken: list[tuple[int, str, str]] = []
        self.header = self._read_header()

    @property
    def position(self) -> int:
        """Bytes read so far, for a progress bar."""
        return self._stream.tell()

    def __iter__(self) -> Iterator[RawRow | BadRow]:
        """Yield every row after the header, blank lines left out."""
        while (record := self._record()) is not None:
            line, cells, problem = record
            if problem is not None:
                yield BadRow(line, self._partial(cells), (problem,))
            elif cells:
                yield self._row(line=line, cells=cells)

    def _row(self, *, line: int, cells: list[str]) -> RawRow | BadRow:
        """Check the number of cells and what is in them."""
        if len(cells) != len(self.header):
            detail = f"the row has {len(cells)} cells, the header names {len(self.header)}"
            ragged = fault(column="", code="ragged_row", detail=detail)
            return BadRow(line, self._partial(cells), (ragged,))
        named = dict(zip(self.header, cells, strict=True))
        found = (_cell_fault(column, cell) for column, cell in named.items())
        problems = tuple(problem for problem in found if problem is not None)
        return BadRow(line, _storable(named), problems) if problems else RawRow(line, named)

    def _partial(self, cells: list[str]) -> dict[str, str]:
        """Name the cells of a row that does not fit the header."""
        names = itertools.chain(self.header, (f"(cell {n})" for n in itertools.count(1)))
        return _storable(dict(zip(names, cells, strict=False)))

    def _record(self) -> tuple[int, list[str], FieldProblem | None] | None:
        """Parse the next row; after a damaged one, go on at the physical line below its first."""
        self._taken = []
        try:
            cells = next(csv.reader(self._lines(), delimiter=self._delimiter, strict=True))
        except StopIteration:
            return None
        except csv.Error as error:
            if not self._taken:
                return None
            first = self._taken[0]
            self._again.extendleft(reversed(self._taken[1:]))
            problem = fault(column="", code="damaged_row", detail=_reason(error))
            return first[0], [first[1].rstrip("\r\n")], problem
        broken = next((entry for entry in self._taken if entry[2]), None)
        if broken is not None:
            problem = fault(column="", code="unreadable_row", detail=broken[2])
            return self._taken[0][0], cells, problem
        return self._taken[0][0], cells, None

    def _lines(self) -> Iterator[str]:
        """Hand physical lines to the parser and note them, so that a damaged row can go back."""
        length = 0
        while (entry := self._next_line()) is not None:
            self._taken.append(entry)
            length += len(entry[1])
            if len(self._taken) > RECORD_LINES or length > 2 * LINE_LIMIT:
                raise csv.Error("unexpected end of data")
            yield entry[1]

    def _next_line(self) -> tuple[int, str, str] | None:
        """Return (number, text, what is wrong with it) of the next physical line."""
        if self._again:
            return self._again.popleft()
        raw = self._stream.readline(LINE_LIMIT)
        if not raw:
            return None
        self._line += 1
        if len(raw) == LINE_LIMIT and not raw.endswith(b"\n"):
            while (rest := self._stream.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
                pass
            text = raw[:KEPT_TEXT].decode("utf-8", "replace").replace('"', "'") + "\n"
            return self._line, text, f"the line is longer than {LINE_LIMIT} bytes"
        if self._line == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        try:
            return self._line, raw.decode("utf-8"), ""
        except UnicodeDecodeError as error:
            wrong = (
                f"byte {error.start + 1} of line {self._line} (0x{raw[error.start]:02x}) is not "
                "UTF-8: save the file as UTF-8"
            )
            return self._line, raw.decode("utf-8", "backslashreplace"), wrong

    def _read_header(self) -> list[str]:
        start = self._stream.read(4)
        self._stream.seek(0)
        if not start:
            raise ImportRefusedError("The file is empty: a header row is expected in line 1.")
        for magic, name in _ENCODINGS.items():
            if start.startswith(magic):
                raise ImportRefusedError(f"The file is {name}: save it as CSV in UTF-8.")
        record = self._record()
        while record is not None and record[2] is None and not any(map(str.strip, record[1])):
            record = self._record()
        if record is None:
            raise ImportRefusedError("The file holds blank lines only: no header row.")
        line, cells, problem = record
        if problem is not None:
            raise ImportRefusedError(f"Line {line}: {problem.detail}.")
        return _checked_header(
            line=line, names=[cell.strip() for cell in cells], delimiter=self._delimiter
        )


def _checked_header(*, line: int, names: list[str], delimiter: str) -> list[str]:
    if any("\x00" in name for name in names):
        raise ImportRefusedError(f"Line {line} holds NUL bytes: this is not a CSV file.")
    if any("\r" in name for name in names):
        raise ImportRefusedError(f"Line {line}: lines end in CR alone; save with LF or CR LF.")
    if len(names) == 1:
        for other, word in ((";", "semicolons"), ("\t", "tabs"), (",", "commas"), ("|", "bars")):
            if other != delimiter and other in names[0]:
                raise ImportRefusedError(
                    f"Line {line}: the cells are separated by {word}; say so in the map: "
                    f"[read] delimiter = {other!r}."
                )
    for number, name in enumerate(names, 1):
        if not name:
            raise ImportRefusedError(f"Line {line}: column {number} has no name.")
        if name in names[: number - 1]:
            first = names.index(name) + 1
            raise ImportRefusedError(
                f"Line {line}: column {number} has the same name as column {first}: {name!r}."
            )
    return names


def _cell_fault(column: str, cell: str) -> FieldProblem | None:
    if len(cell) > CELL_LIMIT:
        detail = f"{len(cell)} characters, at most {CELL_LIMIT}"
        return fault(column=column, code="too_long", detail=detail)
    if "\x00" in cell:
        detail = f"a NUL character at position {cell.index(chr(0)) + 1}"
        return fault(column=column, code="bad_character", detail=detail)
    return None


def _reason(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "a quoted cell is never closed"
    if "field larger" in text:
        return "a cell is longer than 131072 characters; perhaps a quote is never closed"
    if "expected after" in text:
        return "text follows a closing quote; double the quotes inside a quoted cell"
    if "new-line" in text:
        return "a carriage return stands inside an unquoted cell"
    return text


def _storable(cells: dict[str, str]) -> dict[str, str]:
    """Return the cells as PostgreSQL and a reader can bear them."""
    return {
        column.replace("\x00", "\u2400"): cell[:CELL_LIMIT].replace("\x00", "\u2400")
        for column, cell in cells.items()
    }
