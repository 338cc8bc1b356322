"""Messages that leave the system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q

from revops.outbox import kinds
from revops.outbox.choices import Channel, Timing, Topic
from revops.people.models import Rep, User

if TYPE_CHECKING:
    from datetime import datetime


class Endpoint(models.Model):
    """An address of another system that hears of events, signed with its own secret.

    `kinds` empty means every kind of event. It is disabled with a reason when it has not answered
    for as long as the retries last.
    """

    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=120)
    kinds = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="endpoints"
    )
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        """Return the address."""
        return self.url


class Preference(models.Model):
    """How one person wants to hear of a topic on a channel; without a row the default holds."""

    user = models.ForeignKey(User, models.CASCADE, related_name="preferences")
    topic = models.CharField(max_length=16, choices=Topic)
    channel = models.CharField(max_length=16, choices=Channel)
    timing = models.CharField(max_length=8, choices=Timing)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="outbox_preference_once", fields=["user", "topic", "channel"]
            ),
            models.CheckConstraint(
                name="outbox_preference_topic_is_known", condition=Q(topic__in=Topic.values)
            ),
            models.CheckConstraint(
                name="outbox_preference_channel_is_known", condition=Q(channel__in=Channel.values)
            ),
            models.CheckConstraint(
                name="outbox_preference_timing_is_known", condition=Q(timing__in=Timing.values)
            ),
        ]

    def __str__(self) -> str:
        """Return the topic, the channel and when."""
        return f"{self.topic} by {self.channel}: {self.timing}"


class MessageQuerySet(models.QuerySet["Message"]):
    """Reads of messages."""

    def unsent(self) -> MessageQuerySet:
        """Messages neither sent nor given up."""
        return self.filter(done_at__isnull=True, dead_at__isnull=True)

    def events(self) -> MessageQuerySet:
        """Events on channels that reach people one by one, not yet addressed to anybody."""
        return self.filter(
            channel__in=[Channel.APP, Channel.MAIL],
            recipient__isnull=True,
            rep__isnull=True,
            endpoint__isnull=True,
        )

    def mails(self) -> MessageQuerySet:
        """Mails to one person each."""
        return self.filter(channel=Channel.MAIL).exclude(recipient__isnull=True, rep__isnull=True)

    def sendable(self, *, at: datetime) -> MessageQuerySet:
        """Messages that may leave now: addressed, not kept for a digest, none that overtakes."""
        return (
            self.waiting(at=at)
            .filter(timing=Timing.NOW)
            .exclude(
                channel__in=[Channel.APP, Channel.MAIL], recipient__isnull=True, rep__isnull=True
            )
            .exclude(Q(kind__in=kinds.CORRECTIONS) & self._follows_unsent())
        )

    @staticmethod
    def _follows_unsent() -> Q:
        """Whether an earlier message about the same clock has still to reach the same reader."""
        same_reader = (
            Q(recipient=OuterRef("recipient"))
            | Q(rep=OuterRef("rep"))
            | Q(endpoint=OuterRef("endpoint"))
            | Q(channel=Channel.SLACK)
        )
        earlier = Message.objects.unsent().filter(
            same_reader,
            channel=OuterRef("channel"),
            payload__clock=OuterRef("payload__clock"),
            pk__lt=OuterRef("pk"),
        )
        return Q(Exists(earlier))

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

    Without a recipient it is the event on that channel; for people it is addressed first, which
    makes one row per person (`recipient`, or `rep` where there is no login) or `endpoint`. A row
    with timing `digest` leaves together with the others of its person. The payload holds ids
    only; names are read when the message is rendered.
    """

    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=16, choices=Channel)
    recipient = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="messages"
    )
    rep = models.ForeignKey(Rep, models.PROTECT, null=True, blank=True, related_name="messages")
    endpoint = models.ForeignKey(
        Endpoint, models.PROTECT, null=True, blank=True, related_name="messages"
    )
    # Defaults of the database, because intake writes these rows in SQL.
    timing = models.CharField(
        max_length=8, choices=Timing, default=Timing.NOW, db_default=Timing.NOW.value
    )
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    dead_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="outbox_message_once",
                fields=["key", "channel", "recipient", "rep", "endpoint"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="outbox_message_timing_is_known", condition=Q(timing__in=Timing.values)
            ),
            models.CheckConstraint(
                name="outbox_message_to_one",
                condition=Q(recipient__isnull=True, rep__isnull=True)
                | Q(recipient__isnull=True, endpoint__isnull=True)
                | Q(rep__isnull=True, endpoint__isnull=True),
            ),
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
            # The bell in the page's head counts these.
            models.Index(
                name="outbox_message_unread",
                fields=["recipient", "-created_at"],
                condition=Q(channel=Channel.APP, read_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        """Return the event and the channel."""
        return f"{self.key} by {self.channel}"
