"""API keys: made once, stored as a hash, cached for seconds and revoked at once.

A key has at least 256 random bits, so a fast hash is enough. The cache of a process is trusted
for 30 seconds and only while the revocation epoch, which every request reads with its first
statement, is the one the entry was read under.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction
from django.db.models import F

from revops.audit.models import AuditEntry
from revops.people.models import ApiKey, RevocationEpoch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from revops.people.models import User

TOKEN: Final = re.compile(r"sla_live_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
CACHE_SECONDS: Final = 30
NOTE_SECONDS: Final = 60

SCOPES: Final = {
    "leads:read": "Read leads, their timelines and their deals",
    "leads:write": "Create leads, update them before the handoff, record marketing acts",
    "leads:assign": "Assign and reassign leads",
    "activities:write": "Record sales attempts",
    "dispositions:write": "Accept, reject, recycle and disqualify leads",
    "stages:write": "Move leads to SQL and opportunity, write and close deals",
    "metrics:read": "Read metrics, definitions, reasons, clocks and breaches",
}
"""What a key may be allowed, with the sentence shown beside it."""


class UnknownScopeError(Exception):
    """A scope that does not exist; the message names it."""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What a request needs to know of its key.

    Attributes:
        epoch: The revocation epoch the row was read under.
        read_at: The process's monotonic clock when it was read, in seconds.
    """

    id: int
    name: str
    key_sha256: str = field(repr=False)
    scopes: frozenset[str]
    expires_at: datetime | None
    revoked_at: datetime | None
    epoch: int
    read_at: float

    @property
    def actor(self) -> str:
        """How the key is named in facts."""
        return f"key:{self.id}"

    def is_valid(self, *, at: datetime) -> bool:
        """Whether the key is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


_cache: dict[str, KeyFacts] = {}
_noted: dict[int, float] = {}


def sha256(token: str) -> str:
    """Return the hash under which a key is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def create_key(
    *,
    name: str,
    scopes: Sequence[str],
    actor: str,
    at: datetime,
    expires_at: datetime | None = None,
    by: User | None = None,
) -> tuple[ApiKey, str]:
    """Store a new key.

    Returns:
        The stored row, and the key itself: this is the only time it is known.

    Raises:
        UnknownScopeError: A scope does not exist.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise UnknownScopeError(f"There is no scope called {', '.join(unknown)}.")
    prefix = secrets.token_hex(8)
    token = f"sla_live_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        key_sha256=sha256(token),
        scopes=sorted(set(scopes)),
        created_at=at,
        created_by=by,
        expires_at=expires_at,
    )
    AuditEntry.objects.create(
        at=at,
        actor=actor,
        act="create_key",
        subject=f"key:{key.pk}",
        details={"scopes": key.scopes},
    )
    return key, token


@transaction.atomic
def revoke_key(*, key: ApiKey, actor: str, at: datetime) -> ApiKey:
    """End `key`; every process refuses it at its next request."""
    key = ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
        bump_epoch()
        AuditEntry.objects.create(at=at, actor=actor, act="revoke_key", subject=f"key:{key.pk}")
    return key


def bump_epoch() -> None:
    """Make every process forget what it cached about keys and rights."""
    RevocationEpoch.objects.get_or_create(pk=1)
    RevocationEpoch.objects.filter(pk=1).update(number=F("number") + 1)


def find_key(token: str) -> KeyFacts | None:
    """Return the key `token` is, from the cache or the database; None if there is none.

    Whether it is still valid is for the caller to ask, with the epoch and the instant in hand.
    """
    match = TOKEN.fullmatch(token)
    if match is None:
        return None
    prefix = match[1]
    facts = _cache.get(prefix)
    if facts is None or time.monotonic() - facts.read_at > CACHE_SECONDS:
        facts = _read(prefix)
    if facts is None or not hmac.compare_digest(facts.key_sha256, sha256(token)):
        return None
    return facts


def confirm_key(*, token: str, facts: KeyFacts, epoch: int, at: datetime) -> KeyFacts | None:
    """Return the key as it is now, or None if it may not be used (any more).

    Args:
        token: The key as it was sent.
        facts: What `find_key` said.
        epoch: The revocation epoch the database has now.
        at: The instant of the request.
    """
    if facts.epoch != epoch:
        _cache.clear()
        found = find_key(token)
        if found is None:
            return None
        facts = found
    return facts if facts.is_valid(at=at) else None


def forget_keys() -> None:
    """Empty the cache of this process."""
    _cache.clear()
    _noted.clear()


def _read(prefix: str) -> KeyFacts | None:
    """Read a key and the epoch in one statement, so that neither is older than the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.id, k.name, k.key_sha256, k.scopes, k.expires_at, k.revoked_at,"
            " coalesce((SELECT number FROM people_revocationepoch WHERE id = 1), 0)"
            " FROM people_apikey k WHERE k.prefix = %s",
            [prefix],
        )
        row = cursor.fetchone()
    if row is None:
        _cache.pop(prefix, None)
        return None
    pk, name, key_sha256, scopes, expires_at, revoked_at, epoch = row
    facts = KeyFacts(
        id=pk,
        name=name,
        key_sha256=key_sha256,
        scopes=frozenset(scopes),
        expires_at=expires_at,
        revoked_at=revoked_at,
        epoch=epoch,
        read_at=time.monotonic(),
    )
    _cache[prefix] = facts
    return facts


def note_use(*, key_id: int, at: datetime) -> None:
    """Remember that the key was used; a process writes it at most once a minute."""
    last = _noted.get(key_id)
    if last is not None and time.monotonic() - last < NOTE_SECONDS:
        return
    _noted[key_id] = time.monotonic()
    ApiKey.objects.filter(pk=key_id).update(last_used_at=at)
