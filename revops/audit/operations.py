"""Migration operations of the append-only tables."""

from django.db.migrations import RunSQL

FUNCTION = """
CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are append-only', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""


def refuse_function() -> RunSQL:
    """Create the trigger function all append-only tables share."""
    return RunSQL(FUNCTION, "DROP FUNCTION IF EXISTS audit_refuse_change()")


def protect(table: str) -> RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE on `table`, whatever the session's replication role."""
    return RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only;
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;
        """,
        f"""
        DROP TRIGGER IF EXISTS {table}_append_only ON {table};
        DROP TRIGGER IF EXISTS {table}_no_truncate ON {table};
        """,
    )
