"""Messages: written once per event and channel, claimed, sent, tried again, given up."""

from __future__ import annotations

import email
import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from email import policy
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aiosmtpd.controller import Controller
from django.core import mail
from django.db import IntegrityError, transaction

from revops.database import database_now
from revops.outbox import channels, services
from revops.outbox.choices import Channel
from revops.outbox.models import Message
from revops.outbox.services import Notice
from revops.people.models import User

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _configured(settings):
    settings.MAIL = {"EMAIL_HOST": "mail.example"}
    settings.SLACK_WEBHOOK_URL = ""
    settings.BUSINESS_OPENING = "tests.revops.test_outbox.always_open"


def always_open(*, at):
    return at


@pytest.fixture
def mara():
    return User.objects.create_user(email="mara@example.com", name="Mara")


def breach(number, **payload):
    return Notice(key=f"breach:{number}", kind="breach", payload=payload)


def message(**fields):
    return Message.objects.create(
        **{
            "key": "breach:1",
            "kind": "breach",
            "channel": Channel.APP,
            "created_at": NOON,
            "next_try_at": NOON,
        }
        | fields
    )


def test_announce_writes_one_message_per_channel_in_use(settings):
    settings.SLACK_WEBHOOK_URL = "https://hooks.example/x"
    news = Notice(key="news", kind="version_in_force")

    services.announce(notices=[breach(1), news], at=NOON)

    rows = Message.objects.order_by("id").values_list("key", "channel")
    assert list(rows) == [
        ("breach:1", "app"),
        ("breach:1", "mail"),
        ("news", "app"),
        ("news", "mail"),
        ("news", "slack"),
    ]


def test_announcing_an_event_again_is_dropped(django_assert_num_queries):
    services.announce(notices=[breach(1)], at=NOON)

    with django_assert_num_queries(1):
        services.announce(notices=[breach(1), breach(2)], at=NOON + timedelta(hours=1))

    assert Message.objects.filter(channel=Channel.MAIL).count() == 2
    assert Message.objects.filter(key="breach:1", created_at=NOON).count() == 2


def test_database_refuses_a_message_that_is_both_sent_and_given_up():
    with pytest.raises(IntegrityError, match="outbox_message_done_or_dead"), transaction.atomic():
        message(done_at=NOON, dead_at=NOON)


def test_deliver_sends_what_is_due_once(mara):
    at = database_now()
    services.announce(notices=[breach(1, to=[mara.pk])], at=at)

    first = services.deliver(at=at)
    second = services.deliver(at=database_now())

    assert (first, second) == (3, 0)  # two events and one mail
    [letter] = mail.outbox
    assert letter.to == ["mara@example.com"]
    assert letter.extra_headers["Message-ID"].startswith("<message-")
    assert not Message.objects.filter(done_at__isnull=True).exists()


def test_letter_comes_from_the_function_of_its_kind(mara, settings):
    settings.OUTBOX_LETTERS = {"breach": "tests.revops.test_outbox.breach_letter"}
    at = database_now()
    services.announce(notices=[breach(7, to=[mara.pk], lead=12)], at=at)

    services.deliver(at=at)

    assert mail.outbox[0].subject == "Lead 12 is late"
    assert "\nFirst.\n\nSecond.\n" in mail.outbox[0].body


def breach_letter(payload):
    return channels.Letter(subject=f"Lead {payload['lead']} is late", lines=("First.", "Second."))


def test_person_who_left_gets_no_mail(mara):
    mara.is_active = False
    mara.save()
    at = database_now()
    services.announce(notices=[breach(1, to=[mara.pk])], at=at)

    services.deliver(at=at)

    assert mail.outbox == []


def test_claimed_message_is_left_to_its_claimer_until_the_claim_ends():
    at = database_now()
    message(next_try_at=at, created_at=at, channel=Channel.SLACK)

    mine = services.claim(at=at)
    theirs = services.claim(at=at + timedelta(minutes=1))
    abandoned = services.claim(at=at + services.CLAIM + timedelta(seconds=1))

    assert [len(mine), len(theirs), len(abandoned)] == [1, 0, 1]
    assert abandoned[0].attempts == 2


def test_refused_message_is_tried_again_later(mara, monkeypatch):
    at = database_now()
    services.announce(notices=[breach(1, to=[mara.pk])], at=at)

    def refuse(*_):
        raise channels.DeliveryError("the mail server refused")

    monkeypatch.setattr(channels, "send_mail", refuse)
    services.deliver(at=at)

    waiting = Message.objects.get(channel=Channel.MAIL, recipient=mara)
    assert (waiting.attempts, waiting.last_error) == (1, "the mail server refused")
    assert waiting.locked_until is None
    pause = waiting.next_try_at - at
    assert timedelta(seconds=4) <= pause <= timedelta(seconds=15)


