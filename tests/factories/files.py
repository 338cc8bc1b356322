"""Small CSV files, imported as the command imports them."""

from __future__ import annotations

import csv
import io

from pipeline.choices import ImportKind
from pipeline.services.importing.mapping import FileMap, read_map
from pipeline.services.importing.runs import ImportOrder, run_import
from tests.factories.pipeline import NOON

LEADS = [
    {"external_id": "a", "created_at": "2026-01-05T10:00", "mql_at": "2026-01-06", "channel": ""},
    {"external_id": "b", "created_at": "2026-01-07", "mql_at": "", "channel": "Unknown"},
    {"external_id": "c", "created_at": "", "mql_at": "2026-01-08", "channel": "paid_search"},
]


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


def imported(folder, kind, rows, **order):
    """Write rows to a file of their kind and import it."""
    return import_file(write_csv(folder / f"{kind}.csv", rows), kind, **order)


def statuses(outcomes):
    """Return the statuses in the order of the file."""
    return [outcome.status for outcome in outcomes]
