"""What the pages of the SLA change: share links, and the post to Slack."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from dashboards.choices import SharedPage
from dashboards.models import ShareLink
from definitions.choices import DocumentKind
from definitions.selectors import NoVersionError, version_in_use
from revops.audit.services import record
from revops.outbox.choices import Channel
from revops.outbox.models import Message

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from revops.people.models import User

SHARED_DAYS: Final = (7, 30, 90)
"""For how long a link may be open; what is shared for ever is forgotten."""
MOST_LINKS: Final = 50
SEEN_AGAIN: Final = timedelta(minutes=10)
LONGEST_TOKEN: Final = 100


class ShareRefusedError(Exception):
    """The page cannot be shared so; the message is for the person who asked."""


@transaction.atomic
def create_share_link(*, days: int, by: User, at: datetime) -> tuple[ShareLink, str]:
    """Make a read-only address of the SLA page; its token is returned once and never stored.

    Args:
        days: For how long it opens; one of `SHARED_DAYS`.
        by: RevOps or a leader.
        at: When.

    Returns:
        The stored link, which knows the token's SHA-256, and the token.

    Raises:
        ShareRefusedError: The role may not share, or the stretch is none of those offered.
    """
    if not by.has_perm("sla.share_page"):
        raise ShareRefusedError("Your role may not share this page.")
    if days not in SHARED_DAYS:
        raise ShareRefusedError("Choose for how long the link opens the page.")
    if open_links(at=at).count() >= MOST_LINKS:
        raise ShareRefusedError(f"{MOST_LINKS} links are open. Revoke one first.")
    token = secrets.token_urlsafe(32)
    link = ShareLink.objects.create(
        page=SharedPage.SLA,
        token_sha256=_hash(token),
        created_by=by,
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    record(
        at=at, actor=f"user:{by.pk}", act="page_shared", subject=f"sharelink:{link.pk}",
        details={"page": link.page, "days": days},
    )  # fmt: skip
    return link, token


@transaction.atomic
def revoke_share_link(*, link: ShareLink, by: User, at: datetime) -> ShareLink:
    """Close a link for good; revoking it again changes nothing.

    Raises:
        ShareRefusedError: The role may not.
    """
    if not by.has_perm("sla.share_page"):
        raise ShareRefusedError("Your role may not revoke this link.")
    link = ShareLink.objects.select_for_update(no_key=True).get(pk=link.pk)
    if link.revoked_at is None:
        link.revoked_at = at
        link.save(update_fields=["revoked_at"])
        record(
            at=at, actor=f"user:{by.pk}", act="page_unshared", subject=f"sharelink:{link.pk}",
            details={"page": link.page},
        )  # fmt: skip
    return link


def follow_share_link(*, token: str, at: datetime) -> ShareLink | None:
    """Return the link a token opens at `at`, and note that it was used; None if it opens none."""
    if len(token) > LONGEST_TOKEN:
        return None
    link = open_links(at=at).filter(token_sha256=_hash(token)).first()
    if link is not None:
        unseen = Q(last_used_at__isnull=True) | Q(last_used_at__lt=at - SEEN_AGAIN)
        ShareLink.objects.filter(unseen, pk=link.pk).update(last_used_at=at)
    return link


def open_links(*, at: datetime) -> QuerySet[ShareLink]:
    """Return the links that open the page at `at`, the newest first."""
    rows = ShareLink.objects.filter(
        page=SharedPage.SLA, revoked_at__isnull=True, expires_at__gt=at
    )
    return rows.select_related("created_by").order_by("-created_at", "-pk")


def _hash(token: str) -> str:
    # A token has 256 bits of chance, so a quick hash is enough.
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def post_to_slack(*, by: User, at: datetime) -> bool:
    """Post the promises and how they go to Slack, once a day for each version of the SLA.

    Returns:
        Whether a message was written; False when today's was there already.

    Raises:
        ShareRefusedError: The role may not, Slack is not configured, or there is no SLA.
    """
    if not by.has_perm("sla.share_page"):
        raise ShareRefusedError("Your role may not post this page.")
    if not settings.SLACK_WEBHOOK_URL:
        raise ShareRefusedError("Slack is not connected: set SLACK_WEBHOOK_URL.")
    try:
        version = version_in_use(kind=DocumentKind.SLA, at=at).version
    except NoVersionError:
        raise ShareRefusedError("There is no SLA to post yet.") from None
    message = Message(
        key=f"sla_page:{version.pk}:{at:%Y-%m-%d}",
        kind="sla_page",
        channel=Channel.SLACK,
        payload={"version": version.pk, "at": at.isoformat()},
        created_at=at,
        next_try_at=at,
    )
    before = Message.objects.filter(key=message.key, channel=Channel.SLACK).exists()
    Message.objects.bulk_create([message], ignore_conflicts=True)
    return not before
