"""Print the address of the local PostgreSQL for production tests, or why they are left out."""

import getpass
import os
import sys

import psycopg
import redis


def main() -> str:
    """Return an address that may create databases, or one line that says what is missing."""
    address = os.environ.get("PRODUCTION_TEST_URL") or (
        f"postgresql://{getpass.getuser()}@127.0.0.1:5432/postgres"
    )
    try:
        with psycopg.connect(address, connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.OperationalError as error:
        return f"Left out: no PostgreSQL at 127.0.0.1:5432 ({str(error).splitlines()[0]})"
    if row is None or not row[0]:
        return "Left out: the PostgreSQL at 127.0.0.1:5432 does not let us create databases"
    try:
        redis.Redis(host="127.0.0.1", port=6379, socket_connect_timeout=3).ping()
    except redis.RedisError:
        return "Left out: no Redis at 127.0.0.1:6379"
    return address


sys.stdout.write(main() + "\n")
