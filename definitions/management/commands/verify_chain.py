"""Check signatures, seals and append-only triggers; exit 1 naming the first bad row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from definitions.verification import verify
from revops.audit.services import verify_seals, verify_triggers

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
        if damage:
            for sentence in damage[:SHOWN]:
                self.stderr.write(sentence)
            if len(damage) > SHOWN:
                self.stderr.write(f"and {len(damage) - SHOWN} more")
            raise CommandError(f"first bad row: {damage[0]}")
        self.stdout.write("Every hash, link, seal and trigger is as it should be.")
