"""People say that they have read the definitions, once for each version."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from definitions import selectors, services
from definitions.models import Acknowledgement
from revops.outbox.models import Message
from revops.outbox.rendering import letter_of
from tests.factories.definitions import DAY, MINUTE, NOON, activated, signed_version

ASKED = "New here? Read what MQL, SAL and SQL mean: 3 minutes"


def read(user, *, number=1, at=NOON):
    return services.acknowledge_definitions(number=number, by=user, at=at)


def reminders():
    return Message.objects.filter(kind="reading_reminder", channel="app").order_by("pk")


def test_reading_is_stored_once(cast):
    first = read(cast["sam"])
    second = read(cast["sam"], at=NOON + MINUTE)

    assert second == first
    assert Acknowledgement.objects.get().acknowledged_at == NOON


def test_database_refuses_a_second_acknowledgement(cast):
    stored = read(cast["sam"])

    with pytest.raises(IntegrityError, match="definitions_acknowledgement_once"):
        Acknowledgement.objects.create(
            version=stored.version, reader=cast["sam"], acknowledged_at=NOON, actor="user:0"
        )


def test_only_the_version_in_use_can_be_acknowledged(cast):
    signed_version("definitions", cast=cast, at=NOON)

    with pytest.raises(services.ReadingStaleError, match="Version 2 is in use now"):
        read(cast["sam"], number=1, at=NOON + DAY)

    assert not Acknowledgement.objects.exists()


def test_a_new_version_asks_again_and_shows_only_what_changed(cast):
    read(cast["sam"])
    signed_version(
        "definitions", cast=cast, at=NOON, terms__mql={"summary": "A lead with a budget."}
    )

    page = selectors.reading_of(reader=cast["sam"], at=NOON + DAY)

    assert page.acknowledged_at is None
    assert page.before.number == 1
    assert page.changes[0].title == "Marketing qualified lead"
    assert "terms/sal" not in [change.key for change in page.changes]
    assert page.changes[0].added == ("A lead with a budget.",)


def test_the_roll_names_those_who_have_not_read_first(cast):
    read(cast["carla"])
    in_use = selectors.version_in_use(kind="definitions", at=NOON)

    roll = selectors.roll_of(version=in_use.version)

    assert roll[-1].reader == cast["carla"]
    assert roll[-1].acknowledged_at == NOON
    assert {line.reader for line in roll[:-1]} >= {cast["sam"], cast["mara"], cast["ed"]}


def test_a_reminder_goes_once_to_each_who_has_not_read(cast):
    read(cast["sam"])

    first = services.remind_readers(by=cast["vera"], at=NOON + MINUTE)
    second = services.remind_readers(by=cast["rita"], at=NOON + DAY)

    told = [message.payload["to"] for message in reminders()]
    assert first == len(told) > 2
    assert second == 0
    assert [cast["sam"].pk] not in told
    assert [cast["mara"].pk] in told


@pytest.mark.parametrize("key", ["sam", "mara", "ed"])
def test_only_revops_and_leaders_remind(cast, key):
    with pytest.raises(services.NotAllowedError):
        services.remind_readers(by=cast[key], at=NOON)


def test_the_reminder_leads_to_the_page(cast):
    services.remind_readers(by=cast["vera"], at=NOON)

    letter = letter_of(reminders().first(), at=NOON)

    assert letter.subject == "Please read what our words mean: Definitions v1"
    assert "Vera Okoro asks you" in letter.lines[0]
    assert "/reading/" in letter.lines[1]


def test_everybody_who_has_not_read_is_asked_until_they_have(as_):
    client = as_("sam")

    before = client.get("/agreement/").content.decode()
    answer = client.post("/reading/", {"number": 1}, follow=True)
    after = client.get("/agreement/").content.decode()

    assert ASKED in before
    assert "You have read this" in answer.content.decode()
    assert ASKED not in after


def test_the_banner_costs_no_statement(as_, cast):
    client = as_("sam")
    counted = []
    for _ in range(2):
        client.get("/verify/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/verify/")
        counted.append(len(captured))
        services.acknowledge_definitions(number=1, by=cast["sam"], at=NOON + timedelta(days=1))

    assert counted[0] == counted[1]


def test_who_signed_a_version_has_read_it(as_, cast):
    signed_version("definitions", cast=cast, at=NOON)
    in_use = selectors.version_in_use(kind="definitions", at=NOON + DAY)

    read = {line.reader for line in selectors.roll_of(version=in_use.version)
            if line.acknowledged_at is not None}  # fmt: skip
    page = selectors.reading_of(reader=cast["vera"], at=NOON + DAY)

    assert read == {cast["rita"], cast["carla"], cast["vera"]}
    assert page.acknowledged_at is not None
    assert ASKED not in as_("vera").get("/agreement/").content.decode()
    assert ASKED in as_("sam").get("/agreement/").content.decode()


def test_signing_another_document_is_not_reading_the_definitions(as_, cast):
    signed_version("sla", cast=cast, at=NOON)

    assert ASKED in as_("vera").get("/agreement/").content.decode()


def test_a_signer_of_an_earlier_version_is_shown_what_changed(cast):
    terms = signed_version("definitions", cast=cast, at=NOON).content["terms"]
    changed = {**terms, "mql": {**terms["mql"], "summary": "A lead with a budget."}}
    activated("definitions", at=NOON + 2 * DAY, terms=changed)

    page = selectors.reading_of(reader=cast["vera"], at=NOON + 3 * DAY)

    assert page.before.number == 2
    assert [change.title for change in page.changes] == ["Marketing qualified lead"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param({}, 422, id="nothing"),
        pytest.param({"number": "one"}, 422, id="no number"),
        pytest.param({"number": "9" * 40}, 422, id="huge"),
        pytest.param({"number": 2}, 409, id="another version"),
    ],
)
def test_what_was_not_read_is_not_stored(as_, sent, status):
    response = as_("sam").post("/reading/", sent)

    assert response.status_code == status
    assert not Acknowledgement.objects.exists()


@pytest.mark.parametrize("key", ["sam", "mara", "ed"])
def test_only_revops_and_leaders_see_who_has_read(as_, key):
    client = as_(key)

    assert client.get("/reading/readers/").status_code == 403
    assert client.post("/reading/remind/").status_code == 403


def test_leaders_see_the_roll_and_remind(as_):
    client = as_("carla")

    page = client.get("/reading/readers/").content.decode()
    answer = client.post("/reading/remind/", follow=True).content.decode()

    assert "Not yet" in page
    assert "Reminded " in answer
    assert "Remind those who have not" not in answer


def test_the_roll_asks_as_many_queries_however_many_have_read(as_, cast):
    client = as_("carla")
    client.get("/reading/readers/")
    with CaptureQueriesContext(connection) as nobody:
        client.get("/reading/readers/")
    for key in ("sam", "mara", "ed"):
        read(cast[key])
    with CaptureQueriesContext(connection) as several:
        client.get("/reading/readers/")

    assert len(several) == len(nobody) <= 9
