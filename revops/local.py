"""The database of commands: the embedded one when nothing is configured, and its roles."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils.module_loading import import_string
from psycopg import sql

from revops import embedded, roles
from revops.database import database_now

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE_SUFFIX = "_sample"
# Commands that need no database, or that start it themselves.
WITHOUT_DATABASE = frozenset(
    {"help", "--help", "-h", "version", "--version", "collectstatic", "serve", "demo"}
)


@contextmanager
def database_for(command: str) -> Iterator[None]:
    """Keep the embedded server running for the length of `command`, if there is need for it."""
    if command in WITHOUT_DATABASE or not settings.IS_EMBEDDED:
        yield
        return
    try:
        with server():
            yield
    except embedded.EmbeddedServerError as error:
        sys.exit(str(error))


@contextmanager
def server() -> Iterator[None]:
    """Keep the embedded server running; its roles and the current database exist inside."""
    place = embedded.place(settings.DATA_DIR)
    with embedded.running(place, notice=sys.stderr.write):
        ensure_database()
        try:
            yield
        finally:
            connections.close_all()


def ensure_database() -> None:
    """Create the roles and the current database where they are missing.

    Raises:
        CommandError: The owner may not create what is missing; the message says what to run.
    """
    name = str(connections["default"].settings_dict["NAME"])
    app = connections["default"].settings_dict
    owner = owner_address()
    with admin_connection() as admin:
        wanted = [(app["USER"], app["PASSWORD"]), (owner["USER"], owner["PASSWORD"])]
        try:
            for role, password in wanted:
                roles.ensure_role(admin, name=str(role), password=str(password))
            roles.ensure_role(admin, name=roles.READ_ONLY_ROLE, password=None)
            row = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if row.fetchone() is None:
                admin.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(name), sql.Identifier(str(owner["USER"]))
                    )
                )
        except psycopg.errors.InsufficientPrivilege as error:
            raise CommandError(
                f"{owner['USER']} may not create roles or databases. Let an administrator run:"
                f" CREATE ROLE {app['USER']} LOGIN PASSWORD '...';"
                f" CREATE ROLE {roles.READ_ONLY_ROLE} NOLOGIN;"
                f" CREATE DATABASE {name} OWNER {owner['USER']};"
            ) from error


def use_sample_database() -> None:
    """Point every connection of this process at the sample company's own database."""
    name = str(settings.DATABASES["default"]["NAME"]).removesuffix(SAMPLE_SUFFIX) + SAMPLE_SUFFIX
    settings.DATABASES["default"]["NAME"] = name
    connections["default"].settings_dict["NAME"] = name


def drop_database() -> None:
    """Drop the current database with whoever is connected to it."""
    connections.close_all()
    name = str(connections["default"].settings_dict["NAME"])
    with admin_connection() as admin:
        admin.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def provision() -> None:
    """Bring the current database up to date; may be run again.

    Roles, migrations, rights, and what a new organisation starts with: the default documents,
    provisional until somebody signs.
    """
    ensure_database()
    call_command("migrate", verbosity=0, interactive=False)
    for path in settings.INSTALL_SERVICES:
        import_string(path)(at=database_now())


def refresh_statistics(*, name: str = "") -> None:
    """Let the planner know what a bulk load changed, in database `name` or the current one.

    Until statistics exist a plan is a guess, and some guesses take longer than a page may. The
    application's role may not analyse, so the owner does.
    """
    database = name or str(connections["default"].settings_dict["NAME"])
    with admin_connection(database=database) as admin:
        admin.execute("ANALYZE")


def admin_connection(*, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
    """Connect to the server's maintenance database, or another, as who may create things."""
    address: dict[str, Any] = settings.DATABASE_ADMIN or owner_address()
    return psycopg.connect(
        dbname=database,
        host=address["HOST"] or None,
        port=address["PORT"] or None,
        user=address["USER"] or None,
        password=address["PASSWORD"] or None,
        autocommit=True,
    )


def owner_address() -> dict[str, Any]:
    """Return the owner's address, or the application's where no owner is configured."""
    address: dict[str, Any] = settings.DATABASE_OWNER or settings.DATABASES["default"]
    return address
