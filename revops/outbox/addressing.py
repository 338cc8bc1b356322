"""From an event on a channel to one message per person and per endpoint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string

from revops.outbox import kinds
from revops.outbox.choices import Channel, Timing, Topic
from revops.outbox.models import Endpoint, Message, Preference
from revops.people.models import Rep, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

BATCH = 500
LONGEST_LADDER = 9


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody a message is for: a login, or a rep who has none."""

    user_id: int | None = None
    rep_id: int | None = None


@dataclass(frozen=True, slots=True)
class People:
    """Who can be reached, how each wants to hear, and when digests leave next."""

    morning: datetime
    users: dict[int, str]
    reps: dict[int, Reader]
    chosen: dict[tuple[int, str, str], str]

    def timing(self, reader: Reader, *, topic: Topic, channel: Channel) -> Timing:
        """Return when somebody wants to hear of a topic."""
        default = kinds.DEFAULTS[topic][channel]
        if reader.user_id is None:
            return default if channel == Channel.MAIL else Timing.NEVER
        return Timing(self.chosen.get((reader.user_id, topic, channel), default))


def address(*, at: datetime) -> int:
    """Make one message per person of up to 500 events; belongs into a transaction.

    The caller holds the lock that lets one process address at a time, so a correction finds the
    notices it follows. The number of statements does not depend on the number of events.

    Returns:
        How many events were addressed.
    """
    events = list(Message.objects.events().waiting(at=at).order_by("id")[:BATCH])
    if not events:
        return 0
    people = _people(events, at=at)
    first = [event for event in events if event.kind not in kinds.CORRECTIONS]
    Message.objects.bulk_create(
        [*_for_people(first, people, at=at), *_for_endpoints(events, at=at)],
        ignore_conflicts=True,
    )
    later = [event for event in events if event.kind in kinds.CORRECTIONS]
    if later:
        Message.objects.bulk_create(_followers(later, people, at=at), ignore_conflicts=True)
    Message.objects.filter(pk__in=[event.pk for event in events]).update(done_at=at)
    return len(events)


def morning(at: datetime) -> datetime:
    """Return the next start of a business day, when digests leave."""
    found: datetime = import_string(settings.BUSINESS_MORNING)(at=at)
    return found


def _people(events: Iterable[Message], *, at: datetime) -> People:
    """Read everybody the events name, and what they chose."""
    named = {pk for event in events for pk in event.payload.get("to") or ()}
    wanted = {event.payload.get("rep") for event in events} - {None}
    roles = {role for event in events for role in kinds.ROLES.get(event.kind, ())}
    reps = list(Rep.objects.active().filter(pk__in=wanted).select_related("user"))
    logins = {rep.user_id for rep in reps if rep.user_id is not None}
    rows = User.objects.filter(is_active=True).values_list("pk", "role")
    users = {pk: role for pk, role in rows if pk in named or pk in logins or role in roles}
    found = {}
    for rep in reps:
        if rep.user_id in users:
            found[rep.pk] = Reader(user_id=rep.user_id)
        elif rep.user_id is None and rep.email:
            found[rep.pk] = Reader(rep_id=rep.pk)
    chosen = Preference.objects.filter(user_id__in=users)
    return People(
        morning=morning(at),
        users=users,
        reps=found,
        chosen={(row.user_id, row.topic, row.channel): row.timing for row in chosen},
    )


def _readers(event: Message, people: People) -> list[Reader]:
    """Return who hears of an event, each once."""
    named = [pk for pk in event.payload.get("to") or () if pk in people.users]
    roles = kinds.ROLES.get(event.kind, frozenset())
    named += [pk for pk, role in people.users.items() if role in roles]
    found = [Reader(user_id=pk) for pk in named]
    rep = people.reps.get(event.payload.get("rep") or 0)
    return list(dict.fromkeys([*found, *([rep] if rep else [])]))


def _for_people(events: Sequence[Message], people: People, *, at: datetime) -> list[Message]:
    """Return the messages of events to those who want them on the event's channel."""
    return [
        message
        for event in events
        for reader in _readers(event, people)
        if (message := _message(event, reader, people, at=at)) is not None
    ]


def _message(event: Message, reader: Reader, people: People, *, at: datetime) -> Message | None:
    """Return one person's message; what shows in the app is there at once."""
    channel, topic = Channel(event.channel), kinds.topic_of(event.kind)
    timing = people.timing(reader, topic=topic, channel=channel)
    if timing == Timing.NEVER:
        return None
    digest = timing == Timing.DIGEST
    return Message(
        key=event.key,
        kind=event.kind,
        channel=channel,
        recipient_id=reader.user_id,
        rep_id=reader.rep_id,
        timing=timing,
        payload=event.payload,
        created_at=event.created_at,
        next_try_at=people.morning if digest else at,
        done_at=at if channel == Channel.APP else None,
    )


def _for_endpoints(events: Iterable[Message], *, at: datetime) -> list[Message]:
    """Return the messages of events to other systems; the event in the app stands for it."""
    told = [e for e in events if e.channel == Channel.APP and e.kind in kinds.EVENTS]
    if not told:
        return []
    endpoints = list(Endpoint.objects.filter(disabled_at__isnull=True))
    return [
        Message(
            key=event.key,
            kind=event.kind,
            channel=Channel.WEBHOOK,
            endpoint=endpoint,
            payload=event.payload,
            created_at=event.created_at,
            next_try_at=at,
        )
        for event in told
        for endpoint in endpoints
        if not endpoint.kinds or kinds.EVENTS[event.kind] in endpoint.kinds
    ]


def _followers(corrections: Sequence[Message], people: People, *, at: datetime) -> list[Message]:
    """Return corrections to exactly those who had the notice, by the same channel, after it."""
    keys = {
        f"sla.ladder:{event.payload.get('clock')}:{step}"
        for event in corrections
        for step in range(LONGEST_LADDER)
    }
    told = Message.objects.filter(key__in=keys, kind="sla.escalated").exclude(
        recipient__isnull=True, rep__isnull=True
    )
    heard: dict[tuple[Any, str], dict[Reader, Message]] = {}
    for row in told.order_by("id"):
        reader = Reader(user_id=row.recipient_id, rep_id=row.rep_id)
        heard.setdefault((row.payload["clock"], row.channel), {})[reader] = row
    chosen = _chosen({reader for readers in heard.values() for reader in readers})
    everybody = replace(people, chosen=chosen)
    found = []
    for event in corrections:
        readers = heard.get((event.payload.get("clock"), event.channel), {})
        for reader, notice in readers.items():
            message = _message(event, reader, everybody, at=at)
            if message is None:
                continue
            if notice.done_at is None and notice.dead_at is None:
                message.timing = notice.timing
                message.next_try_at = max(notice.next_try_at, message.next_try_at)
            found.append(message)
    return found


def _chosen(readers: Iterable[Reader]) -> dict[tuple[int, str, str], str]:
    """Read what people chose."""
    ids = {reader.user_id for reader in readers if reader.user_id is not None}
    rows = Preference.objects.filter(user_id__in=ids)
    return {(row.user_id, row.topic, row.channel): row.timing for row in rows}
