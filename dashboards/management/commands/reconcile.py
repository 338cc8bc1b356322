"""Derive everything that is derived again, and compare."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from pipeline.services.reconcile import reconcile_rounds
from revops.database import database_now
from sla.services import reconcile_clocks

SHOWN = 20


class Command(BaseCommand):
    help = "Fold every clock, breach and round again; exit 1 with the first differences, if any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--show", type=int, default=SHOWN, help="how many differences to name")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        at = database_now()
        differences = [str(difference) for difference in reconcile_clocks(at=at)]
        differences += reconcile_rounds(at=at)
        if not differences:
            self.stdout.write("Clocks, breaches and rounds agree with their facts.")
            return
        for difference in differences[: options["show"]]:
            self.stderr.write(difference)
        self.stderr.write(f"{len(differences)} differences found.")
        sys.exit(1)
