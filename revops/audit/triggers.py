"""Check that the database still refuses changes to append-only rows."""

from __future__ import annotations

from django.apps import apps
from django.db import connection

from revops.audit.models import AppendOnlyModel

SUFFIXES = ("_append_only", "_no_truncate")
# What pg_trigger says of a trigger that fires whatever the session's replication role is.
ENABLED_ALWAYS = "A"


def append_only_tables() -> list[str]:
    """Return the tables of all concrete append-only models, sorted."""
    return sorted(
        model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnlyModel)
    )


def verify_triggers() -> list[str]:
    """Return one sentence per append-only table whose triggers are missing or weakened."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname, t.tgenabled, p.proname FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE NOT t.tgisinternal"
        )
        found = {(table, name): (state, does) for table, name, state, does in cursor.fetchall()}
    findings = []
    for table in append_only_tables():
        for suffix in SUFFIXES:
            state, does = found.get((table, table + suffix), ("", ""))
            if does != "audit_refuse_change":
                findings.append(f"{table}: trigger {table}{suffix} is missing")
            elif state != ENABLED_ALWAYS:
                findings.append(f"{table}: trigger {table}{suffix} is not ENABLE ALWAYS")
    return findings
