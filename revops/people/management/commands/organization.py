"""Show or set the organisation's name, zone, currency and fiscal year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from revops.database import database_now
from revops.people.models import Organization
from revops.people.services import OrganizationError, set_organization

if TYPE_CHECKING:
    from argparse import ArgumentParser

SETTINGS = ("name", "timezone", "currency", "fiscal_year_start_month")


class Command(BaseCommand):
    help = (
        "Show or set the organisation. Days, months and quarters of every number are cut in its "
        "zone, so set it before anything else."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", help="as people read it")
        parser.add_argument("--timezone", help="such as America/Sao_Paulo")
        parser.add_argument("--currency", help="such as BRL")
        parser.add_argument("--fiscal-year-start-month", type=int, help="1 to 12")

    def handle(self, *_args: Any, **options: Any) -> None:
        given = {name: options[name] for name in SETTINGS if options[name] is not None}
        if given:
            try:
                set_organization(actor="system:organization", at=database_now(), **given)
            except OrganizationError as refusal:
                raise CommandError(str(refusal)) from None
        stored = Organization.objects.first()
        if stored is None:
            self.stdout.write("Not set yet: times are UTC, amounts USD.")
            return
        for name in SETTINGS:
            self.stdout.write(f"{name.replace('_', ' ')}: {getattr(stored, name)}")
