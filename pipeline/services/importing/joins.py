"""Look up the columns of a second file, such as the accounts of the deals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipeline.services.importing.faults import ImportRefusedError, fault
from pipeline.services.importing.reader import BadRow, CsvFile, opened

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline.services.importing.mapping import Join
    from revops.rest.strict import FieldProblem

ROW_LIMIT: Final = 200_000
"""Rows of a joined file, which is held in memory."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A joined file in memory: its rows by key.

    Attributes:
        name: What the map calls it; its columns are `NAME.COLUMN`.
        rule: The join.
        header: Its columns.
        rows: Its cells by key.
    """

    name: str
    rule: Join
    header: tuple[str, ...]
    rows: Mapping[str, dict[str, str]]

    def add_to(self, cells: dict[str, str]) -> FieldProblem | None:
        """Add the columns of the matching row to `cells`; empty ones where none matches."""
        wanted = cells[self.rule.column].strip()
        wanted = self.rule.values.get(wanted, wanted)
        row = self.rows.get(wanted)
        for column in self.header:
            cells[f"{self.name}.{column}"] = row[column] if row else ""
        if row is None and wanted and self.rule.is_required:
            return fault(
                column=self.rule.column,
                code="not_found",
                detail=f"{self.rule.file} has no {self.rule.key} {wanted!r}",
            )
        return None


def load_join(*, name: str, rule: Join, folder: Path, delimiter: str) -> Lookup:
    """Read a joined file whole.

    Args:
        name: What the map calls it.
        rule: The join.
        folder: The folder of the imported file.
        delimiter: The character between cells.

    Raises:
        ImportRefusedError: It is missing, damaged, or its key is not unique.
    """
    path = folder / rule.file
    if not path.is_file():
        raise ImportRefusedError(f"The map joins {rule.file}, which is not beside the file.")
    rows: dict[str, dict[str, str]] = {}
    with opened(path) as stream:
        joined = CsvFile(stream=stream, delimiter=delimiter)
        if rule.key not in joined.header:
            raise ImportRefusedError(f"{rule.file} has no column {rule.key!r}.")
        for row in joined:
            if isinstance(row, BadRow):
                raise ImportRefusedError(
                    f"{rule.file}, line {row.line}: {row.problems[0].detail}."
                )
            key = row.cells[rule.key].strip()
            if key in rows:
                raise ImportRefusedError(
                    f"{rule.file}, line {row.line}: {rule.key} {key!r} stands there twice."
                )
            rows[key] = row.cells
            if len(rows) > ROW_LIMIT:
                raise ImportRefusedError(f"{rule.file} has more than {ROW_LIMIT} rows.")
    return Lookup(name, rule, tuple(joined.header), rows)
