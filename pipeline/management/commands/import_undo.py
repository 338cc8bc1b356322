"""Take an import back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from pipeline.models import ImportRun
from pipeline.services.importing.faults import ImportRefusedError
from pipeline.services.importing.undo import undo_import
from revops.database import database_now

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

LISTED = 20


class Command(BaseCommand):
    help = (
        "Take an import back: lists and numbers are as before, the history of it stays. Importing "
        "the file again brings the same leads and deals back. Without a number, lists the imports."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=int, nargs="?", help="the number of the import")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        if options["run"] is None:
            self._list()
            return
        run = ImportRun.objects.filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(f"There is no import {options['run']}.")
        done = 0
        with _progress() as progress:
            task = progress.add_task(f"Undoing import {run.pk}", rows=0)

            def on_rows(count: int) -> None:
                nonlocal done
                done += count
                progress.update(task, rows=done)

            try:
                undo_import(
                    run=run, actor="system:import_undo", at=database_now(), on_rows=on_rows
                )
            except ImportRefusedError as refusal:
                raise CommandError(str(refusal)) from None
        self.stdout.write(f"Import {run.pk} ({run.kind} from {run.file_name}) is undone.")

    def _list(self) -> None:
        for run in ImportRun.objects.order_by("-pk")[:LISTED]:
            self.stdout.write(
                f"{run.pk:>6}  {run.started_at:%Y-%m-%d %H:%M}  {run.status:<9} {run.kind:<14} "
                f"{run.file_name} ({run.created_count} created, {run.updated_count} updated, "
                f"{run.error_count} errors)"
            )


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[rows]:,} rows taken back"),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
