"""Serve the product: the web pages and API, the scheduler, and the embedded database."""

import contextlib
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from revops import embedded, guards, health, local, web


class Command(BaseCommand):
    help = (
        "Serve pages and API with the scheduler thread. Without DATABASE_URL it runs the"
        " embedded PostgreSQL, brings it up to date first, and stops it at the end."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000, help="the next free one if taken")
        parser.add_argument("--threads", type=int, default=8, help="requests at once per worker")
        parser.add_argument("--workers", type=int, default=1, help="web processes")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        with contextlib.ExitStack() as stack:
            if settings.IS_EMBEDDED:
                try:
                    place = embedded.place(settings.DATA_DIR)
                    stack.enter_context(embedded.claim_serving(place, name="accord"))
                    stack.enter_context(local.server())
                except embedded.EmbeddedServerError as error:
                    raise CommandError(str(error)) from error
                local.provision()
            check_start()
            web.collect_static()
            port = web.free_port(host=options["host"], port=options["port"])
            self.stdout.write(f"Serving http://{options['host']}:{port} (Ctrl+C stops)")
            web.serve(
                host=options["host"],
                port=port,
                threads=options["threads"],
                workers=options["workers"],
            )


def check_start() -> None:
    """Refuse to serve with unsafe settings, or with a database that is away or behind.

    Raises:
        CommandError: With what has to be done first.
    """
    try:
        guards.refuse_unsafe_start()
        problem = health.migration_problem()
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from error
    except OperationalError as error:
        raise CommandError(f"The database cannot be reached: {error}") from error
    if problem:
        raise CommandError(f"{problem}: run manage.py provision first.")
