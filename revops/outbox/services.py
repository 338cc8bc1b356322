"""Write messages in the transaction of the fact, and send them afterwards, each at least once."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from revops.database import database_now
from revops.outbox import channels
from revops.outbox.choices import Channel
from revops.outbox.models import Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

logger = logging.getLogger(__name__)

BATCH = 50
CLAIM = timedelta(minutes=5)
# The schedule of the Standard Webhooks specification; after the last try the message is dead.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.2


@dataclass(frozen=True)
class Notice:
    """Something people should hear of.

    `key` names the event, such as `breach:17`: a second notice of it is dropped. `payload` holds
    ids only; `to`, when given, is a list of user ids.
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


def announce(*, notices: Sequence[Notice], at: datetime) -> None:
    """Store one message per notice and channel in use; belongs into the fact's transaction.

    One statement, however many notices. A notice that was announced before is skipped.
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
            for channel in channels_in_use()
        ],
        ignore_conflicts=True,
    )


def deliver(*, at: datetime) -> int:
    """Send what is waiting, oldest first; return how many messages were handled.

    A message is claimed in a short transaction, sent outside any, then marked. A process that
    dies between sending and marking causes one repetition, which carries the same message id.
    """
    handled = 0
    while claimed := claim(at=at):
        for message in claimed:
            send(message)
        handled += len(claimed)
        if len(claimed) < BATCH:
            break
        at = database_now()
    return handled


@transaction.atomic
def claim(*, at: datetime) -> list[Message]:
    """Reserve the next messages for this process and count the try."""
    ids = list(
        Message.objects.waiting(at=at)
        .order_by("next_try_at", "id")
        .select_for_update(skip_locked=True)
        .values_list("id", flat=True)[:BATCH]
    )
    Message.objects.filter(id__in=ids).update(locked_until=at + CLAIM, attempts=F("attempts") + 1)
    return list(Message.objects.filter(id__in=ids).order_by("next_try_at", "id"))


def send(message: Message) -> None:
    """Hand one claimed message to its channel and note the outcome."""
    try:
        channels.send(message)
    except channels.DeliveryError as error:
        postpone(message=message, error=str(error), at=database_now())
    else:
        Message.objects.filter(pk=message.pk).update(
            done_at=database_now(), locked_until=None, last_error=""
        )


def postpone(*, message: Message, error: str, at: datetime) -> None:
    """Plan the next try, or give the message up after the last one."""
    words = {"locked_until": None, "last_error": error[:200]}
    if message.attempts > len(PAUSES):
        Message.objects.filter(pk=message.pk).update(dead_at=at, **words)
        logger.error("Gave up message %s after %d tries: %s", message.pk, message.attempts, error)
        return
    pause = PAUSES[message.attempts - 1]
    jitter = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 (spreads retries, no secret)
    Message.objects.filter(pk=message.pk).update(next_try_at=at + pause * jitter, **words)
    logger.warning("Message %s will be tried again: %s", message.pk, error)
