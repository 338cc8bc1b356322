"""Migrate as the owner, then give the application and the read-only role their rights."""

from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections

from revops import roles


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Run Django's command as the owner; without one (development) rights are left alone."""
        app_role = str(connections["default"].settings_dict["USER"])
        with roles.as_owner():
            super().handle(*args, **options)
            if settings.DATABASE_OWNER is not None and not options.get("plan"):
                roles.grant(app_role=app_role)
