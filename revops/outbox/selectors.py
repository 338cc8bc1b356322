"""What one person is told: the notices in the app, and how they want to hear."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Count, IntegerField, Subquery

from revops.outbox import kinds, rendering
from revops.outbox.choices import Channel, Timing, Topic
from revops.outbox.models import Message, Preference

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.core.paginator import Page

    from revops.people.models import User

PAGE_SIZE = 20
UNDELIVERED_SHOWN = 100
ICONS: dict[str, tuple[str, str]] = {
    Topic.MY_LEADS: ("inbox", "accent"),
    Topic.DUE_SOON: ("timer", "warn"),
    Topic.MISSED: ("alarm-clock", "bad"),
    Topic.CORRECTED: ("undo-2", ""),
    Topic.DEALS: ("handshake", ""),
    Topic.AGREEMENT: ("signature", "accent"),
    Topic.MORNING: ("sun", ""),
}
GONE = "What this was about is no longer there"


@dataclass(frozen=True, kw_only=True)
class NoticeRow:
    """One notice as its reader sees it.

    Attributes:
        path: The page on which one confirmed click acts; empty where there is none.
    """

    pk: int
    title: str
    lines: tuple[str, ...]
    facts: tuple[tuple[str, str | datetime], ...]
    label: str
    path: str
    icon: str
    tone: str
    topic: str
    at: datetime
    is_unread: bool


@dataclass(frozen=True, kw_only=True)
class Notices:
    """One page of somebody's notices, newest first."""

    rows: list[NoticeRow]
    page: Page[Message]
    unread: int


def reader_columns(*, reader: User | None) -> dict[str, Any]:
    """Return the number in the bell, for a page's first statement."""
    if reader is None:
        return {}
    unread = unread_of(reader).order_by().values("channel").annotate(count=Count("pk"))
    return {"unread_count": Subquery(unread.values("count")[:1], output_field=IntegerField())}


def own(user: User) -> Any:
    """Return what somebody was told in the app."""
    return Message.objects.filter(recipient_id=user.pk, channel=Channel.APP)


def unread_of(user: User) -> Any:
    """Return what somebody has not read."""
    return own(user).filter(read_at__isnull=True)


def notices(*, user: User, page: int | str, at: datetime) -> Notices:
    """Return a page of notices; the number of statements does not depend on its length."""
    paginator = Paginator(own(user).order_by("-created_at", "-pk"), PAGE_SIZE)
    shown = paginator.get_page(page)
    messages = list(shown.object_list)
    return Notices(rows=_rows(messages, at=at), page=shown, unread=unread_of(user).count())


def target_of(message: Message, *, at: datetime) -> str:
    """Return the path of the page a notice leads to."""
    return _rows([message], at=at)[0].path


def _rows(messages: Sequence[Message], *, at: datetime) -> list[NoticeRow]:
    records = rendering.records_of(messages) if messages else {}
    rows = []
    for message in messages:
        letter = rendering.letter_of(message, at=at, records=records)
        topic = kinds.topic_of(message.kind)
        icon, tone = ICONS[topic]
        lines = letter.lines if letter else ()
        label, address = (letter and letter.action) or ("Open", _address_in(lines))
        rows.append(
            NoticeRow(
                pk=message.pk,
                title=letter.subject if letter else GONE,
                lines=tuple(line for line in lines if settings.BASE_URL not in line)[:1],
                facts=letter.facts if letter else (),
                label=label,
                path=_path(address),
                icon=icon,
                tone=tone,
                topic=str(topic.label),
                at=message.created_at,
                is_unread=message.read_at is None,
            )
        )
    return rows


def _address_in(lines: Sequence[str]) -> str:
    """Return the page a letter written in lines leads to."""
    found = re.search(re.escape(settings.BASE_URL) + r"/\S*", "\n".join(lines))
    return found.group() if found else ""


def _path(address: str) -> str:
    """Return the path of one of our own addresses; empty for any other."""
    if not address.startswith(f"{settings.BASE_URL}/"):
        return ""
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


@dataclass(frozen=True, kw_only=True)
class Undelivered:
    """A message that was given up, and why."""

    pk: int
    kind: str
    channel: str
    reader: str
    tries: int
    error: str
    at: datetime


def dead() -> Any:
    """Return what was given up."""
    return Message.objects.filter(dead_at__isnull=False)


def undelivered() -> list[Undelivered]:
    """Return the last messages that were given up; one statement."""
    rows = dead().select_related("recipient", "rep", "endpoint").order_by("-dead_at", "-pk")
    return [
        Undelivered(
            pk=row.pk,
            kind=str(kinds.topic_of(row.kind).label),
            channel=str(Channel(row.channel).label),
            reader=str(row.recipient or row.rep or row.endpoint or "The team's channel"),
            tries=row.attempts,
            error=row.last_error,
            at=row.dead_at,
        )
        for row in rows[:UNDELIVERED_SHOWN]
    ]


def chosen_timings(*, user: User) -> dict[tuple[Topic, Channel], Timing]:
    """Return how somebody hears of each topic on each channel, defaults included."""
    rows = Preference.objects.filter(user_id=user.pk)
    stored = {(row.topic, row.channel): row.timing for row in rows}
    return {
        (topic, channel): Timing(
            stored.get((topic.value, channel.value), kinds.DEFAULTS[topic][channel])
        )
        for topic in Topic
        for channel in kinds.PERSONAL
    }
