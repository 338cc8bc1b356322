"""Small CSV files, imported as the command imports them."""

from __future__ import annotations

import csv
import io

from pipeline.choices import ImportKind
from pipeline.services.importing.mapping import FileMap, read_map
from pipeline.services.importing.runs import ImportOrder, run_import
from tests.factories.pipeline import NOON


def write_csv(path, rows, *, header=None):
    """Write dictionaries as a CSV file and return its path."""
    names = header or list(rows[0])
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue())
    return path


def import_file(path, kind, *, at=NOON, written=None, **order):
    """Import a file and return the counts with the outcome of every row."""
    outcomes = []
    kind = ImportKind(kind)
    file_map = read_map(written=written, name="test", kind=kind) if written else FileMap()
    fields = {"source_system": "hubspot", "zone_name": "UTC", "actor": "system:test", **order}
    summary = run_import(
        ImportOrder(
            path=path,
            kind=kind,
            file_map=file_map,
            at=at,
            clock=lambda: at,
            on_outcome=outcomes.append,
            **fields,
        )
    )
    return summary, outcomes
