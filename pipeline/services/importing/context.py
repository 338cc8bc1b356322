"""What the writers of a run share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.fact_rows import read_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import TypeVar

    from pipeline.choices import ImportKind
    from pipeline.models import ImportRun
    from pipeline.services.importing.mapping import Options
    from pipeline.services.importing.outcomes import Line, RowOutcome
    from revops.rest.strict import Row

    Shape = TypeVar("Shape", bound=Row)


@dataclass(frozen=True, kw_only=True)
class Context:
    """A run, as the writers see it.

    Attributes:
        run: The stored run.
        kind: What the rows are.
        source_system: The system the ids are from.
        at: The instant of the run.
        options: What the map allows to be made up.
        columns: Our columns that the file fills.
    """

    run: ImportRun
    kind: ImportKind
    source_system: str
    at: datetime
    options: Options
    columns: frozenset[str]

    @property
    def actor(self) -> str:
        """Who the facts say did it: the run, so that an undo finds them; it names its user."""
        return actor_of(self.run.pk)


def actor_of(run_id: int) -> str:
    """Return how facts name an import."""
    return f"system:import_{run_id}"


def read_lines(
    *, lines: Sequence[Line], shape: type[Shape], keep_null: bool = False
) -> tuple[list[tuple[Line, Shape]], list[RowOutcome]]:
    """Read lines by a schema; return the good rows and the outcomes of the others.

    Args:
        lines: Translated lines.
        shape: The schema.
        keep_null: Whether an empty cell says "nothing recorded" and empties what is stored.
    """
    good, outcomes = [], []
    for line in lines:
        raw = {key: cell for key, cell in line.ours.items() if keep_null or cell is not None}
        read = read_row(shape=shape, raw=raw, as_text=True)
        if read.row is None:
            outcomes.append(line.refused(problems=read.problems))
        else:
            good.append((line, read.row))
    return good, outcomes
