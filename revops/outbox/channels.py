"""How a message reaches its reader on each channel; runs outside any transaction."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings

from revops.outbox import rendering, webhooks
from revops.outbox.choices import Channel
from revops.outbox.errors import DeliveryError
from revops.outbox.letters import Letter

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from revops.outbox.models import Message

__all__ = ["DeliveryError", "Letter", "send"]

TIMEOUT_SECONDS = 10
LONGEST_WAIT = timedelta(hours=24)
BLOCK_LETTERS = 2900
"""Slack refuses a section of more than 3,000."""
MOST_BLOCKS = 45


def send(message: Message, *, at: datetime) -> None:
    """Send the message on its channel.

    Raises:
        DeliveryError: The channel refused it or could not be reached.
    """
    senders: dict[str, Callable[[Message, datetime], None]] = {
        Channel.APP: leave_in_app,
        Channel.MAIL: send_mail,
        Channel.SLACK: send_slack,
        Channel.WEBHOOK: webhooks.send_webhook,
    }
    senders[message.channel](message, at)


def leave_in_app(message: Message, at: datetime) -> None:
    """Do nothing more: the stored row is what the app shows."""


def send_mail(message: Message, at: datetime) -> None:
    """Send one mail to the one person the message is for.

    Who may no longer log in, or is no longer on the roster, gets nothing.
    """
    reader = message.recipient or message.rep
    if reader is None or not reader.is_active or not reader.email:
        return
    mail = rendering.mail_of(message, to=reader, at=at)
    if mail is None:
        return
    try:
        mail.send()
    except OSError as error:  # smtplib's errors are OSErrors
        raise DeliveryError(f"{type(error).__name__}: the mail server refused") from error


def send_slack(message: Message, at: datetime) -> None:
    """Post the message to the configured incoming webhook; a 429 says how long to wait."""
    letter = rendering.letter_of(message, at=at)
    if letter is None:
        return
    request = urllib.request.Request(  # noqa: S310 (the operator configured the address)
        settings.SLACK_WEBHOOK_URL,
        data=json.dumps(slack_body(letter)).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            answer.read(1000)
    except urllib.error.HTTPError as error:
        wait = error.headers.get("Retry-After", "")
        error.close()
        raise DeliveryError(
            f"Slack answered {error.code}",
            wait=min(timedelta(seconds=int(wait)), LONGEST_WAIT) if wait.isdecimal() else None,
        ) from error
    except OSError as error:
        raise DeliveryError(f"Slack cannot be reached: {type(error).__name__}") from error


def slack_body(letter: Letter) -> dict[str, Any]:
    """Return a letter as Slack's blocks, with the plain words for notifications."""
    blocks = [_section(f"*{_escaped(letter.subject)}*")]
    blocks += _blocks(letter)
    for part in letter.parts:
        blocks.append({"type": "divider"})
        blocks += [_section(f"*{_escaped(part.subject)}*"), *_blocks(part)]
    return {"text": _escaped(letter.subject), "blocks": blocks[:MOST_BLOCKS]}


def _blocks(letter: Letter) -> list[dict[str, Any]]:
    """Return the body of a letter as blocks."""
    found = [_section(_escaped(line)) for line in letter.lines]
    facts = [
        f"*{_escaped(label)}* {_escaped(value if isinstance(value, str) else _slack_time(value))}"
        for label, value in letter.facts
    ]
    if facts:
        found.append(_section("\n".join(facts)))
    if letter.action:
        label, url = letter.action
        found.append(_section(f"<{url}|{_escaped(label)}>"))
    return found


def _section(text: str) -> dict[str, Any]:
    """Return a block of text."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:BLOCK_LETTERS]}}


def _slack_time(at: datetime) -> str:
    """Return an instant; the channel's readers sit in several zones, so the zone is said."""
    return f"{at:%a %d %b %Y, %H:%M} UTC"


def _escaped(text: str) -> str:
    """Return text without Slack's control characters: a name must not call everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
