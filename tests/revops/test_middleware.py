"""Headers, request ids, session limits, logs."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from django.contrib.sessions.models import Session

from revops import housekeeping
from revops.database import database_now
from revops.people.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam():
    return User.objects.create_user(email="sam@example.com", name="Sam")


def test_content_security_policy_allows_only_our_own_scripts(client):
    policy = client.get("/health/live").headers["Content-Security-Policy"]

    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["script-src"] == "'self'"
    assert rules["default-src"] == "'self'"
    assert rules["style-src"] == "'self' 'unsafe-inline'"
    assert rules["frame-ancestors"] == rules["object-src"] == "'none'"


@pytest.mark.parametrize(
    ("given", "is_kept"), [("job-12345678", True), ("short", False), ("bad\nvalue1234", False)]
)
def test_sane_request_id_is_echoed_and_any_other_replaced(client, given, is_kept):
    answer = client.get("/health/live", headers={"X-Request-ID": given})

    assert (answer.headers["X-Request-ID"] == given) is is_kept
    assert len(answer.headers["X-Request-ID"]) >= 8


def test_login_ends_after_the_absolute_limit(client, sam, settings):
    client.force_login(sam)
    client.get("/health/live")
    session = client.session
    session["began"] = int(time.time()) - settings.SESSION_ABSOLUTE_AGE - 1
    session.save()

    client.get("/health/live")

    assert "_auth_user_id" not in client.session


def test_login_in_use_is_written_seldom(client, sam):
    client.force_login(sam)
    client.get("/health/live")
    first = client.session["seen"]

    client.get("/health/live")

    assert client.session["seen"] == first
    assert "_auth_user_id" in client.session


def test_session_cookie_is_closed_to_scripts_and_other_sites(client, sam, settings):
    client.force_login(sam)
    client.get("/health/live")

    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 8 * 3600


def test_housekeeping_deletes_ended_sessions_only(client, sam):
    client.force_login(sam)
    at = database_now()
    Session.objects.create(session_key="old", session_data="", expire_date=at.replace(year=2020))

    count = housekeeping.forget_expired(at=at)

    assert count == 1
    assert Session.objects.count() == 1


def test_log_lines_are_json_without_local_variables():
    code = """
import logging, logging.config
from revops import logs
logging.config.dictConfig(logs.configuration(level="INFO", as_json=True))
def fail():
    secret = "hunter" + "2"
    raise ValueError("broken")
try:
    fail()
except ValueError:
    logging.getLogger("accord").exception("It %s", "failed")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    line = json.loads(done.stderr)
    assert (line["event"], line["level"], line["logger"]) == ("It failed", "error", "accord")
    assert line["exception"][0]["exc_value"] == "broken"
    assert "hunter2" not in done.stderr
