"""What people do with notices: read them, and choose which they want."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from revops.outbox import kinds
from revops.outbox.models import Message, Preference
from revops.outbox.selectors import unread_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from revops.outbox.choices import Channel, Timing, Topic
    from revops.people.models import User


class PreferenceRefusedError(Exception):
    """The timing is not offered for the topic; the message is for the user."""


def mark_read(*, message: Message, at: datetime) -> None:
    """Mark a notice as read; the first time counts."""
    Message.objects.filter(pk=message.pk, read_at__isnull=True).update(read_at=at)


def mark_all_read(*, by: User, at: datetime) -> int:
    """Mark everything told up to `at` as read; what arrives meanwhile stays unread."""
    count: int = unread_of(by).filter(created_at__lte=at).update(read_at=at)
    return count


@transaction.atomic
def choose_timings(*, by: User, chosen: Mapping[tuple[Topic, Channel], Timing]) -> None:
    """Store how somebody wants to hear of topics.

    Raises:
        PreferenceRefusedError: A timing is not offered there; nothing is stored.
    """
    for (topic, channel), timing in chosen.items():
        if timing not in kinds.timings(topic=topic, channel=channel):
            raise PreferenceRefusedError(f"{topic.label} cannot be set to {timing.label.lower()}.")
    Preference.objects.bulk_create(
        [
            Preference(user=by, topic=topic, channel=channel, timing=timing)
            for (topic, channel), timing in chosen.items()
        ],
        update_conflicts=True,
        unique_fields=["user", "topic", "channel"],
        update_fields=["timing"],
    )
