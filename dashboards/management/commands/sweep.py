"""Run every periodic service once, for cron and systemd timers."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from revops import periodic


class Command(BaseCommand):
    help = "Run every periodic service once: flag breaches, send messages, seal rows, tidy up."

    def handle(self, *args: Any, **options: Any) -> None:
        del args, options
        failed = [
            service
            for service, _seconds in settings.PERIODIC_SERVICES
            if not periodic.run_safely(service=service)
        ]
        if failed:
            raise CommandError(f"failed: {', '.join(failed)}")
        self.stdout.write(f"Ran {len(settings.PERIODIC_SERVICES)} services.")
