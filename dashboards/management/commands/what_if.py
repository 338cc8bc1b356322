"""Ask the past what another promise would have come to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboards.forms import WhatIfForm
from dashboards.pages.what_if import signed
from dashboards.selectors.frame import frame
from dashboards.selectors.what_if import NotAnsweredError, answer
from revops import formats
from revops.database import database_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboards.selectors.what_if import Answer, Group
    from sla.selectors.what_if import Tally

OPTIONS = {"first": "from", "last": "to"}
"""How the command names fields of the form."""


class Command(BaseCommand):
    help = "Fold past evidence under another allowance or calendar and compare; stores nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--commitment", required=True, help="the kind, such as first_contact")
        parser.add_argument("--amount", required=True, help="how much time is allowed")
        parser.add_argument("--unit", required=True, help="such as business_hours")
        parser.add_argument("--calendar", default="", help="the name of other hours to count in")
        parser.add_argument("--from", dest="first", required=True, help="first day, 2026-07-01")
        parser.add_argument("--to", dest="last", required=True, help="last day, included")
        parser.add_argument("--json", action="store_true", help="machine-readable")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        at = database_now()
        setting = frame(at=at).setting
        form = WhatIfForm(options, today=setting.today(at=at))
        if not form.is_valid():
            faults = [
                f"--{OPTIONS.get(name, name)}: {' '.join(map(str, errors))}"
                for name, errors in form.errors.items()
            ]
            raise CommandError("\n".join(faults))
        try:
            found = answer(form.question(), zone=setting.zone, at=at, is_bounded=False)
        except NotAnsweredError as refusal:
            raise CommandError(f"--{refusal.field}: {refusal}") from refusal
        if options["json"]:
            self.stdout.write(json.dumps(as_json(found), indent=2))
            return
        self.stdout.write(found.sentence)
        for title, groups in (
            ("team", found.teams), ("person", found.people), ("month", found.months)
        ):  # fmt: skip
            self.stdout.write(f"\nBy {title}")
            self._table(groups)
        total = formats.plural(len(found.comparison.differing), "clock")
        self.stdout.write(f"\n{total} would have ended otherwise.")

    def _table(self, groups: Sequence[Group]) -> None:
        """Print one line a group: breaches, what they would have been, the difference."""
        width = max((len(group.name) for group in groups), default=0)
        for group in groups:
            was, would = group.was.breaches, group.would.breaches
            self.stdout.write(
                f"  {group.name:<{width}}  {was:>7,} {would:>7,} {signed(would - was):>7}"
            )


def as_json(found: Answer) -> dict[str, Any]:
    """Return an answer as one document; every clock that would have ended otherwise is in it."""
    asked = found.question
    return {
        "commitment": asked.kind,
        "amount": asked.amount,
        "unit": asked.unit,
        "calendar": asked.calendar.name if asked.calendar else None,
        "from": asked.first.isoformat(),
        "to": asked.last.isoformat(),
        "promised": found.promised,
        "leads": found.comparison.leads,
        "was": tally(found.comparison.total.was),
        "would": tally(found.comparison.total.would),
        "teams": [_group(group) for group in found.teams],
        "people": [_group(group) for group in found.people],
        "months": [_group(group) for group in found.months],
        "differing": [
            {
                "lead_id": row.lead_id,
                "cycle": row.cycle,
                "rep_id": row.rep_id,
                "started_at": row.started_at.isoformat(),
                "old_due_at": row.old_due.isoformat() if row.old_due else None,
                "new_due_at": row.new_due.isoformat() if row.new_due else None,
                "old_status": row.old_status,
                "new_status": row.new_status,
            }
            for row in found.comparison.differing
        ],
    }


def _group(group: Group) -> dict[str, Any]:
    return {"name": group.name, "was": tally(group.was), "would": tally(group.would)}


def tally(found: Tally) -> dict[str, int]:
    """Return how clocks ended."""
    return {
        "breaches": found.breaches,
        "met": found.met,
        "late": found.late,
        "missed": found.missed,
        "excused": found.excused,
        "running": found.running,
    }