def test_message_is_given_up_visibly_after_the_last_try():
    tried = message(attempts=len(services.PAUSES) + 1)

    services.postpone(message=tried, error="no", at=NOON)

    tried.refresh_from_db()
    assert tried.dead_at == NOON
    assert not Message.objects.waiting(at=NOON + timedelta(days=9)).exists()


class Hook(BaseHTTPRequestHandler):
    status = 200
    wait = ""
    bodies = []

    def do_POST(self):
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.status)
        if self.wait:
            self.send_header("Retry-After", self.wait)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def hook(settings):
    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.SLACK_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/"
    Hook.status, Hook.wait, Hook.bodies = 200, "", []
    yield Hook
    server.shutdown()
    thread.join()
    server.server_close()


def test_slack_gets_the_letter_in_blocks(hook):
    channels.send(message(channel=Channel.SLACK), at=NOON)

    [body] = hook.bodies
    assert body["text"] == "Breach"
    assert body["blocks"][0]["text"]["text"] == "*Breach*"


def test_slack_names_cannot_call_everybody():
    letter = channels.Letter(subject="<!channel> & co", lines=(), action=("Open", "https://a.b/"))

    blocks = channels.slack_body(letter)["blocks"]

    assert blocks[0]["text"]["text"] == "*&lt;!channel&gt; &amp; co*"
    assert blocks[1]["text"]["text"] == "<https://a.b/|Open>"


def test_slack_error_is_a_delivery_error(hook):
    hook.status = 500

    with pytest.raises(channels.DeliveryError, match="Slack answered 500"):
        channels.send(message(channel=Channel.SLACK), at=NOON)


def test_slack_says_how_long_to_wait(hook):
    hook.status, hook.wait = 429, "3600"
    at = database_now()
    row = message(channel=Channel.SLACK, next_try_at=at)

    services.deliver(at=at)

    row.refresh_from_db()
    assert row.next_try_at - at > timedelta(minutes=40)
    assert row.last_error == "Slack answered 429"


def test_slack_that_cannot_be_reached_is_a_delivery_error(settings):
    settings.SLACK_WEBHOOK_URL = "http://127.0.0.1:9/"

    with pytest.raises(channels.DeliveryError, match="cannot be reached"):
        channels.send(message(channel=Channel.SLACK), at=NOON)


class Mailbox:
    """What an SMTP server got, and how it answers."""

    def __init__(self):
        self.envelopes, self.answer = [], ""

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - its name
        if self.answer:
            return self.answer
        self.envelopes.append(envelope)
        return "250 OK"


@pytest.fixture
def mailbox(settings):
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=0)
    # A free port is known only once it listens.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server.port = free.getsockname()[1]
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    yield box
    server.stop()


def mailed(user):
    at = database_now()
    services.announce(notices=[breach(1, to=[user.pk])], at=at)
    services.deliver(at=at)
    return Message.objects.get(channel=Channel.MAIL, recipient=user)


def test_a_mail_reaches_a_real_server_in_text_and_html(mara, mailbox):
    row = mailed(mara)

    [envelope] = mailbox.envelopes
    letter = email.message_from_bytes(envelope.content, policy=policy.default)
    assert envelope.rcpt_tos == ["mara@example.com"]
    assert letter["To"] == "mara@example.com"
    assert letter["Message-ID"].startswith(f"<message-{row.pk}@")
    assert letter["List-Unsubscribe"].endswith("/notices/preferences/>")
    assert {part.get_content_type() for part in letter.iter_parts()} == {
        "text/plain",
        "text/html",
    }


def test_a_refused_mail_is_tried_again_under_the_same_id(mara, mailbox):
    mailbox.answer = "451 Come back later"
    row = mailed(mara)
    refused = row.last_error, row.attempts, row.done_at
    mailbox.answer = ""
    Message.objects.update(next_try_at=database_now())

    services.deliver(at=database_now())

    row.refresh_from_db()
    [envelope] = mailbox.envelopes
    assert refused == ("SMTPDataError: the mail server refused", 1, None)
    assert row.done_at is not None
    assert f"<message-{row.pk}@".encode() in envelope.content


def test_a_mail_refused_to_the_end_is_a_dead_letter_that_says_why(mara, mailbox):
    mailbox.answer = "550 No such person"
    row = mailed(mara)

    for _ in services.PAUSES:
        Message.objects.filter(pk=row.pk).update(next_try_at=database_now())
        services.deliver(at=database_now())

    row.refresh_from_db()
    assert row.dead_at is not None
    assert row.last_error == "SMTPDataError: the mail server refused"
