"""Import a CSV file: reps, leads, and what happened to them."""  # noqa: N999 - the command's name

from __future__ import annotations

import csv
import sys
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from pipeline.choices import ImportKind, QualityFlag
from pipeline.services.importing.columns import ADDED, LINE_COLUMN, REASON_COLUMN
from pipeline.services.importing.faults import ImportRefusedError
from pipeline.services.importing.mapping import FileMap, load_map, preset_names
from pipeline.services.importing.runs import ImportOrder, run_import
from revops.database import database_now
from revops.people.models import Organization

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from django.core.management.base import CommandParser

    from pipeline.services.importing.outcomes import RowOutcome, Summary

SHOWN = 10
"""Refused rows that are printed; all of them go to --errors and are kept with the run."""
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Import a CSV file. Rows are stored by their external ids: importing a file again changes "
        "nothing, and an import that was interrupted is finished by starting it again. Rows that "
        "cannot be stored are listed with their line and the reason; the others are stored. Maps "
        f"for foreign files: {', '.join(preset_names())}, or a file of your own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=ImportKind.values, help="what the rows are")
        parser.add_argument("file", type=Path, help="a CSV file with a header row, in UTF-8")
        parser.add_argument("--map", default="", help="a map file (TOML), or a preset's name")
        parser.add_argument("--source-system", default="", help="the system the ids are from")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would happen, no more"
        )
        parser.add_argument("--errors", type=Path, help="write every refused row here, with why")
        parser.add_argument("--timezone", default="", help="the zone of times without an offset")
        parser.add_argument(
            "--enforce-from",
            type=date.fromisoformat,
            help="measure promises that began before this date without enforcing them",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        kind = ImportKind(options["kind"])
        try:
            file_map = load_map(name=options["map"], kind=kind) if options["map"] else FileMap()
            summary = self._run(kind=kind, file_map=file_map, options=options)
        except ImportRefusedError as refusal:
            raise CommandError(str(refusal)) from None
        except KeyboardInterrupt:
            raise CommandError(
                "Interrupted. What is stored stays; the same command again finishes the import.",
                returncode=INTERRUPTED,
            ) from None
        self._tell(summary=summary, kind=kind, options=options)

    def _run(self, *, kind: ImportKind, file_map: FileMap, options: dict[str, Any]) -> Summary:
        """Import behind a progress bar; keep the first refused rows for the screen."""
        path: Path = options["file"]
        if options["errors"] and options["errors"].resolve() == path.resolve():
            raise ImportRefusedError("--errors would overwrite the file that is imported.")
        try:
            organization = Organization.objects.first()
        except ProgrammingError:
            raise CommandError(
                "The database has no tables yet: run manage.py provision first."
            ) from None
        home = organization.timezone if organization else "UTC"
        self.refused: list[RowOutcome] = []
        with ExitStack() as stack:
            errors = stack.enter_context(_Errors(options["errors"]))
            progress = stack.enter_context(_progress())
            total = path.stat().st_size if path.is_file() else None
            task = progress.add_task(f"{kind} from {path.name}", total=total, rows=0)

            def on_rows(done: int, summary: Summary) -> None:
                progress.update(task, completed=done, rows=summary.rows)

            def on_outcome(outcome: RowOutcome) -> None:
                if outcome.status != "error":
                    return
                errors.write(outcome)
                if len(self.refused) < SHOWN:
                    self.refused.append(outcome)

            return run_import(
                ImportOrder(
                    path=path,
                    kind=kind,
                    file_map=file_map,
                    source_system=options["source_system"] or file_map.source_system or "csv",
                    zone_name=options["timezone"] or file_map.timezone or home,
                    actor="system:import",
                    at=database_now(),
                    clock=database_now,
                    is_dry_run=options["dry_run"],
                    enforce_from=options["enforce_from"],
                    on_header=errors.open,
                    on_rows=on_rows,
                    on_outcome=on_outcome,
                )
            )

    def _tell(self, *, summary: Summary, kind: ImportKind, options: dict[str, Any]) -> None:
        console = Console(file=self.stdout, highlight=False, soft_wrap=True)  # type: ignore[arg-type] # Django's wrapper writes like a file
        title = f"{kind.label} from {options['file'].name}"
        if options["dry_run"]:
            title += " (dry run: nothing was stored)"
        elif summary.run is not None:
            title += f" (import {summary.run.pk})"
        console.print(_counts(title, summary=summary))
        if summary.flags:
            console.print(_flags(summary))
        for outcome in self.refused:
            for problem in outcome.problems:
                console.print(f"Line {outcome.line}: {problem.detail}", markup=False)
        hidden = summary.statuses["error"] - len(self.refused)
        if hidden > 0:
            console.print(f"... and {hidden:,} more rows with errors.")
        if self.refused and options["errors"]:
            console.print(f"All of them, with their reasons: {options['errors']}", markup=False)
        elif self.refused:
            console.print("Write all of them to a file with --errors OUT.csv.")


def _counts(title: str, *, summary: Summary) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("Rows")
    table.add_column("Count", justify="right")
    for status in ("created", "updated", "unchanged", "error"):
        table.add_row(status, f"{summary.statuses[status]:,}")
    table.add_row("in all", f"{summary.rows:,}", style="bold")
    return table


def _flags(summary: Summary) -> Table:
    table = Table(title="Kept, and odd", title_justify="left")
    table.add_column("What")
    table.add_column("Flag")
    table.add_column("Rows", justify="right")
    for flag, count in summary.flags.most_common():
        table.add_row(str(QualityFlag(flag).label), flag, f"{count:,}")
    return table


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )


class _Errors:
    """The file of refused rows: the columns of the file, then the line and the reason."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stream: TextIO | None = None
        self._header: Sequence[str] = ()

    def __enter__(self) -> _Errors:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._stream is not None:
            self._stream.close()

    def open(self, header: Sequence[str]) -> None:
        """Begin the file, once the header of the imported one is known."""
        if self._path is None:
            return
        try:
            self._stream = self._path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise ImportRefusedError(
                f"{self._path} cannot be written: {error.strerror}."
            ) from None
        self._header = [name for name in header if name not in ADDED]
        csv.writer(self._stream).writerow([*self._header, LINE_COLUMN, REASON_COLUMN])

    def write(self, outcome: RowOutcome) -> None:
        """Add a refused row."""
        if self._stream is None:
            return
        cells = dict(outcome.cells)
        known = [cells.pop(name, "") for name in self._header]
        reason = "; ".join(problem.detail for problem in outcome.problems)
        rest = [cell for name, cell in cells.items() if name not in ADDED]
        csv.writer(self._stream).writerow([*known, outcome.line, reason, *rest])
