"""Create the roles and the database where they are missing, migrate, grant."""

from typing import Any

from django.core.management.base import BaseCommand

from revops import local


class Command(BaseCommand):
    help = (
        "Bring the database up to date: the owner, application and read-only roles, all"
        " migrations, every right. Needs DATABASE_OWNER_URL, or the embedded database."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        del args, options
        local.provision()
        self.stdout.write("The database is up to date.")
