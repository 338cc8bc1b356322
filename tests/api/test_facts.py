"""Pauses by the API: stored, refused, told again, told late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from revops.database import database_now
from sla.choices import ClockKind
from sla.models import Clock, Evidence
from tests.api.conftest import body
from tests.factories.pipeline import HOUR

NOTE = "The form is empty."


@pytest.fixture
def lead_id(caller, roster):
    return caller.post("/leads/", body()).json()["id"]


def pause(caller, lead_id, **fields):
    told = {"reason": "waiting_on_marketing", "note": NOTE} | fields
    return caller.post(f"/leads/{lead_id}/pauses/", told)


def first_contact(lead_id):
    return Clock.objects.get(lead=lead_id, kind=ClockKind.FIRST_CONTACT, scope="lead")


def test_a_pause_and_a_resumption_are_stored(caller, lead_id):
    paused = pause(caller, lead_id)
    standing = first_contact(lead_id)
    resumed = caller.post(f"/leads/{lead_id}/resume/", {})

    assert (paused.status_code, resumed.status_code) == (201, 201)
    assert standing.paused_since is not None
    assert first_contact(lead_id).paused_since is None


def test_a_pause_told_again_changes_nothing(caller, lead_id):
    at = database_now().isoformat()
    first = pause(caller, lead_id, external_id="p-1", occurred_at=at)

    again = pause(caller, lead_id, external_id="p-1", occurred_at=at)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert Evidence.objects.filter(kind="paused").count() == 1


def test_another_pause_under_the_same_id_is_a_conflict(caller, lead_id):
    at = database_now()
    pause(caller, lead_id, external_id="p-1", occurred_at=at.isoformat())

    other = pause(
        caller, lead_id, external_id="p-1", occurred_at=(at - timedelta(seconds=1)).isoformat()
    )

    assert (other.status_code, other.json()["code"]) == (409, "told_differently")


def test_a_second_pause_now_is_a_conflict(caller, lead_id):
    pause(caller, lead_id)

    second = pause(caller, lead_id)

    assert (second.status_code, second.json()["code"]) == (409, "already_paused")


def test_a_resumption_told_before_its_pause_counts(caller, lead_id):
    at = database_now()
    resumed = caller.post(f"/leads/{lead_id}/resume/", {"occurred_at": at.isoformat()})

    pause(caller, lead_id, occurred_at=(at - timedelta(seconds=1)).isoformat())

    assert resumed.status_code == 201
    assert first_contact(lead_id).paused_since is None


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        pytest.param({"reason": "lunch"}, "/reason", id="unknown reason"),
        pytest.param({"reason": None}, "/reason", id="no reason"),
        pytest.param({"reason": "invalid_contact_data"}, "/reason", id="first contact is owed"),
        pytest.param({"note": ""}, "/note", id="nothing asked for"),
        pytest.param({"until": "soon"}, "/until", id="no date"),
        pytest.param({"until": "2020-01-01"}, "/until", id="a day gone by"),
        pytest.param({"until": "2099-01-01"}, "/until", id="past the cap"),
        pytest.param({"occurred_at": "2026-03-03T09:00"}, "/occurred_at", id="no offset"),
        pytest.param({"occurred_at": "2099-01-01T00:00Z"}, "/occurred_at", id="the future"),
        pytest.param({"note": "\x00"}, "/note", id="NUL"),
        pytest.param({"who": "me"}, "/who", id="unknown field"),
    ],
)
def test_a_pause_that_cannot_be_is_refused_by_name(caller, lead_id, fields, pointer):
    refused = pause(caller, lead_id, **fields)

    assert refused.status_code in {400, 422}
    if refused.status_code == 422:
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert not Evidence.objects.filter(kind="paused").exists()


def test_a_key_without_the_scope_and_an_unknown_lead_are_told_apart(make_caller, caller, lead_id):
    assert pause(make_caller("leads:read"), lead_id).status_code == 403
    assert pause(caller, lead_id + HOUR.seconds).status_code == 404


def call(caller, **fields):
    told = {"lead_external_id": "web-1", "kind": "call", "outcome": "no_answer"}
    told |= {"occurred_at": database_now().isoformat(), "external_id": "c-1"} | fields
    return caller.post("/activities/batch/", [told]).json()["data"][0]


def test_an_attempt_is_taken_back_by_id_once(caller, lead_id):
    stored = call(caller)
    assert first_contact(lead_id).status == "met"

    first = caller.post(f"/activities/{stored['id']}/void/", {})
    again = caller.post(f"/activities/{stored['id']}/void/", {})

    assert (first.status_code, first.json()["status"]) == (201, "voided")
    assert (again.status_code, again.json()["status"]) == (200, "unchanged")
    assert first_contact(lead_id).status == "pending"


def test_a_void_may_come_before_what_it_takes_back(caller, lead_id):
    early = caller.post("/activities/void/", {"external_id": "c-1"})
    again = caller.post("/activities/void/", {"external_id": "c-1"})

    call(caller)

    assert (early.json()["status"], again.status_code) == ("waiting", 200)
    assert first_contact(lead_id).status == "pending"
    late = caller.post("/activities/void/", {"external_id": "c-1"})
    assert late.json()["status"] == "unchanged"


@pytest.mark.parametrize("told", [{}, {"external_id": ""}, {"external_id": 5}, {"id": "c-1"}])
def test_a_void_that_names_nothing_is_refused(caller, told):
    assert caller.post("/activities/void/", told).status_code == 422


def test_an_unknown_attempt_is_not_there(caller):
    assert caller.post("/activities/999999/void/", {}).status_code == 404


def test_feedback_is_told_answered_and_withdrawn(caller, lead_id):
    path = f"/leads/{lead_id}/feedback/"
    notes = [caller.post(path, {"note": NOTE, "external_id": name}).json() for name in "ab"]
    again = caller.post(path, {"note": NOTE, "external_id": "a", "occurred_at": None})

    answered = caller.post(f"{path}answers/", {"answer": "noted", "items": [notes[0]["id"]]})
    withdrawn = caller.post(f"{path}{notes[1]['id']}/withdraw/", {})

    clocks = Clock.objects.filter(lead=lead_id, kind=ClockKind.MARKETING_FEEDBACK)
    assert (answered.status_code, withdrawn.status_code) == (201, 201)
    assert again.status_code == 409  # said at another instant under the same id
    assert set(clocks.values_list("status", flat=True)) == {"met", "cancelled"}


@pytest.mark.parametrize(
    ("path", "told", "status"),
    [
        pytest.param("", {}, 422, id="no words"),
        pytest.param("", {"note": " "}, 422, id="blank words"),
        pytest.param("", {"note": "x", "to": "cmo"}, 422, id="unknown field"),
        pytest.param("answers/", {"answer": "maybe"}, 422, id="unknown answer"),
        pytest.param("answers/", {"answer": "noted"}, 409, id="nothing to answer"),
        pytest.param("answers/", {"answer": "noted", "items": ["a"]}, 422, id="no id"),
        pytest.param("answers/", {"answer": "noted", "items": [2**40]}, 422, id="too large"),
        pytest.param("999999/withdraw/", {}, 404, id="no such note"),
    ],
)
def test_feedback_that_cannot_be_is_refused(caller, lead_id, path, told, status):
    assert caller.post(f"/leads/{lead_id}/feedback/{path}", told).status_code == status
