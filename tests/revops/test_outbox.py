"""Messages: written once per event and channel, claimed, sent, tried again, given up."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
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

    services.announce(notices=[breach(1), breach(2)], at=NOON)

    rows = Message.objects.order_by("id").values_list("key", "channel")
    assert list(rows) == [
        (key, channel) for key in ("breach:1", "breach:2") for channel in ("app", "mail", "slack")
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

    assert (first, second) == (2, 0)
    [letter] = mail.outbox
    assert letter.bcc == ["mara@example.com"]
    assert letter.extra_headers["Message-ID"].startswith("<message-")
    assert not Message.objects.filter(done_at__isnull=True).exists()


def test_letter_comes_from_the_function_of_its_kind(mara, settings):
    settings.OUTBOX_LETTERS = {"breach": "tests.revops.test_outbox.breach_letter"}
    at = database_now()
    services.announce(notices=[breach(7, to=[mara.pk], lead=12)], at=at)

    services.deliver(at=at)

    assert mail.outbox[0].subject == "Lead 12 is late"
    assert mail.outbox[0].body == "First.\n\nSecond."


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
    message(next_try_at=at, created_at=at)

    mine = services.claim(at=at)
    theirs = services.claim(at=at + timedelta(minutes=1))
    abandoned = services.claim(at=at + services.CLAIM + timedelta(seconds=1))

    assert [len(mine), len(theirs), len(abandoned)] == [1, 0, 1]
    assert abandoned[0].attempts == 2


def test_refused_message_is_tried_again_later(mara, monkeypatch):
    at = database_now()
    services.announce(notices=[breach(1, to=[mara.pk])], at=at)

    def refuse(_):
        raise channels.DeliveryError("the mail server refused")

    monkeypatch.setattr(channels, "send_mail", refuse)
    services.deliver(at=at)

    waiting = Message.objects.get(channel=Channel.MAIL)
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
    bodies = []

    def do_POST(self):
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def hook(settings):
    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.SLACK_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/"
    Hook.status = 200
    Hook.bodies = []
    yield Hook
    server.shutdown()
    thread.join()
    server.server_close()


def test_slack_gets_the_letter(hook):
    channels.send(message(channel=Channel.SLACK))

    assert hook.bodies[0]["text"].startswith("*Breach*\nbreach:1.")


def test_slack_error_is_a_delivery_error(hook):
    hook.status = 500

    with pytest.raises(channels.DeliveryError, match="Slack answered 500"):
        channels.send(message(channel=Channel.SLACK))


def test_slack_that_cannot_be_reached_is_a_delivery_error(settings):
    settings.SLACK_WEBHOOK_URL = "http://127.0.0.1:9/"

    with pytest.raises(channels.DeliveryError, match="cannot be reached"):
        channels.send(message(channel=Channel.SLACK))
