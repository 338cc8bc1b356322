"""A process revision is read by everybody, answered once, and holds back a bare number."""

from __future__ import annotations

from datetime import date

import pytest

from definitions import services
from definitions.services.requests import RequestRefusedError
from sla.choices import ClockKind
from sla.models import MonthResult, ProcessRevision
from tests.factories.dashboards import AT, instant
from tests.factories.definitions import edited, sent, signed_version
from tests.factories.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agreement")]

ANSWER = {"cause": "Two reps were away, nobody covered.", "change": "Every absence has a cover."}
MONTHS = [date(2026, month, 1) for month in (8, 9, 10)]


@pytest.fixture
def revision():
    """First contact was missed from August to October."""
    for month in MONTHS:
        MonthResult.objects.create(
            month=month, kind=ClockKind.FIRST_CONTACT, side="sales", met=10, late=4, missed=2,
            excused=0, cancelled=0, still_open=0, target_rate="0.9", is_enforced=True,
            is_kept=False, closed_at=AT, actor="system:test",
        )  # fmt: skip
    return ProcessRevision.objects.create(
        kind=ClockKind.FIRST_CONTACT, side="sales", first_month=MONTHS[0],
        last_month=MONTHS[-1], opened_at=AT,
    )  # fmt: skip


@pytest.fixture
def address(revision):
    return f"/sla/revisions/{revision.pk}/"


def test_the_page_shows_the_months_that_were_missed(client, address):
    client.force_login(person("ed"))

    text = client.get(address).content.decode()

    assert "Sales missed it from August 2026 to October 2026" in text
    assert text.count("62.5%") == 3
    assert "The sales leader or RevOps answers it" in text


def test_the_leader_of_the_side_answers_it(client, address, revision):
    client.force_login(person("vera"))

    answer = client.post(address, ANSWER, follow=True)

    revision.refresh_from_db()
    assert revision.answered_by.name == "Vera Okoro"
    assert ANSWER["change"] in answer.content.decode()


@pytest.mark.parametrize("name", ["carla", "mara", "sam", "ed"])
def test_nobody_else_answers_it(client, address, name):
    client.force_login(person(name))

    assert client.post(address, ANSWER).status_code == 403


def test_an_answer_that_says_nothing_is_refused_at_its_field(client, address):
    client.force_login(person("rita"))

    page = client.post(address, {**ANSWER, "change": "we try"})

    assert page.status_code == 422
    assert "Say what changes in a sentence" in page.content.decode()
    assert ANSWER["cause"] in page.content.decode()


def test_who_comes_second_is_told_so(client, address):
    client.force_login(person("rita"))
    client.post(address, ANSWER)

    assert client.post(address, ANSWER).status_code == 409


@pytest.mark.parametrize("path", ["/sla/revisions/999999/", f"/sla/revisions/{10**20}/"])
def test_an_unknown_revision_is_not_found(client, address, path):
    client.force_login(person("rita"))

    assert client.get(path).status_code == 404
    assert client.post(f"/sla/share/{10**20}/revoke/").status_code == 404


@pytest.fixture
def cast():
    return {key: person(key) for key in ("rita", "carla", "vera")}


@pytest.fixture
def draft(cast):
    """A draft of a signed SLA."""
    signed_version("sla", cast=cast, at=instant("2026-10-01"))
    return services.open_draft(kind="sla", by=cast["rita"], at=AT)


FIRST_CONTACT = "commitments/first_contact"


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param({"allowance_amount": 24}, id="the time"),
        pytest.param({"target_rate": "0.50"}, id="the share"),
        pytest.param({"unit": "calendar_hours", "allowance_amount": 24}, id="the unit"),
    ],
)
def test_a_bare_number_waits_for_the_answer(cast, draft, revision, numbers):
    edited(draft, key=FIRST_CONTACT, by=cast["rita"], at=AT, **numbers)

    with pytest.raises(RequestRefusedError, match=f"process revision {revision.pk}"):
        sent(draft, by=cast["rita"], at=AT)


def test_after_the_answer_the_number_may_change(client, cast, draft, address):
    edited(draft, key=FIRST_CONTACT, by=cast["rita"], at=AT, allowance_amount=6)
    client.force_login(cast["vera"])
    client.post(address, ANSWER)

    assert sent(draft, by=cast["rita"], at=AT).pk


def test_a_promise_changed_in_more_than_its_number_is_not_held_back(cast, draft, revision):
    edited(
        draft, key=FIRST_CONTACT, by=cast["rita"], at=AT, allowance_amount=6,
        stops="The first call that was answered",
    )  # fmt: skip

    assert sent(draft, by=cast["rita"], at=AT).pk


def test_another_promise_may_change(cast, draft, revision):
    edited(draft, key="commitments/sal_review", by=cast["rita"], at=AT, allowance_amount=3)

    assert sent(draft, by=cast["rita"], at=AT).pk


def test_the_editor_shows_it_beside_the_clause(client, cast, draft, revision):
    edited(draft, key=FIRST_CONTACT, by=cast["rita"], at=AT, allowance_amount=6)
    client.force_login(cast["rita"])

    text = client.get(f"/drafts/sla/clauses/{FIRST_CONTACT}/").content.decode()

    assert f"process revision {revision.pk} is not answered" in text
