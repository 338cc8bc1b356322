"""Serve the sample company from a database of its own."""

import contextlib
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.module_loading import import_string
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from revops import embedded, local, web
from revops.database import database_now
from revops.people.models import Organization, User

PASSWORD = "demo"  # noqa: S105 (the sample company's, printed for everybody)


class Command(BaseCommand):
    help = "Load the sample company into a database of its own, once, and serve it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="throw the sample away first")
        parser.add_argument("--no-serve", action="store_true", help="load and stop")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000, help="the next free one if taken")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        console = Console()
        local.use_sample_database()
        with sample_server():
            if options["reset"]:
                local.drop_database()
            local.provision()
            load_once(console)
            if options["no_serve"]:
                return
            web.collect_static()
            port = web.free_port(host=options["host"], port=options["port"])
            print_box(console, url=f"http://{options['host']}:{port}/")
            web.serve(host=options["host"], port=port)


@contextlib.contextmanager
def sample_server() -> Iterator[None]:
    """Keep the database server running, and refuse a second demo on the same data."""
    if not settings.IS_EMBEDDED:
        yield
        return
    try:
        place = embedded.place(settings.DATA_DIR)
        with embedded.claim_serving(place, name="sample"), local.server():
            yield
    except embedded.EmbeddedServerError as error:
        raise CommandError(str(error)) from error


def load_once(console: Console) -> None:
    """Load the sample company in one transaction, unless it is there.

    Raises:
        CommandError: The database holds a real organisation.
    """
    organization = Organization.objects.first()
    if organization is not None:
        if not organization.is_sample:
            raise CommandError("this database holds real data; the sample goes elsewhere")
        return
    load = import_string("dashboards.sample.load")
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar, transaction.atomic():
        task = bar.add_task("Loading the sample company", total=1.0)

        def progress(label: str, share: float) -> None:
            """Show `label`, and that `share` of the work, from 0 to 1, is done."""
            bar.update(task, description=label, completed=share)

        load(at=database_now(), progress=progress)
        bar.update(task, description="Sample company loaded", completed=1.0)
    local.refresh_statistics()


def print_box(console: Console, *, url: str) -> None:
    """Print where to go and who to be."""
    table = Table.grid(padding=(0, 3))
    seen: set[str] = set()
    for user in User.objects.filter(is_active=True).order_by("id"):
        if user.role not in seen:
            seen.add(user.role)
            table.add_row(user.get_role_display(), user.email, PASSWORD)
    outer = Table.grid(padding=(0, 0))
    outer.add_row(f"[bold]{url}[/bold]\n")
    outer.add_row(table)
    place = settings.DATA_DIR if settings.IS_EMBEDDED else "the configured database"
    outer.add_row(
        f"\nCtrl+C stops. The data are kept in {place}.\nStart over: manage.py demo --reset"
    )
    console.print(Panel(outer, title="Accord, sample company", expand=False, padding=(1, 2)))
