"""Pages on which running deadlines are planned again."""

from __future__ import annotations

import pytest

from definitions import services as documents
from revops.database import database_now
from sla import services
from sla.choices import EvidenceKind
from sla.models import Clock
from tests.factories.definitions import NOON
from tests.factories.people import OrganizationFactory, person
from tests.factories.pipeline import LeadFactory, RepFactory
from tests.sla.hours_pages import BACKEND, WEEK, edit, text_of

pytestmark = pytest.mark.django_db
SHORT_DAYS = dict.fromkeys(WEEK, "09:00-09:30")


@pytest.fixture
def calendar(client):
    OrganizationFactory()
    documents.install_defaults(at=NOON)
    client.force_login(person("rita"), backend=BACKEND)
    services.current_terms(at=NOON)
    return services.ensure_default_calendar(at=NOON)


@pytest.fixture
def running(calendar):
    """The clock of a lead assigned just now."""
    lead = LeadFactory()
    now = database_now()
    services.record_evidence(
        lead_id=lead.pk,
        kind=EvidenceKind.ASSIGNED,
        occurred_at=now,
        actor="system:test",
        at=now,
        rep_id=RepFactory().pk,
    )
    return Clock.objects.get(lead=lead, kind="first_contact", scope="lead")


def test_change_of_hours_leads_to_the_deadlines_that_would_move(client, calendar, running):
    answer = edit(client, calendar, **SHORT_DAYS)

    page = client.get(answer.url)

    assert answer.url == f"/calendars/{calendar.pk}/replan/"
    assert "Gains time" in text_of(page)
    assert Clock.objects.get(pk=running.pk).due_at == running.due_at


def test_deadline_moves_once_somebody_says_so(client, calendar, running):
    edit(client, calendar, **SHORT_DAYS)
    address = f"/calendars/{calendar.pk}/replan/"
    key = client.get(address).context["rows"][0].row.key

    answer = client.post(address, {"version": "2", "row": [key, "9-9-x"], "reason": "new_hours"})

    assert answer.status_code == 302
    assert Clock.objects.get(pk=running.pk).due_at > running.due_at
    told = text_of(client.get(answer.url))
    assert "1 deadline planned again. 1 other ended or moved meanwhile and stayed." in told


def test_all_that_gain_time_move_at_once(client, calendar, running):
    edit(client, calendar, **SHORT_DAYS)

    client.post(
        f"/calendars/{calendar.pk}/replan/",
        {"version": "2", "gaining": "1", "reason": "short_notice"},
    )

    assert Clock.objects.get(pk=running.pk).due_at > running.due_at


def test_lead_tells_that_its_deadline_was_planned_again(client, calendar, running):
    edit(client, calendar, **SHORT_DAYS)
    posted = {"version": "2", "gaining": "1", "reason": "short_notice"}
    client.post(f"/calendars/{calendar.pk}/replan/", posted)

    page = text_of(client.get(f"/leads/{running.lead_id}/"))

    assert "Deadline planned again: closed at short notice" in page


@pytest.mark.parametrize(
    ("posted", "status"),
    [
        pytest.param({"version": "2", "reason": "new_hours"}, 422, id="nothing chosen"),
        pytest.param({"version": "2", "gaining": "1"}, 422, id="no reason"),
        pytest.param({"version": "2", "gaining": "1", "reason": "whim"}, 422, id="odd reason"),
        pytest.param({"version": "1", "gaining": "1", "reason": "new_hours"}, 409, id="old page"),
        pytest.param({"gaining": "1", "reason": "new_hours"}, 409, id="no version"),
    ],
)
def test_odd_re_plans_are_answered_and_move_nothing(posted, status, client, calendar, running):
    edit(client, calendar, **SHORT_DAYS)

    answer = client.post(f"/calendars/{calendar.pk}/replan/", posted)

    assert answer.status_code == status
    assert Clock.objects.get(pk=running.pk).due_at == running.due_at


def test_nothing_to_move_is_said(client, calendar):
    assert "No running deadline would move" in text_of(
        client.get(f"/calendars/{calendar.pk}/replan/")
    )


def of_api(calendar):
    return f"/api/v1/calendars/{calendar.pk}/replan/"


def send(client, calendar, body):
    return client.post(of_api(calendar), body, content_type="application/json")


def test_api_shows_calendars_and_moves_chosen_deadlines(client, calendar, running):
    edit(client, calendar, **SHORT_DAYS)

    listed = client.get("/api/v1/calendars/").json()["data"]
    shown = client.get(of_api(calendar)).json()
    key = shown["data"][0]["key"]
    moved = send(client, calendar, {"version": 2, "reason": "new_hours", "keys": [key]})

    assert (listed[0]["version"], listed[0]["words"]) == (2, "Mon\u2013Fri 09:00\u201309:30")
    assert shown["data"][0]["extends"]
    assert [row["key"] for row in moved.json()["data"]] == [key]
    assert Clock.objects.get(pk=running.pk).due_at > running.due_at


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"version": 1, "reason": "new_hours"}, 409, id="older version"),
        pytest.param({"version": 2, "reason": "whim"}, 422, id="reason"),
        pytest.param({"version": "x", "reason": "new_hours"}, 422, id="version"),
        pytest.param({"version": 2, "reason": "new_hours", "keys": "all"}, 422, id="keys"),
        pytest.param({"version": 2, "reason": "new_hours", "key": []}, 422, id="unknown field"),
        pytest.param([], 422, id="no object"),
        pytest.param({"version": 2, "reason": "new_hours", "keys": []}, 200, id="none chosen"),
    ],
)
def test_api_answers_odd_bodies_and_moves_nothing(body, status, client, calendar, running):
    edit(client, calendar, **SHORT_DAYS)

    assert send(client, calendar, body).status_code == status
    assert Clock.objects.get(pk=running.pk).due_at == running.due_at


def test_api_lets_only_revops_plan_again(client, calendar):
    client.force_login(person("vera"), backend=BACKEND)

    assert client.get("/api/v1/calendars/").status_code == 200
    assert client.get(of_api(calendar)).status_code == 403
    assert send(client, calendar, {"version": 1, "reason": "new_hours"}).status_code == 403


def test_api_knows_no_other_calendar(client, calendar):
    assert client.get("/api/v1/calendars/4711/replan/").status_code == 404
