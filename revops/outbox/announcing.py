"""Write events in the transaction of the fact they tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings

from revops.outbox import kinds
from revops.outbox.choices import Channel
from revops.outbox.models import Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True)
class Notice:
    """Something people should hear of.

    `key` names the event, such as `breach:17`: a second notice of it is dropped. `payload` holds
    ids only; people who hear of it are the users in `to` and the rep in `rep`.
    """

    key: str
    kind: str
    payload: dict[str, Any] = field(default_factory=dict)


def channels_in_use() -> tuple[Channel, ...]:
    """Return the channels this installation is configured for."""
    configured = {
        Channel.APP: True,
        Channel.MAIL: bool(settings.MAIL),
        Channel.SLACK: bool(settings.SLACK_WEBHOOK_URL),
    }
    return tuple(channel for channel, is_on in configured.items() if is_on)


def channels_of(kind: str) -> tuple[Channel, ...]:
    """Return the channels in use that a kind of notice leaves by."""
    return tuple(
        channel for channel in channels_in_use() if channel != Channel.SLACK or kind in kinds.SLACK
    )


def announce(*, notices: Sequence[Notice], at: datetime) -> None:
    """Store one event per notice and channel in use; belongs into the fact's transaction.

    One statement, however many notices. A notice that was announced before is skipped. Who hears
    of it is settled before it is sent.
    """
    Message.objects.bulk_create(
        [
            Message(
                key=notice.key,
                kind=notice.kind,
                channel=channel,
                payload=notice.payload,
                created_at=at,
                next_try_at=at,
            )
            for notice in notices
            for channel in channels_of(notice.kind)
        ],
        ignore_conflicts=True,
    )
