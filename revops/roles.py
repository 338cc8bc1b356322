"""The database's roles and what each may do to which table.

The owner migrates. The application reads and writes rows, and only inserts into tables that
are append-only. The read-only role is for reports; it sees no credential. Roles belong to the
server and not to a database, which is why this is no migration.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from django.apps import apps
from django.conf import settings
from django.db import connection, connections
from psycopg import sql
from simple_history.models import HistoricalChanges

from revops.audit.triggers import append_only_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

READ_ONLY_ROLE = "accord_ro"

# Credentials and what can be turned into one.
SECRET_TABLES = frozenset(
    {
        "django_session",
        "people_user",
        "people_apikey",
        "people_feedtoken",
        "outbox_endpoint",
        "dashboards_sharelink",
        "axes_accessattempt",
        "axes_accessattemptexpiration",
        "axes_accessfailurelog",
        "axes_accesslog",
    }
)
# Written by the owner alone.
OWNER_TABLES = frozenset({"django_migrations"})


def insert_only_tables() -> frozenset[str]:
    """Return the tables the application may only read and insert into.

    They are the append-only ones and the history of edited records.
    """
    histories = {
        model._meta.db_table for model in apps.get_models() if issubclass(model, HistoricalChanges)
    }
    return frozenset({*append_only_tables(), *histories})


def ensure_role(admin: psycopg.Connection, *, name: str, password: str | None) -> None:
    """Create the role, or give it `password`; a role without one cannot log in.

    Raises:
        psycopg.errors.InsufficientPrivilege: `admin` may not create roles.
    """
    words = [sql.SQL("LOGIN PASSWORD {}").format(sql.Literal(password))] if password else []
    row = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    if row is not None:
        return
    try:
        with admin.transaction():
            admin.execute(
                sql.SQL("CREATE ROLE {} NOSUPERUSER NOCREATEDB NOCREATEROLE {}").format(
                    sql.Identifier(name), sql.SQL(" ").join(words)
                )
            )
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return  # another process was faster


def grant(*, app_role: str) -> None:
    """Give `app_role` and the read-only role exactly their rights on the current database.

    Runs on Django's default connection, which must be the owner's. Running it again changes
    nothing; it is run after every migration.
    """
    insert_only = insert_only_tables()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        (database,) = cursor.fetchone()
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall()]
    words = {
        "database": sql.Identifier(database),
        "app": sql.Identifier(app_role),
        "ro": sql.Identifier(READ_ONLY_ROLE),
    }
    statements = [
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {app}",
        "GRANT CONNECT ON DATABASE {database} TO {ro}",
        "GRANT USAGE ON SCHEMA public TO {app}, {ro}",
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {app}, {ro}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}",
    ]
    composed = [sql.SQL(statement).format(**words) for statement in statements]
    for table in tables:
        rights = app_rights(table=table, insert_only=insert_only)
        composed.append(
            sql.SQL("GRANT {} ON {} TO {}").format(
                sql.SQL(rights), sql.Identifier(table), words["app"]
            )
        )
        if table not in SECRET_TABLES:
            composed.append(
                sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(table), words["ro"])
            )
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("; ").join(composed).as_string(cursor.connection))


def app_rights(*, table: str, insert_only: frozenset[str]) -> str:
    """Return the application's rights on `table` as SQL."""
    if table in OWNER_TABLES:
        return "SELECT"
    if table in insert_only:
        return "SELECT, INSERT"
    return "SELECT, INSERT, UPDATE, DELETE"


@contextmanager
def as_owner() -> Iterator[None]:
    """Let the default connection act as the owner; for commands, before any thread exists.

    Without an owner of its own the application's address is used: a development database.
    """
    owner = settings.DATABASE_OWNER
    target = connections["default"].settings_dict
    names = ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
    before = {name: target[name] for name in names}
    connections["default"].close()
    if owner is not None:
        target.update({name: owner[name] for name in names})
    try:
        yield
    finally:
        connections["default"].close()
        target.update(before)
