"""Check signatures, seals and append-only triggers; exit 1 naming the first bad row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from definitions.export import export_chain
from definitions.verification import verify
from revops.audit.services import verify_seals, verify_triggers
from revops.database import database_now

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Recompute the text and hash of every version, the chain of signatures, what they brought "
        "into force, the seals of all append-only tables, and the triggers that protect them. "
        "Exits 1 naming the first bad row. Prints the head of the chain: keep it elsewhere, and "
        "give it back with --head to notice a chain that was cut or rebuilt."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", default="", help="a head noted earlier")
        parser.add_argument(
            "--export",
            metavar="FILE",
            help="also write everything a third party needs to check the chain (see "
            "docs/verification.md); it holds signers' names and addresses",
        )
        parser.add_argument("--seal-head", default="", help="a head of the seals noted earlier")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        found = verify(expected_head=options["head"])
        damage = [
            *found.damage,
            *verify_triggers(),
            *verify_seals(expected_head=options["seal_head"]),
        ]
        self.stdout.write(
            f"{found.version_count} versions, {found.signature_count} signatures, "
            f"head {found.head_sha256 or 'none: nothing is signed'}"
        )
        if options["export"]:
            self._export(Path(options["export"]))
        if damage:
            for sentence in damage[:SHOWN]:
                self.stderr.write(sentence)
            if len(damage) > SHOWN:
                self.stderr.write(f"and {len(damage) - SHOWN} more")
            raise CommandError(f"first bad row: {damage[0]}")
        self.stdout.write("Every hash, link, seal and trigger is as it should be.")

    def _export(self, path: Path) -> None:
        """Write the file, damaged or not: what is damaged is a finding somebody wants to see."""
        found = export_chain(at=database_now())
        try:
            path.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"cannot write {path}: {error.strerror}") from error
        self.stdout.write(f"Wrote {path}.")
