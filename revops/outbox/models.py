"""Messages that leave the system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from revops.outbox.choices import Channel

if TYPE_CHECKING:
    from datetime import datetime


class MessageQuerySet(models.QuerySet["Message"]):
    """Reads of messages."""

    def waiting(self, *, at: datetime) -> MessageQuerySet:
        """Messages to be sent now, that no other process has claimed."""
        return self.filter(
            Q(locked_until__isnull=True) | Q(locked_until__lt=at),
            done_at__isnull=True,
            dead_at__isnull=True,
            next_try_at__lte=at,
        )


class Message(models.Model):
    """One notice on one channel; `key` names the event, so that it is sent once.

    The payload holds ids only; names are read when the message is rendered.
    """

    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=16, choices=Channel)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    dead_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="outbox_message_once", fields=["key", "channel"]),
            models.CheckConstraint(
                name="outbox_message_channel_is_known", condition=Q(channel__in=Channel.values)
            ),
            models.CheckConstraint(
                name="outbox_message_done_or_dead",
                condition=Q(done_at__isnull=True) | Q(dead_at__isnull=True),
            ),
        ]
        indexes = [
            # The delivery loop reads only what is still to do.
            models.Index(
                name="outbox_message_due",
                fields=["next_try_at"],
                condition=Q(done_at__isnull=True, dead_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        """Return the event and the channel."""
        return f"{self.key} by {self.channel}"
