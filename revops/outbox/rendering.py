"""Messages in words: letters, and the mails made of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.module_loading import import_string

from revops import formats
from revops.outbox.bundling import DIGEST
from revops.outbox.letters import Letter
from revops.outbox.models import Message
from revops.people.models import Organization

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from revops.people.models import Rep, User

LONGEST_DIGEST = 30
LONGEST_SUBJECT = 150


def letter_of(
    message: Message, *, at: datetime, records: Mapping[str, Any] | None = None
) -> Letter | None:
    """Render the message with the function its kind has in settings.OUTBOX_LETTERS.

    The function gets the payload with `written_at`, the instant of writing, to tell how much
    time is left, and with `records` where what many letters need was read at once.

    Returns:
        None where what the message is about has gone since.
    """
    if message.kind == DIGEST:
        return _digest(message, at=at)
    path = settings.OUTBOX_LETTERS.get(message.kind)
    if path is None:
        return Letter(
            subject=message.kind.replace("_", " ").capitalize(),
            lines=(f"{message.key}. See {settings.BASE_URL}/",),
        )
    try:
        letter: Letter = import_string(path)(
            {**message.payload, "written_at": at, "records": records}
        )
    except ObjectDoesNotExist:
        return None
    return letter


def _digest(message: Message, *, at: datetime) -> Letter | None:
    """Return one letter made of many."""
    rows = list(Message.objects.filter(pk__in=message.payload["messages"]).order_by("pk"))
    shown = rows[:LONGEST_DIGEST]
    records = records_of(shown)
    found = [letter_of(row, at=at, records=records) for row in shown]
    parts = [part for part in found if part is not None]
    if not parts:
        return None
    more = len(rows) - 1
    also = f", and {formats.plural(more, 'more notice')}" if more else ""
    left = len(rows) - len(parts)
    lines = (f"{formats.plural(left, 'further notice')} stand in the app.",) if left else ()
    return Letter(
        subject=f"{parts[0].subject}{also}",
        lines=lines,
        action=("See all notices", address_of("outbox:notices")),
        parts=tuple(parts),
    )


def records_of(messages: Sequence[Message]) -> Mapping[str, Any]:
    """Read what the letters of messages need, in a number of statements they do not raise."""
    found: Mapping[str, Any] = import_string(settings.OUTBOX_RECORDS)(
        [message.payload for message in messages]
    )
    return found


def address_of(view: str) -> str:
    """Return the full address of a page."""
    return f"{settings.BASE_URL}{reverse(view)}"


def mail_of(message: Message, *, to: User | Rep, at: datetime) -> EmailMultiAlternatives | None:
    """Return the mail to one person in text and HTML, or None where there is nothing to say.

    A repetition after a crash carries the same Message-ID, so mail programs can drop it.
    """
    letter = letter_of(message, at=at)
    if letter is None:
        return None
    owner = Organization.objects.first()
    zone = getattr(to, "timezone", "") or (owner.timezone if owner else "UTC")
    twelve = getattr(to, "hour_cycle", "") == "12"
    said = _localised(letter, zone=zone, twelve_hours=twelve)
    preferences = address_of("outbox:preferences")
    subject = " ".join(said.subject.split())[:LONGEST_SUBJECT]
    words: dict[str, Any] = {
        "letter": replace(said, subject=subject),
        "organization": owner.name if owner else "",
        "home": f"{settings.BASE_URL}/",
        "preferences": preferences if message.recipient_id else "",
    }
    host = urlsplit(settings.BASE_URL).hostname or "accord"
    headers = {"Message-ID": f"<message-{message.pk}@{host}>", "Auto-Submitted": "auto-generated"}
    if message.recipient_id:
        headers["List-Unsubscribe"] = f"<{preferences}>"
    mail = EmailMultiAlternatives(
        subject=subject,
        body=plain_text(said, organization=words["organization"], preferences=preferences),
        to=[to.email],
        headers=headers,
    )
    mail.attach_alternative(render_to_string("mail/letter.html", words), "text/html")
    return mail


def plain_text(letter: Letter, *, organization: str, preferences: str) -> str:
    """Return the mail for programs that show no HTML."""
    told = [letter.subject, *_paragraphs(letter)]
    for part in letter.parts:
        told += [f"-- {part.subject}", *_paragraphs(part)]
    foot = "--\nAccord" + (f", {organization}" if organization else "")
    told.append(f"{foot}\nChoose what you hear of and how: {preferences}")
    return "\n\n".join(told) + "\n"


def _paragraphs(letter: Letter) -> list[str]:
    """Return the body of a letter; its facts are one paragraph."""
    facts = "\n".join(f"{label}: {value}" for label, value in letter.facts)
    action = ": ".join(letter.action) if letter.action else ""
    return [paragraph for paragraph in (*letter.lines, facts, action) if paragraph]


def _localised(letter: Letter, *, zone: str, twelve_hours: bool) -> Letter:
    """Return the letter with its instants in words of the reader's zone."""
    facts = tuple(
        (
            label,
            formats.local(value, zone=zone, style="full", twelve_hours=twelve_hours)
            if isinstance(value, datetime)
            else value,
        )
        for label, value in letter.facts
    )
    parts = tuple(_localised(part, zone=zone, twelve_hours=twelve_hours) for part in letter.parts)
    return replace(letter, facts=facts, parts=parts)
