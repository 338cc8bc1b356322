"""The performance harness."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

PARTS = ("biztime", "refold", "intake", "sweep", "dashboard", "backtest")


class Command(BaseCommand):
    help = "Measure against floors and peers of the same run; works in a database of its own."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("part", choices=[*PARTS, "all"])
        parser.add_argument("--scale", choices=["s", "m", "l"], default="s")
        parser.add_argument("--rounds", type=int, default=7)
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
        parser.add_argument(
            "--write-docs", action="store_true", help="renew the part's table in the docs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        if find_spec("bench") is None:
            raise CommandError("The harness is part of the source tree, not of the package.")
        asked = PARTS if options["part"] == "all" else (options["part"],)
        figures: dict[str, list[dict[str, Any]]] = {}
        for part in asked:
            if find_spec(f"bench.{part}") is None:
                self.stdout.write(f"{part}: not measured yet")
                continue
            lines = import_module(f"bench.{part}").run(
                scale=options["scale"], rounds=options["rounds"]
            )
            self.show(part, lines)
            figures[part] = [asdict(line) | {"verdict": line.verdict} for line in lines]
            if options["write_docs"]:
                write_docs(part=part, lines=lines, scale=options["scale"])
        if options["json"]:
            options["json"].write_text(json.dumps(figures, indent=2) + "\n")

    def show(self, part: str, lines: list[Any]) -> None:
        """Print the table of one part."""
        harness = import_module("bench.harness")
        table = Table("goal", "measured", "target", "median", "spread", "", title=part)
        for line in lines:
            spread = " to ".join(map(harness.number, line.spread)) if line.spread else line.note
            noisy = " (noisy)" if line.is_noisy else ""
            table.add_row(
                line.goal,
                line.title,
                f"{line.sense} {harness.number(line.target)}",
                harness.number(line.value),
                spread,
                line.verdict + noisy,
            )
        Console().print(table)


def write_docs(*, part: str, lines: list[Any], scale: str) -> None:
    """Put the part's table between its marks in `docs/performance.md`."""
    path = Path(settings.BASE_DIR) / "docs" / "performance.md"
    section = (
        f"<!-- {part} -->\nScale {scale}, Python {platform.python_version()}.\n\n"
        f"{import_module('bench.harness').markdown(lines)}\n<!-- /{part} -->"
    )
    text = path.read_text()
    marks = re.compile(rf"<!-- {part} -->.*?<!-- /{part} -->", re.DOTALL)
    if not marks.search(text):
        raise CommandError(f"docs/performance.md has no place for {part}")
    path.write_text(marks.sub(lambda _: section, text))
