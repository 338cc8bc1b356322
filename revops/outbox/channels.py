"""How a message reaches people on each channel; runs outside any transaction."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.module_loading import import_string

from revops.outbox.choices import Channel
from revops.people.models import Rep, User

if TYPE_CHECKING:
    from collections.abc import Callable

    from revops.outbox.models import Message

TIMEOUT_SECONDS = 10


class DeliveryError(Exception):
    """The message did not leave; it will be tried again."""


@dataclass(frozen=True)
class Letter:
    """A message in words: `lines` are the paragraphs of its body."""

    subject: str
    lines: tuple[str, ...]


def send(message: Message) -> None:
    """Send the message on its channel.

    Raises:
        DeliveryError: The channel refused it or could not be reached.
    """
    senders: dict[str, Callable[[Message], None]] = {
        Channel.APP: leave_in_app,
        Channel.MAIL: send_mail,
        Channel.SLACK: send_slack,
    }
    senders[message.channel](message)


def letter_of(message: Message) -> Letter:
    """Render the message with the function its kind has in settings.OUTBOX_LETTERS."""
    path = settings.OUTBOX_LETTERS.get(message.kind)
    if path is None:
        return Letter(
            subject=message.kind.replace("_", " ").capitalize(),
            lines=(f"{message.key}. See {settings.BASE_URL}/",),
        )
    letter: Letter = import_string(path)(message.payload)
    return letter


def addresses_of(payload: dict[str, Any]) -> list[str]:
    """Return the mail addresses of the users in `to` and of the rep in `rep`.

    Who may no longer log in, or is no longer on the roster, gets nothing.
    """
    users = User.objects.filter(pk__in=payload.get("to", []), is_active=True)
    reps = Rep.objects.active().filter(pk=payload.get("rep", 0)).exclude(email="")
    found = [*users.order_by("pk").values_list("email", flat=True)]
    return list(dict.fromkeys([*found, *reps.values_list("email", flat=True)]))


def leave_in_app(message: Message) -> None:
    """Do nothing more: the stored row is what the app shows."""


def send_mail(message: Message) -> None:
    """Send one mail to everybody the message names; nobody named means nothing to send."""
    recipients = addresses_of(message.payload)
    if not recipients:
        return
    letter = letter_of(message)
    mail = EmailMessage(
        subject=letter.subject,
        body="\n\n".join(letter.lines),
        bcc=recipients,
        # A repetition after a crash carries the same id, so mail programs can drop it.
        headers={"Message-ID": f"<message-{message.pk}@accord>"},
    )
    try:
        mail.send()
    except OSError as error:  # smtplib's errors are OSErrors
        raise DeliveryError(f"{type(error).__name__}: the mail server refused") from error


def send_slack(message: Message) -> None:
    """Post the message to the configured incoming webhook."""
    letter = letter_of(message)
    body = json.dumps({"text": "\n".join((f"*{letter.subject}*", *letter.lines))})
    request = urllib.request.Request(  # noqa: S310 (the operator configured the address)
        settings.SLACK_WEBHOOK_URL,
        data=body.encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            answer.read(1000)
    except urllib.error.HTTPError as error:
        error.close()
        raise DeliveryError(f"Slack answered {error.code}") from error
    except OSError as error:
        raise DeliveryError(f"Slack cannot be reached: {type(error).__name__}") from error
