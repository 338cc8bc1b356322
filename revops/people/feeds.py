"""The secret address of a person's calendar feed: made, renewed, revoked and recognised."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final

from django.db import transaction

from revops.audit.models import AuditEntry
from revops.people.keys import sha256
from revops.people.models import FeedToken, User

if TYPE_CHECKING:
    from datetime import datetime

TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@transaction.atomic
def renew_feed(*, user: User, at: datetime) -> str:
    """Return a new secret for the user's feed, the only time it is known; an older one ends.

    It has 256 random bits, so a fast hash is enough to store.
    """
    token = secrets.token_urlsafe(32)
    FeedToken.objects.update_or_create(
        user=user, defaults={"token_sha256": sha256(token), "created_at": at}
    )
    _journal("renew_feed", user, at=at)
    return token


@transaction.atomic
def revoke_feed(*, user: User, at: datetime) -> None:
    """End the user's feed at once; nothing happens where there is none."""
    deleted, _ = FeedToken.objects.filter(user=user).delete()
    if deleted:
        _journal("revoke_feed", user, at=at)


def feed_reader(token: str) -> User | None:
    """Return whose feed a secret opens; None for a wrong one and for who may not log in."""
    if not TOKEN.fullmatch(token):
        return None
    found = FeedToken.objects.filter(token_sha256=sha256(token), user__is_active=True)
    held = found.select_related("user__rep").first()
    return held.user if held is not None else None


def _journal(act: str, user: User, *, at: datetime) -> None:
    AuditEntry.objects.create(
        at=at, actor=f"user:{user.pk}", act=act, subject=f"user:{user.pk}", details={}
    )
