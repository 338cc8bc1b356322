#!/usr/bin/env python
"""Run a management command; without DATABASE_URL the embedded PostgreSQL runs meanwhile.

With --sample, anywhere in the line, the command works on the sample company's database.
"""

import os
import sys

import django
from django.core.management import execute_from_command_line
from django.db import ProgrammingError
from psycopg.errors import UndefinedTable

# These serve pages, whose statements have the short limit.
SERVING = {"serve", "demo", "runserver"}


def main() -> None:
    """Set the environment, then hand over to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revops.settings")
    command = next((word for word in sys.argv[1:] if word != "--sample"), "help")
    if command not in SERVING:
        os.environ.setdefault("STATEMENT_TIMEOUT_SECONDS", "600")

    django.setup()
    from revops import local  # noqa: PLC0415 (needs loaded apps)

    arguments = [argument for argument in sys.argv if argument != "--sample"]
    if len(arguments) < len(sys.argv):
        local.use_sample_database()
    try:
        with local.database_for(command):
            execute_from_command_line(arguments)
    except ProgrammingError as error:
        if isinstance(error.__cause__, UndefinedTable):
            sys.exit("This database has no tables yet: run manage.py provision first.")
        raise


if __name__ == "__main__":
    main()
