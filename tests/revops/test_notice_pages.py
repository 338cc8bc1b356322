"""The bell, the list behind it and the choices: one's own, in few statements."""

from datetime import timedelta

import pytest
from django.urls import reverse

from revops.database import database_now
from revops.outbox import selectors, services
from revops.outbox.choices import Channel, Timing, Topic
from revops.outbox.models import Message, Preference
from tests.factories.people import OrganizationFactory, person
from tests.factories.sla import ClockFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def vera(client):
    OrganizationFactory()
    vera = person("vera")
    client.force_login(vera)
    return vera


def told(user, clock, **fields):
    at = database_now()
    return Message.objects.create(
        **{
            "key": f"sla.ladder:{clock.pk}:1",
            "kind": "sla.escalated",
            "channel": Channel.APP,
            "recipient": user,
            "payload": {"clock": clock.pk},
            "created_at": at,
            "next_try_at": at,
            "done_at": at,
            **fields,
        }
    )


def test_the_bell_counts_what_is_not_read(client, vera):
    told(vera, ClockFactory())
    told(vera, ClockFactory(), read_at=database_now())

    page = client.get(reverse("people:profile"))

    assert "Notices, 1 not read" in page.text


def test_a_notice_carries_what_is_needed_to_act(client, vera):
    clock = ClockFactory()
    told(vera, clock)

    page = client.get(reverse("outbox:notices"))

    for words in (f"Missed: First contact on {clock.lead}", "Every lead is contacted in time."):
        assert words in page.text
    assert "of business time" in page.text
    assert "Open the lead" in page.text


def test_statements_do_not_grow_with_notices(client, vera, django_assert_num_queries):
    for many in (1, 6):
        for _ in range(many):
            told(vera, ClockFactory())
        client.get(reverse("outbox:notices"))  # reads the agreement once
        with django_assert_num_queries(11):
            client.get(reverse("outbox:notices"))


def test_opening_a_notice_marks_it_and_leads_there(client, vera):
    clock = ClockFactory()
    notice = told(vera, clock)

    answer = client.post(reverse("outbox:notice_read", args=[notice.pk]), {"go": "1"})

    notice.refresh_from_db()
    assert answer.url == reverse("pipeline:lead_detail", args=[clock.lead_id])
    assert notice.read_at is not None


def test_a_notice_is_opened_by_post_only(client, vera):
    notice = told(vera, ClockFactory())

    assert client.get(reverse("outbox:notice_read", args=[notice.pk])).status_code == 405


def test_somebody_elses_notice_is_not_found(client, vera):
    notice = told(person("olga"), ClockFactory())

    answer = client.post(reverse("outbox:notice_read", args=[notice.pk]))

    notice.refresh_from_db()
    assert (answer.status_code, notice.read_at) == (404, None)


def test_all_are_marked_except_what_came_later(client, vera):
    told(vera, ClockFactory())
    later = told(vera, ClockFactory(), created_at=database_now() + timedelta(hours=1))

    client.post(reverse("outbox:notices_read"))

    assert list(selectors.unread_of(vera)) == [later]


def test_a_notice_of_something_gone_says_so(client, vera):
    clock = ClockFactory()
    told(vera, clock)
    clock.delete()

    assert selectors.GONE in client.get(reverse("outbox:notices")).text


def test_an_empty_list_explains_itself(client, vera):
    assert "Nothing to tell you yet" in client.get(reverse("outbox:notices")).text


def choices(**changed):
    timings = selectors.chosen_timings(user=person("sam"))
    found = {f"{topic}-{channel}": timing.value for (topic, channel), timing in timings.items()}
    return found | changed


def test_choices_are_stored_and_shown(client, vera):
    answer = client.post(reverse("outbox:preferences"), choices(**{"missed-mail": "digest"}))

    assert answer.status_code == 302
    row = Preference.objects.get(user=vera, topic=Topic.MISSED, channel=Channel.MAIL)
    assert row.timing == Timing.DIGEST
    assert selectors.chosen_timings(user=vera)[Topic.MISSED, Channel.MAIL] == Timing.DIGEST


@pytest.mark.parametrize(
    ("field", "value"), [("missed-app", "digest"), ("missed-mail", "often"), ("deals-mail", "")]
)
def test_a_choice_that_is_not_offered_is_refused_by_name(client, vera, field, value):
    answer = client.post(reverse("outbox:preferences"), choices(**{field: value}))

    assert answer.status_code == 422
    assert not Preference.objects.exists()


def test_corrections_cannot_be_switched_off(client, vera):
    answer = client.post(reverse("outbox:preferences"), choices(**{"corrected-mail": "never"}))

    assert answer.status_code == 422


def test_pages_ask_for_a_login(client, db):
    for name in ("notices", "preferences"):
        assert client.get(reverse(f"outbox:{name}")).status_code == 302


def test_sweep_reaches_the_bell(client, vera):
    services.announce(
        notices=[
            services.Notice(
                key="one",
                kind="sla.escalated",
                payload={"clock": ClockFactory().pk, "to": [vera.pk]},
            )
        ],
        at=database_now(),
    )

    services.deliver(at=database_now())

    assert selectors.unread_of(vera).count() == 1


def test_a_dead_letter_is_seen_and_sent_again(client, vera):
    client.force_login(person("rita"))
    letter = told(
        vera,
        ClockFactory(),
        channel=Channel.MAIL,
        done_at=None,
        dead_at=database_now(),
        attempts=10,
        last_error="550 No such person",
    )

    page = client.get(reverse("outbox:undelivered"))
    client.post(reverse("outbox:undelivered_retry", args=[letter.pk]))

    letter.refresh_from_db()
    assert "550 No such person" in page.text
    assert (letter.dead_at, letter.attempts) == (None, 0)


@pytest.mark.parametrize("who", ["carla", "mara", "sam", "ed"])
def test_only_revops_sees_what_was_not_delivered(client, vera, who):
    client.force_login(person(who))

    assert client.get(reverse("outbox:undelivered")).status_code == 403


def test_what_was_delivered_is_not_sent_again(client, vera):
    client.force_login(person("rita"))
    notice = told(vera, ClockFactory())

    answer = client.post(reverse("outbox:undelivered_retry", args=[notice.pk]))

    assert answer.status_code == 404
