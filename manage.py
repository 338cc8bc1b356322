#!/usr/bin/env python
"""Run a management command; without DATABASE_URL the embedded PostgreSQL runs meanwhile."""

import os
import sys

import django
from django.core.management import execute_from_command_line

# These serve pages, whose statements have the short limit.
SERVING = {"serve", "demo", "runserver"}


def main() -> None:
    """Set the environment, then hand over to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revops.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command not in SERVING:
        os.environ.setdefault("STATEMENT_TIMEOUT_SECONDS", "600")

    django.setup()
    from revops.local import database_for  # noqa: PLC0415 (needs loaded apps)

    with database_for(command):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
