"""The test databases: a migrated template, cloned per process, reached as the app's role.

The tables belong to an owner role and the tests connect as the application does, so that what
the database refuses in production it refuses here. The template is kept between runs under a
name that carries a hash of all migrations; a run costs one clone.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import socket
import sys
import time
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction
from django.db.utils import ConnectionHandler
from psycopg import sql

from revops import embedded, roles

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER = "accord_test_owner"
APP = "accord_test_app"
PASSWORD = "only for tests"
TEMPLATE_PREFIX = "accord_test_template_"
RUN_PREFIX = "accord_test_run_"
BUILD_LOCK = 7_301_904
KEEP_SECONDS = 6 * 3600


class TestDatabase:
    """One process's database; `renew` throws it away and clones the template again."""

    __test__ = False

    def __init__(self, *, server: dict[str, object], name: str):
        self.server = dict(server)  # the address changes when Django is pointed elsewhere
        self.name = name
        self.template = ""
        self.wrappers = {"": connections["default"]}

    def prepare(self) -> None:
        """Make sure that the template exists, clone it, and point Django at the clone."""
        with self.admin() as admin:
            roles.ensure_role(admin, name=OWNER, password=PASSWORD)
            roles.ensure_role(admin, name=APP, password=PASSWORD)
            roles.ensure_role(admin, name=roles.READ_ONLY_ROLE, password=None)
            self.template = TEMPLATE_PREFIX + fingerprint(version=admin.info.server_version)
            admin.execute("SELECT pg_advisory_lock(%s)", [BUILD_LOCK])
            drop_stale(admin, keep=self.template)
            if not exists(admin, name=self.template):
                self.build(admin)
            admin.execute("SELECT pg_advisory_unlock(%s)", [BUILD_LOCK])
            self.clone(admin)
        point_django_at(self.server, name=self.name, user=APP)

    def build(self, admin: psycopg.Connection) -> None:
        """Migrate a database as the owner, grant the application its rights, keep it."""
        building = f"{self.template}_building"
        drop(admin, name=building)
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(
                sql.Identifier(building), sql.Identifier(OWNER)
            )
        )
        point_django_at(self.server, name=building, user=APP)
        call_command("migrate", verbosity=0, interactive=False)  # as the owner, then it grants
        connections.close_all()
        admin.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(building), sql.Identifier(self.template)
            )
        )
        remember(admin, name=self.template)

    def clone(self, admin: psycopg.Connection, *, name: str = "") -> None:
        """Copy the template to this process's name, or to another one."""
        name = name or self.name
        drop(admin, name=name)
        for attempt in range(50):
            try:
                admin.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                        *map(sql.Identifier, (name, OWNER, self.template))
                    )
                )
                break
            except psycopg.errors.ObjectInUse:  # another process is cloning right now
                if attempt == 49:
                    raise
                time.sleep(0.2)
        remember(admin, name=name)

    def renew(self) -> None:
        """Forget what a transactional test committed."""
        connections.close_all()
        with self.admin() as admin:
            self.clone(admin)

    @contextmanager
    def aside(self, part: str) -> Iterator[None]:
        """Clone the template once more, beside this process's, and commit there what is done."""
        with self.admin() as admin:
            self.clone(admin, name=self.beside(part))
        self.wrappers[part] = ConnectionHandler(connections.settings)["default"]
        self.enter(part)
        with transaction.atomic():
            yield

    def enter(self, part: str) -> None:
        """Lead Django to the database called `part`, or "" for this one; both stay connected."""
        for held in (settings.DATABASES["default"], settings.DATABASE_OWNER):
            held["NAME"] = self.beside(part)
        connections["default"] = self.wrappers[part]

    def beside(self, part: str) -> str:
        """Return the full name of a database beside this one."""
        return f"{self.name}_{part}" if part else self.name

    def close(self) -> None:
        """Drop this process's databases."""
        for wrapper in self.wrappers.values():
            wrapper.close()
        with self.admin() as admin:
            for part in self.wrappers:
                drop(admin, name=self.beside(part))

    def admin(self, *, name: str = "postgres") -> psycopg.Connection:
        """Connect to database `name` as the role that may create databases."""
        return psycopg.connect(**parameters(self.server, name=name), autocommit=True)


