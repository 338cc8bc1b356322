"""Failed logins are counted and locked, per account and per address."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import authenticate, login
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.test import RequestFactory
from django.utils import timezone

from revops.logins import ADDRESS_LIMIT
from revops.people.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam():
    return User.objects.create_user(email="sam@example.com", name="Sam", password="right")


def attempt(name="sam@example.com", *, password="wrong", address="192.0.2.1"):
    request = RequestFactory().post("/login/", REMOTE_ADDR=address)
    return authenticate(request, username=name, password=password)


def test_right_password_logs_in(sam):
    assert attempt(password="right") == sam


def test_account_is_closed_to_the_address_after_five_bad_logins(sam):
    for _ in range(5):
        attempt()

    assert attempt(password="right") is None
    assert attempt(password="right", address="192.0.2.2") == sam


def test_good_login_forgets_the_bad_ones(sam):
    for _ in range(4):
        attempt()
    request = RequestFactory().post("/login/", REMOTE_ADDR="192.0.2.1")
    request.session = SessionStore()
    login(request, authenticate(request, username=sam.email, password="right"))
    attempt()

    assert attempt(password="right") == sam


def test_address_that_tries_many_accounts_is_closed(sam):
    for number in range(ADDRESS_LIMIT):
        attempt(f"guess{number}@example.com")

    assert attempt(password="right") is None
    assert attempt(password="right", address="192.0.2.2") == sam


def test_lock_ends_after_a_quarter_of_an_hour(sam):
    for _ in range(5):
        attempt()
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

    assert attempt(password="right") == sam


def test_lock_is_opened_by_command(sam):
    for _ in range(5):
        attempt()

    call_command("axes_reset_username", "sam@example.com", verbosity=0)

    assert attempt(password="right") == sam


def test_password_is_not_kept_with_the_attempt(sam):
    attempt(password="hunter2")

    assert "hunter2" not in str(AccessAttempt.objects.values())
