"""What the product refuses to be served with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import override_settings

from revops import guards, roles

ROOT = Path(__file__).resolve().parents[2]
SAFE = {
    "DEBUG": False,
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": ["accord.example"],
    "IS_EMBEDDED": False,
    "REDIS_URL": "redis://redis",
}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"DEBUG": True}, "DEBUG must be off."),
        ({"SECRET_KEY": "development-only"}, "SECRET_KEY must be set."),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must have at least 32 characters."),
        ({"ALLOWED_HOSTS": ["*"]}, "a wildcard is refused"),
        ({"ALLOWED_HOSTS": [".example.com"]}, "a wildcard is refused"),
        ({"IS_EMBEDDED": True}, "set DATABASE_URL beside REDIS_URL"),
        (
            {"IS_EMBEDDED": True, "REDIS_URL": "", "ALLOWED_HOSTS": ["a.example", "b.example"]},
            "set DATABASE_URL for several",
        ),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_unsafe_settings_refuse_the_start(change, sentence):
    with override_settings(**SAFE | change), pytest.raises(ImproperlyConfigured) as refusal:
        guards.refuse_unsafe_start()

    assert sentence in str(refusal.value)


@pytest.mark.django_db(transaction=True)
def test_safe_settings_start():
    with override_settings(**SAFE):
        guards.refuse_unsafe_start()


def test_development_on_the_own_machine_starts():
    with override_settings(DEBUG=True, ALLOWED_HOSTS=["localhost"], SECRET_KEY="x"):
        guards.refuse_unsafe_start()


@pytest.mark.django_db(transaction=True)
def test_owner_of_the_tables_is_refused_as_the_application():
    refused = pytest.raises(ImproperlyConfigured, match="must not use the tables' owner")
    with override_settings(**SAFE), roles.as_owner(), refused:
        guards.refuse_unsafe_start()


@pytest.mark.django_db(transaction=True)
def test_superuser_is_refused_as_the_application(django_db_setup):
    server = django_db_setup.server
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(USER=server["USER"], PASSWORD=server["PASSWORD"])

    with override_settings(**SAFE), pytest.raises(ImproperlyConfigured, match="superuser"):
        guards.refuse_unsafe_start()

    connection.close()
    connection.settings_dict.update(before)


def test_wsgi_process_stops_with_the_reason():
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/accord",
        "ALLOWED_HOSTS": "*",
        "SECRET_KEY": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", "import revops.wsgi"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "Refusing to start. SECRET_KEY must be set. ALLOWED_HOSTS" in done.stderr


def test_deployment_check_is_clean_with_production_settings():
    environment = {
        **os.environ,
        "DJANGO_ALLOW_ASYNC_UNSAFE": "",  # browser tests of the same process set it
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/accord",
        "ALLOWED_HOSTS": "accord.example",
        "BASE_URL": "https://accord.example",
        "SECRET_KEY": "q8Zt-3mXvR7_yL0sWcP2bK9nHdF5gJ1aUeT6oIxMqYzC4rNwVp",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
