"""Typed readers of the environment: what cannot be parsed stops the start."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from revops import env

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("true", True), ("Yes", True), (" on ", True), ("0", False), ("", False)],
)
def test_flag_reads_words_for_yes_and_no(monkeypatch, value, expected):
    monkeypatch.setenv("DEBUG", value)

    assert env.flag("DEBUG", default=not expected) is expected


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        pytest.param("DEBUG", "maybe", lambda: env.flag("DEBUG", default=False), id="flag"),
        pytest.param("PORT", "80a", lambda: env.whole("PORT", default=1), id="whole number"),
        pytest.param(
            "LOG_LEVEL",
            "LOUD",
            lambda: env.choice("LOG_LEVEL", options=("INFO",), default="INFO"),
            id="choice",
        ),
        pytest.param(
            "DATABASE_URL",
            "mysql://h/d",
            lambda: env.database("DATABASE_URL"),
            id="not PostgreSQL",
        ),
        pytest.param(
            "DATABASE_URL", "postgresql://h", lambda: env.database("DATABASE_URL"), id="no name"
        ),
        pytest.param("EMAIL_URL", "http://h", lambda: env.mail("EMAIL_URL"), id="not mail"),
        pytest.param("EMAIL_URL", "smtp://", lambda: env.mail("EMAIL_URL"), id="no mail host"),
    ],
)
def test_value_that_cannot_be_parsed_is_refused_by_name(monkeypatch, name, value, read):
    monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=name):
        read()


def test_bad_value_stops_the_start():
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=os.environ | {"LOG_LEVEL": "LOUD"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "LOG_LEVEL must be one of" in done.stderr


def test_database_address_is_taken_apart(monkeypatch):
    monkeypatch.setenv(
        "DATABASE_URL", "postgresql://app:p%40ss@db.example:6432/accord?sslmode=require"
    )

    address = env.database("DATABASE_URL")

    assert address == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "accord",
        "USER": "app",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }


def test_connections_start_with_limits_and_the_address_wins():
    options = env.connection_options(
        statement_seconds=15, given={"connect_timeout": 9, "options": "-c search_path=other"}
    )

    assert "-c statement_timeout=15s" in options["options"]
    assert "-c lock_timeout=5s" in options["options"]
    assert "-c idle_in_transaction_session_timeout=30s" in options["options"]
    assert options["options"].endswith("-c search_path=other")
    assert options["connect_timeout"] == 9


@pytest.mark.parametrize(
    ("value", "port", "ssl", "tls"),
    [
        ("smtp://user:word@mail.example:2525", 2525, False, True),
        ("smtp://mail.example?tls=false", 587, False, False),
        ("smtps://mail.example", 465, True, False),
    ],
)
def test_mail_address_is_taken_apart(monkeypatch, value, port, ssl, tls):
    monkeypatch.setenv("EMAIL_URL", value)

    mail = env.mail("EMAIL_URL")

    assert (mail["EMAIL_PORT"], mail["EMAIL_USE_SSL"], mail["EMAIL_USE_TLS"]) == (port, ssl, tls)


def test_secret_is_made_once_and_closed_to_others(tmp_path):
    path = tmp_path / "folder" / "secret"
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: env.secret_file(path), range(32)))

    assert len(secrets) == 1
    assert len(secrets.pop()) >= 48
    assert path.stat().st_mode & 0o077 == 0
    assert [entry.name for entry in path.parent.iterdir()] == ["secret"]
