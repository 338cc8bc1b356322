"""What became of the rows of a file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.models import ImportRun
    from revops.rest.strict import FieldProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """What became of one row.

    Attributes:
        line: The line of the file on which the row begins.
        status: created, updated, unchanged or error.
        key: The row's external id, or the lead's where it has none of its own.
        problems: Why it was refused.
        flags: What is odd about it, though it is kept.
        cells: Of a refused row, the cells as the file has them.
    """

    line: int
    status: str
    key: str = ""
    problems: tuple[FieldProblem, ...] = ()
    flags: tuple[str, ...] = ()
    cells: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Summary:
    """The counts of a run.

    Attributes:
        run: The stored run; None for a dry run.
        statuses: How many rows were created, updated, unchanged, error.
        flags: How many rows carry which data-quality flag.
    """

    run: ImportRun | None = None
    statuses: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """Rows read."""
        return sum(self.statuses.values())

    def add(self, outcomes: Iterable[RowOutcome]) -> None:
        """Count outcomes."""
        for outcome in outcomes:
            self.statuses[outcome.status] += 1
            self.flags.update(outcome.flags)


@dataclass(frozen=True, slots=True)
class Line:
    """A row on its way in: where it stands, the file's cells, and ours.

    Attributes:
        number: Its line in the file.
        cells: As the file has them.
        ours: Our columns.
    """

    number: int
    cells: dict[str, str]
    ours: dict[str, Any]

    def refused(self, *, problems: Sequence[FieldProblem], key: str = "") -> RowOutcome:
        """Return the outcome of a row that cannot be stored."""
        return RowOutcome(
            line=self.number,
            status="error",
            key=key,
            problems=tuple(problems),
            cells=self.cells,
        )