def parameters(server: dict[str, object], *, name: str) -> dict[str, object]:
    """Return psycopg's words for Django's."""
    return {
        "dbname": name,
        "host": server["HOST"] or None,
        "port": server["PORT"] or None,
        "user": server["USER"] or None,
        "password": server["PASSWORD"] or None,
    }


def point_django_at(server: dict[str, object], *, name: str, user: str) -> None:
    """Make Django's default connection lead to database `name` as `user`."""
    connections.close_all()
    for target in (settings.DATABASES["default"], connections["default"].settings_dict):
        target |= {
            "NAME": name, "USER": user, "PASSWORD": PASSWORD,
            "HOST": server["HOST"], "PORT": server["PORT"],
        }  # fmt: skip
    settings.DATABASE_ADMIN = server
    settings.DATABASE_OWNER = settings.DATABASES["default"] | {"USER": OWNER}


def fingerprint(*, version: int) -> str:
    """Return a hash that changes with any migration, with the grants and with the server."""
    digest = hashlib.sha256(f"{version} {settings.INSTALLED_APPS}".encode())
    for config in apps.get_app_configs():
        folder = Path(config.path) / "migrations"
        for path in sorted(folder.glob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    for module in ("revops.roles", "revops.audit.operations", "revops.audit.models"):
        digest.update(inspect.getsource(import_module(module)).encode())
    return digest.hexdigest()[:12]


def exists(admin: psycopg.Connection, *, name: str) -> bool:
    """Return whether the server has database `name`."""
    return bool(admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone())


def drop(admin: psycopg.Connection, *, name: str) -> None:
    """Drop database `name` with whoever is connected to it."""
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def remember(admin: psycopg.Connection, *, name: str) -> None:
    """Note who made the database and when, so that a later run can drop it."""
    note = json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "made": time.time()})
    admin.execute(
        sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(note))
    )


def drop_stale(admin: psycopg.Connection, *, keep: str) -> None:
    """Drop old templates, and databases of runs that were killed."""
    rows = admin.execute(
        "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database"
        " WHERE starts_with(datname, %s) OR starts_with(datname, %s)",
        [TEMPLATE_PREFIX, RUN_PREFIX],
    ).fetchall()
    for name, note in rows:
        made = json.loads(note or "{}")
        is_old = time.time() - made.get("made", 0) > KEEP_SECONDS
        is_orphan = name.startswith(RUN_PREFIX) and was_killed(made)
        if name != keep and note and (is_old or is_orphan):
            drop(admin, name=name)


def was_killed(made: dict[str, object]) -> bool:
    """Return whether the process that made a database on this machine is gone."""
    if made.get("host") != socket.gethostname():
        return False
    try:
        os.kill(int(made["pid"]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@contextmanager
def test_server():
    """Yield the address of the server that tests use, with rights to create databases."""
    given = getattr(settings, "DATABASE_OWNER", None) or settings.DATABASES["default"]
    if not settings.IS_EMBEDDED:
        yield given
        return
    place = embedded.place(Path(settings.DATA_DIR) / "tests")
    with embedded.running(place, is_durable=False, notice=sys.stderr.write) as server:
        yield server.address(user=embedded.ADMIN, database="postgres")


test_server.__test__ = False


@contextmanager
def run_database(*, worker: str):
    """Yield this process's database, and drop it at the end."""
    with test_server() as server:
        database = TestDatabase(server=server, name=f"{RUN_PREFIX}{os.getpid()}_{worker}")
        database.prepare()
        try:
            yield database
        finally:
            database.close()
