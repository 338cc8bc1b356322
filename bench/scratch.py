"""A database of its own for measurements: made, migrated, dropped; never one with real leads."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from revops.local import admin_connection, drop_database, owner_address

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def scratch_database() -> Iterator[str]:
    """Point Django at a new, migrated database for the length of the block, then drop it."""
    addresses = [settings.DATABASES["default"], connections["default"].settings_dict]
    if settings.DATABASE_OWNER:
        addresses.append(settings.DATABASE_OWNER)
    held = [address["NAME"] for address in addresses]
    name = f"accord_bench_{os.getpid()}"
    with admin_connection() as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(str(owner_address()["USER"]))
            )
        )
    connections.close_all()
    for address in addresses:
        address["NAME"] = name
    try:
        call_command("migrate", verbosity=0, interactive=False)
        yield name
    finally:
        drop_database()
        for address, real in zip(addresses, held, strict=True):
            address["NAME"] = real
