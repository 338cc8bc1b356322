"""Cut the rows of a file into batches in which no key stands twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.choices import ImportKind
from pipeline.services.importing.outcomes import Line, RowOutcome

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

_OWN_KEY = frozenset({ImportKind.REPS, ImportKind.LEADS, ImportKind.OPPORTUNITIES})


class Batcher:
    """Cuts batches; a key that comes again begins the next one, so that the last row wins."""

    def __init__(self, *, kind: ImportKind, limit: int) -> None:
        """Remember what a key is.

        Args:
            kind: What the rows are.
            limit: Rows of one batch.
        """
        self._kind = kind
        self._limit = limit

    def batches(self, entries: Iterable[Line | RowOutcome]) -> Iterator[list[Line | RowOutcome]]:
        """Yield batches in the order of the file."""
        batch: list[Line | RowOutcome] = []
        keys: set[Hashable] = set()
        for entry in entries:
            key = self._key(entry) if isinstance(entry, Line) else None
            if len(batch) >= self._limit or (key is not None and key in keys):
                yield batch
                batch, keys = [], set()
            batch.append(entry)
            if key is not None:
                keys.add(key)
        if batch:
            yield batch

    def _key(self, line: Line) -> Hashable:
        if self._kind in _OWN_KEY:
            return str(line.ours.get("external_id") or f"line {line.number}")
        own = line.ours.get("external_id")
        return own if own else tuple(line.ours.values())
