"""Write messages in the transaction of the fact, and send them afterwards, each at least once."""

from __future__ import annotations

import logging
import random
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils.module_loading import import_string

from revops.database import database_now
from revops.outbox import addressing, bundling, channels
from revops.outbox.announcing import Notice, announce, channels_of
from revops.outbox.choices import Timing
from revops.outbox.endpoints import disable_endpoint
from revops.outbox.errors import DeliveryError
from revops.outbox.models import Message

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "Notice",
    "announce",
    "channels_of",
    "claim",
    "deliver",
    "postpone",
    "prepare",
    "replay",
    "send",
]

logger = logging.getLogger(__name__)

BATCH = 20  # so many slow receivers of ten seconds each fit into a claim
PREPARING = 7_215_004  # the key of the advisory lock
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


def deliver(*, at: datetime) -> int:
    """Address, bundle and send what is waiting, oldest first; return how many were handled.

    A message is claimed in a short transaction, sent outside any, then marked. A process that
    dies between sending and marking causes one repetition, which carries the same message id.
    """
    handled = prepare(at=at)
    while claimed := claim(at=at):
        for message in claimed:
            send(message)
        handled += len(claimed)
        if len(claimed) < BATCH:
            break
        at = database_now()
    return handled


@transaction.atomic
def prepare(*, at: datetime) -> int:
    """Address events, keep mails for business hours and put together what leaves as one.

    One process at a time: another would send one by one what this one is about to bundle.

    Returns:
        How many events were addressed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PREPARING])
    addressed = 0
    while done := addressing.address(at=at):
        addressed += done
    opens: datetime = import_string(settings.BUSINESS_OPENING)(at=at)
    if opens > at:
        Message.objects.mails().waiting(at=at).filter(timing=Timing.NOW).update(next_try_at=opens)
    bundling.bundle(at=at)
    return addressed


@transaction.atomic
def claim(*, at: datetime) -> list[Message]:
    """Reserve the next messages for this process and count the try."""
    ids = list(
        Message.objects.sendable(at=at)
        .order_by("next_try_at", "id")
        .select_for_update(skip_locked=True)
        .values_list("id", flat=True)[:BATCH]
    )
    Message.objects.filter(id__in=ids).update(locked_until=at + CLAIM, attempts=F("attempts") + 1)
    return list(Message.objects.filter(id__in=ids).order_by("next_try_at", "id"))


def send(message: Message) -> None:
    """Hand one claimed message to its channel and note the outcome."""
    try:
        channels.send(message, at=database_now())
    except DeliveryError as error:
        postpone(message=message, error=str(error), at=database_now(), wait=error.wait)
    except Exception as error:
        # A letter that cannot be written must not hold up the others, nor be lost in silence.
        logger.exception("Message %s cannot be written", message.pk)
        postpone(message=message, error=f"{type(error).__name__}: {error}", at=database_now())
    else:
        Message.objects.filter(pk=message.pk).update(
            done_at=database_now(), locked_until=None, last_error=""
        )


def postpone(*, message: Message, error: str, at: datetime, wait: timedelta | None = None) -> None:
    """Plan the next try, not before `wait`, or give the message up after the last one.

    An endpoint that has not answered for as long as the tries last is disabled.
    """
    words = {"locked_until": None, "last_error": error[:200]}
    if message.attempts > len(PAUSES):
        Message.objects.filter(pk=message.pk).update(dead_at=at, **words)
        logger.error("Gave up message %s after %d tries: %s", message.pk, message.attempts, error)
        if message.endpoint_id is not None:
            disable_endpoint(endpoint_id=message.endpoint_id, reason=error, at=at)
        return
    pause = max(PAUSES[message.attempts - 1], wait or PAUSES[0])
    jitter = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 (spreads retries, no secret)
    Message.objects.filter(pk=message.pk).update(next_try_at=at + pause * jitter, **words)
    logger.warning("Message %s will be tried again: %s", message.pk, error)


@transaction.atomic
def replay(*, message: Message, at: datetime) -> Message:
    """Send a message again under its old id, so that a receiver can tell it is the same."""
    locked = Message.objects.select_for_update(no_key=True).get(pk=message.pk)
    locked.done_at = locked.dead_at = locked.locked_until = None
    locked.attempts, locked.next_try_at, locked.last_error = 0, at, ""
    locked.save(
        update_fields=[
            "done_at",
            "dead_at",
            "locked_until",
            "attempts",
            "next_try_at",
            "last_error",
        ]
    )
    return locked
