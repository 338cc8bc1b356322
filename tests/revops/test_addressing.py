"""From events to people: once each, as they chose, in business hours, together after a storm."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connections

from revops.outbox import addressing, channels, services
from revops.outbox.choices import Channel, Timing, Topic
from revops.outbox.models import Message, Preference
from revops.outbox.services import Notice
from revops.people.models import Rep
from tests.factories.people import UserFactory, person
from tests.factories.sla import CalendarVersionFactory

# A Tuesday, ten in the morning in New York; it opens at nine.
TUESDAY = datetime(2026, 3, 3, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVENING = TUESDAY + 9 * HOUR
WEDNESDAY_OPENS = TUESDAY + 23 * HOUR
LETTERS = {"sla.escalated": "tests.revops.test_addressing.letter"}
pytestmark = pytest.mark.django_db


def letter(payload):
    return channels.Letter(subject=f"Missed {payload['clock']}", lines=("Call now.",))


@pytest.fixture(autouse=True)
def _configured(settings):
    settings.MAIL = {"EMAIL_HOST": "mail.example"}
    settings.SLACK_WEBHOOK_URL = ""
    settings.OUTBOX_LETTERS = LETTERS


@pytest.fixture
def hours(db):
    """The company works from nine to five in New York."""
    version = CalendarVersionFactory()
    version.calendar.is_default = True
    version.calendar.save()


@pytest.fixture
def vera(db):
    return person("vera")


def missed(clock, *people, **payload):
    return Notice(
        key=f"sla.ladder:{clock}:1",
        kind="sla.escalated",
        payload={"clock": clock, "to": [user.pk for user in people], **payload},
    )


def corrected(clock):
    return Notice(
        key=f"sla.breach_revised:{clock}",
        kind="sla.breach_rescinded",
        payload={"clock": clock},
    )


def prefer(user, topic, timing, channel=Channel.MAIL):
    Preference.objects.create(user=user, topic=topic, channel=channel, timing=timing)


def addressed(channel=Channel.MAIL):
    return Message.objects.filter(channel=channel).exclude(
        recipient__isnull=True, rep__isnull=True
    )


def test_each_person_gets_one_message_by_each_channel(vera):
    sam = UserFactory(role="sales_rep")
    rep = Rep.objects.create(name="Sam", external_id="sam", user=sam)
    services.announce(notices=[missed(1, vera, vera, sam, rep=rep.pk)], at=TUESDAY)

    for _ in range(2):
        services.prepare(at=TUESDAY)

    rows = addressed(Channel.MAIL), addressed(Channel.APP)
    assert [set(row.values_list("recipient", flat=True)) for row in rows] == [
        {vera.pk, sam.pk},
        {vera.pk, sam.pk},
    ]
    assert [row.count() for row in rows] == [2, 2]


def test_a_rep_without_a_login_gets_mail_and_nothing_in_the_app(db):
    rep = Rep.objects.create(name="Bo", external_id="bo", email="bo@example.com")
    services.announce(notices=[missed(1, rep=rep.pk)], at=TUESDAY)

    services.prepare(at=TUESDAY)

    assert addressed().get().rep == rep
    assert not addressed(Channel.APP).exists()


def test_what_shows_in_the_app_is_there_at_once(vera, hours):
    services.announce(notices=[missed(1, vera)], at=EVENING)

    services.prepare(at=EVENING)

    row = addressed(Channel.APP).get()
    assert (row.done_at, row.read_at) == (EVENING, None)


def test_mail_waits_for_business_hours(vera, hours):
    services.announce(notices=[missed(1, vera)], at=EVENING)

    services.deliver(at=EVENING)

    assert mail.outbox == []
    assert addressed().get().next_try_at == WEDNESDAY_OPENS


def test_who_wants_nothing_gets_nothing(vera):
    prefer(vera, Topic.MISSED, Timing.NEVER)
    services.announce(notices=[missed(1, vera)], at=TUESDAY)

    services.prepare(at=TUESDAY)

    assert not addressed().exists()
    assert addressed(Channel.APP).exists()


def test_a_digest_leaves_as_one_mail_in_the_morning(vera, hours):
    prefer(vera, Topic.MISSED, Timing.DIGEST)
    services.announce(notices=[missed(1, vera), missed(2, vera)], at=TUESDAY)
    services.prepare(at=TUESDAY)
    planned = set(addressed().values_list("next_try_at", flat=True))

    services.deliver(at=WEDNESDAY_OPENS)

    [digest] = mail.outbox
    assert planned == {WEDNESDAY_OPENS}
    assert digest.subject == "Missed 1, and 1 more notice"
    assert "-- Missed 2" in digest.body
    assert digest.to == [vera.email]


def test_a_storm_leaves_as_one_mail(vera):
    services.announce(notices=[missed(clock, vera) for clock in range(1, 7)], at=TUESDAY)

    services.deliver(at=TUESDAY)

    [storm] = mail.outbox
    assert storm.subject == "Missed 1, and 5 more notices"
    assert not Message.objects.unsent().exists()


def test_five_notices_leave_one_by_one(vera):
    services.announce(notices=[missed(clock, vera) for clock in range(1, 6)], at=TUESDAY)

    services.deliver(at=TUESDAY)

    assert len(mail.outbox) == 5


def test_a_correction_goes_to_those_who_had_the_notice(vera):
    UserFactory(role="sales_leader")
    services.announce(notices=[missed(1, vera)], at=TUESDAY)
    services.deliver(at=TUESDAY)
    services.announce(notices=[corrected(1), corrected(2)], at=TUESDAY + HOUR)

    services.prepare(at=TUESDAY + HOUR)

    told = addressed().filter(kind="sla.breach_rescinded").get()
    assert told.recipient == vera


def test_a_correction_waits_for_its_notice(vera, hours, monkeypatch):
    services.announce(notices=[missed(1, vera)], at=TUESDAY)
    services.announce(notices=[corrected(1)], at=TUESDAY)
    services.prepare(at=TUESDAY)
    notice = addressed().get(kind="sla.escalated")
    Message.objects.filter(pk=notice.pk).update(next_try_at=TUESDAY + HOUR)

    early = services.claim(at=TUESDAY)
    late = services.claim(at=TUESDAY + HOUR)

    assert early == []
    assert [row.kind for row in late] == ["sla.escalated"]


def test_a_correction_joins_the_digest_of_its_notice(vera, hours):
    prefer(vera, Topic.MISSED, Timing.DIGEST)
    services.announce(notices=[missed(1, vera)], at=TUESDAY)
    services.prepare(at=TUESDAY)

    services.announce(notices=[corrected(1)], at=TUESDAY)
    services.prepare(at=TUESDAY)

    row = addressed().get(kind="sla.breach_rescinded")
    assert (row.timing, row.next_try_at) == (Timing.DIGEST, WEDNESDAY_OPENS)


def test_statements_do_not_grow_with_events(vera, django_assert_num_queries):
    prefer(vera, Topic.MISSED, Timing.DIGEST)
    for many in (1, 40):
        services.announce(
            notices=[missed(100 * many + clock, vera) for clock in range(many)], at=TUESDAY
        )
        with django_assert_num_queries(6):
            addressing.address(at=TUESDAY)


def slow_server(path):
    """Return a mail server that takes its time, so that a kill finds the sender busy."""

    def send_mail(message, _):
        with path.open("a") as file:
            file.write(f"{message.pk}\n")
        time.sleep(0.02)

    return send_mail


def deliverer(path):
    pid = os.fork()
    if pid:
        return pid
    try:
        connections.close_all()
        channels.send_mail = slow_server(path)
        services.deliver(at=TUESDAY)
    finally:
        os._exit(0)


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_killed_senders_leave_every_message_sent_and_at_most_one_twice_each(tmp_path):
    users = [UserFactory() for _ in range(40)]
    services.announce(notices=[missed(1, *users)], at=TUESDAY)
    path = tmp_path / "mails"
    connections.close_all()

    killed = [deliverer(path) for _ in range(2)]
    time.sleep(0.6)
    for pid in killed:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    Message.objects.filter(done_at__isnull=True).update(locked_until=None)
    connections.close_all()
    for pid in [deliverer(path) for _ in range(2)]:
        os.waitpid(pid, 0)

    sent = path.read_text().split()
    assert addressed().count() == 40
    assert set(sent) == {str(pk) for pk in addressed().values_list("pk", flat=True)}
    assert len(sent) <= 40 + len(killed)
    assert not Message.objects.unsent().exists()
