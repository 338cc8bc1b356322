"""The database's clock: the only source of "now" outside tests."""

from datetime import UTC, datetime

from django.db import connection


def database_now() -> datetime:
    """Return the instant the database reads; aware, UTC, to the microsecond."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
    return at.astimezone(UTC)
