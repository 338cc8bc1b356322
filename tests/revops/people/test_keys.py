"""API keys: shown once, stored hashed, cached for seconds, revoked at once."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from revops.audit.models import AuditEntry
from revops.people import keys
from revops.people.models import ApiKey

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 3, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _cold_cache():
    keys.forget_keys()
    yield
    keys.forget_keys()


def make(**options):
    return keys.create_key(
        name="Website", scopes=["leads:write"], actor="user:1", at=NOON, **options
    )


def test_only_the_hash_of_a_key_is_stored():
    stored, token = make()

    row = ApiKey.objects.filter(pk=stored.pk).values().get()
    _, secret = keys.TOKEN.fullmatch(token).groups()
    assert secret not in str(row)
    assert len(secret) * 6 >= 128
    assert row["key_sha256"] == keys.sha256(token)


def test_two_keys_share_nothing():
    _, first = make()
    _, second = make()

    assert first.split("_")[2:] != second.split("_")[2:]


def test_a_key_is_found_from_the_cache_without_a_statement():
    _, token = make()
    keys.find_key(token)

    with CaptureQueriesContext(connection) as queries:
        found = keys.find_key(token)

    assert found is not None
    assert len(queries) == 0


def test_a_wrong_secret_behind_a_known_prefix_is_not_the_key():
    _, token = make()

    assert keys.find_key(token[:-1] + ("A" if token[-1] != "A" else "B")) is None


def test_a_revoked_key_is_refused_although_it_is_cached():
    stored, token = make()
    facts = keys.find_key(token)
    epoch = facts.epoch
    assert keys.confirm_key(token=token, facts=facts, epoch=epoch, at=NOON) is not None

    keys.revoke_key(key=stored, actor="user:1", at=NOON)

    assert keys.confirm_key(token=token, facts=facts, epoch=epoch + 1, at=NOON) is None
    assert AuditEntry.objects.get(act="revoke_key").actor == "user:1"


def test_a_key_ends_at_its_expiry():
    _, token = make(expires_at=NOON)
    facts = keys.find_key(token)

    assert facts.is_valid(at=NOON - timedelta(seconds=1))
    assert not facts.is_valid(at=NOON)


def test_a_key_never_shows_in_representations():
    _, token = make()
    facts = keys.find_key(token)

    assert facts.key_sha256 not in repr(facts)
    assert token not in repr(facts)


def test_an_unknown_scope_is_refused():
    with pytest.raises(keys.UnknownScopeError, match="everything"):
        keys.create_key(name="x", scopes=["everything"], actor="user:1", at=NOON)


def test_use_is_noted_once_a_minute():
    stored, _ = make()
    keys.note_use(key_id=stored.pk, at=NOON)

    keys.note_use(key_id=stored.pk, at=NOON + timedelta(seconds=30))

    assert ApiKey.objects.get().last_used_at == NOON


def test_the_command_prints_the_key_once():
    out = io.StringIO()

    call_command("api_key", "Website", "--scopes", "leads:write,leads:read", stdout=out)

    assert keys.find_key(out.getvalue().strip()).scopes == {"leads:write", "leads:read"}


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["Website"], id="no scopes"),
        pytest.param(["Website", "--scopes", "magic"], id="unknown scope"),
        pytest.param(["Website", "--scopes", "leads:read", "--expires", "soon"], id="no date"),
        pytest.param(["Website", "--scopes", "leads:read", "--expires", "2001-01-01"], id="past"),
        pytest.param(["Nobody", "--revoke"], id="nothing to revoke"),
    ],
)
def test_the_command_refuses(arguments):
    with pytest.raises(CommandError):
        call_command("api_key", *arguments, stdout=io.StringIO())


def test_the_command_revokes_by_name():
    stored, _ = make()

    call_command("api_key", "Website", "--revoke", stdout=io.StringIO())

    stored.refresh_from_db()
    assert stored.revoked_at is not None
