"""What all tests share: the database, no network, quick passwords, the browser."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from django.db import connections
from django.test import TransactionTestCase, override_settings
from hypothesis import HealthCheck, settings
from psycopg import sql

from tests.database import APP, run_database
from tests.standing import Grounds, chain_of, forget, is_transactional

# How long an example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("deep", parent=settings.get_profile("untimed"))
settings.load_profile("untimed")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, request):
    """Clone the migrated template for this process and connect as the application's role."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    patch = pytest.MonkeyPatch()
    with django_db_blocker.unblock(), run_database(worker=worker) as database:
        # A flush is a TRUNCATE, which append-only tables refuse; a fresh clone forgets as well.
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: database.renew())
        with django_db_blocker.block():
            yield database
        patch.undo()


@pytest.fixture(scope="session")
def _grounds(django_db_setup):
    """The databases of this process in which standing fixtures stand."""
    return Grounds(django_db_setup)


@pytest.fixture
def _ground(request, _grounds, django_db_blocker):
    """Lead Django to the database in which the test's standing fixtures stand."""
    chain = () if is_transactional(request.node) else chain_of(request.node)
    with django_db_blocker.unblock():
        _grounds.enter(chain)
        forget()
        with django_db_blocker.block():
            yield
        _grounds.enter(())  # a module's fixtures may come next


@pytest.fixture
def _django_db_helper(_ground, _django_db_helper):
    """Choose the database before the test's transaction begins in it."""


@pytest.fixture
def run_ahead(transactional_db, django_db_setup):
    """Let the database's clock, which everything asks, run ahead of the machine's.

    A function of the same name stands before the real one in the application's search path; it
    goes with the database at the end of the test.
    """
    database = django_db_setup

    def ahead(span):
        with database.admin(name=database.name) as admin:
            names = {"app": sql.Identifier(APP), "database": sql.Identifier(database.name)}
            admin.execute("CREATE SCHEMA IF NOT EXISTS ahead")
            admin.execute(
                sql.SQL(
                    "CREATE OR REPLACE FUNCTION ahead.clock_timestamp() RETURNS timestamptz"
                    " LANGUAGE sql VOLATILE AS"
                    " $$ SELECT pg_catalog.clock_timestamp() + make_interval(secs => {}) $$"
                ).format(sql.Literal(span.total_seconds()))
            )
            path = "SET search_path = ahead, pg_catalog, public"
            for statement in (
                "GRANT USAGE ON SCHEMA ahead TO {app}",
                f"ALTER ROLE {{app}} IN DATABASE {{database}} {path}",
            ):
                admin.execute(sql.SQL(statement).format(**names))
            # Connections the server keeps were opened with the old path.
            connections.close_all()
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    return ahead


@pytest.fixture(scope="session", autouse=True)
def quick_settings():
    """Hash passwords cheaply, serve static files without collecting them, keep no uploads."""
    static = "django.contrib.staticfiles.storage.StaticFilesStorage"
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "staticfiles": {"BACKEND": static},
        },
        WHITENOISE_AUTOREFRESH=True,
        SECURE_SSL_REDIRECT=False,
    ):
        yield


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data beside the repository."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no ../shared/data beside the repository")
    return SHARED_DATA


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Use the system's Chromium; a test that needs it is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    # Root has no sandbox, and small containers have a small /dev/shm.
    flags = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": flags}


@pytest.fixture(autouse=True)
def _allow_queries_beside_a_browser(request, monkeypatch):
    """Playwright runs an event loop in the test's thread, where Django refuses to query."""
    if "page" in request.fixturenames or "browser" in request.fixturenames:
        monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_collection_modifyitems(items):
    """Skip browser tests where there is no browser, and say so once in the summary."""
    if CHROMIUM is None:
        reason = pytest.mark.skip(reason="no Chromium: browser tests are left out")
        for item in items:
            if item.get_closest_marker("e2e"):
                item.add_marker(reason)
