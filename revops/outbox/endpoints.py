"""Addresses of other systems: added with a secret shown once, disabled, never deleted."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from revops.audit.models import AuditEntry
from revops.outbox import kinds
from revops.outbox.announcing import Notice, announce
from revops.outbox.choices import Channel
from revops.outbox.letters import Letter
from revops.outbox.models import Endpoint, Message
from revops.people.choices import Role
from revops.people.models import User

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


SECRET_BYTES = 32
LONGEST_URL = 500
DISABLED = "webhook_disabled"


class EndpointRefusedError(Exception):
    """The endpoint cannot be added; `field` is the one to mend, the message is for the user."""

    def __init__(self, words: str, *, field: str) -> None:
        self.field = field
        super().__init__(words)


def event_names() -> tuple[str, ...]:
    """Return the events an endpoint can ask for."""
    return tuple(dict.fromkeys(kinds.EVENTS.values()))


@transaction.atomic
def add_endpoint(
    *, url: str, events: Sequence[str], actor: str, by: User | None, at: datetime
) -> Endpoint:
    """Store an endpoint with a new secret; no events means all of them.

    Raises:
        EndpointRefusedError: The address is not https, or an event does not exist.
    """
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole, parts = False, urlsplit("")
    allowed = {"https", "http"} if settings.WEBHOOKS_MAY_BE_LOCAL else {"https"}
    is_plain_text = url.isascii() and url.isprintable() and " " not in url
    if not (is_whole and is_plain_text and len(url) <= LONGEST_URL and parts.scheme in allowed):
        raise EndpointRefusedError("An endpoint is a whole https address.", field="url")
    if parts.username or parts.password:
        raise EndpointRefusedError("An address must not hold a password.", field="url")
    unknown = [event for event in events if event not in event_names()]
    if unknown:
        raise EndpointRefusedError(f"There is no event {unknown[0]!r}.", field="events")
    secret = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    endpoint = Endpoint.objects.create(
        url=url,
        secret=f"whsec_{secret}",
        kinds=list(dict.fromkeys(events)),
        created_at=at,
        created_by=by,
    )
    _noted("add_endpoint", endpoint, actor=actor, at=at, details={"events": list(endpoint.kinds)})
    return endpoint


@transaction.atomic
def remove_endpoint(*, endpoint: Endpoint, actor: str, at: datetime) -> Endpoint:
    """Disable an endpoint because somebody asked for it; what waits for it is dropped."""
    locked = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    if locked.disabled_at is None:
        locked.disabled_at, locked.disabled_reason = at, "Removed"
        locked.save(update_fields=["disabled_at", "disabled_reason"])
        _drop_waiting(locked, at=at)
        _noted("remove_endpoint", locked, actor=actor, at=at, details={})
    return locked


@transaction.atomic
def disable_endpoint(*, endpoint_id: int, reason: str, at: datetime) -> None:
    """Disable an endpoint that does not answer, once, and tell RevOps."""
    locked = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    if locked.disabled_at is not None:
        return
    locked.disabled_at, locked.disabled_reason = at, reason[:200]
    locked.save(update_fields=["disabled_at", "disabled_reason"])
    _drop_waiting(locked, at=at)
    people = User.objects.filter(role=Role.REVOPS, is_active=True).order_by("pk")
    notice = Notice(
        key=f"{DISABLED}:{locked.pk}",
        kind=DISABLED,
        payload={"endpoint": locked.pk, "to": list(people.values_list("pk", flat=True))},
    )
    announce(notices=[notice], at=at)


@transaction.atomic
def send_test(*, endpoint: Endpoint, at: datetime) -> Message:
    """Queue a test event for an endpoint; it goes the way every event goes."""
    return Message.objects.create(
        key=f"endpoint.test:{secrets.token_hex(8)}",
        kind="endpoint.test",
        channel=Channel.WEBHOOK,
        endpoint=endpoint,
        payload={"endpoint": endpoint.pk},
        created_at=at,
        next_try_at=at,
    )


def disabled_letter(payload: dict[str, Any]) -> Letter:
    """Tell that an endpoint gets nothing more."""
    endpoint = Endpoint.objects.get(pk=payload["endpoint"])
    host = urlsplit(endpoint.url).hostname
    return Letter(
        subject=f"Webhook to {host} is switched off",
        lines=(
            f"It has not answered for about three days: {endpoint.disabled_reason}.",
            "Events since then were not delivered there. Mend the receiver and add it again.",
        ),
    )


def _drop_waiting(endpoint: Endpoint, *, at: datetime) -> None:
    """Give up what still waits for an endpoint that gets nothing more."""
    Message.objects.unsent().filter(endpoint=endpoint).update(
        dead_at=at, last_error="The endpoint was disabled"
    )


def _noted(
    act: str, endpoint: Endpoint, *, actor: str, at: datetime, details: dict[str, Any]
) -> None:
    """Keep who did it."""
    AuditEntry.objects.create(
        at=at, actor=actor, act=act, subject=f"endpoint:{endpoint.pk}", details=details
    )
