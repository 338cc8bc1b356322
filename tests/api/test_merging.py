"""Merging by the API: posts under the other lead's id reach the survivor."""

from __future__ import annotations

import pytest

from pipeline.models import Activity, Lead
from revops.database import database_now
from tests.api.conftest import body


@pytest.fixture
def pair(caller, roster):
    return [caller.post("/leads/", body(number)).json()["id"] for number in (1, 2)]


def merge(caller, lead_id, into, **fields):
    return caller.post(f"/leads/{lead_id}/merge/", {"into": into} | fields)


def test_a_merge_is_told_twice_and_done_once(caller, pair):
    gone, kept = pair

    answers = [merge(caller, gone, kept) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert caller.get(f"/leads/{gone}/")["Location"] == f"/api/v1/leads/{kept}/"


def test_later_posts_under_the_id_of_the_merged_lead_reach_the_survivor(caller, pair):
    gone, kept = pair
    merge(caller, gone, kept)

    posted = caller.post("/leads/", body(1))
    put = caller.put("/leads/by-external-id/api/web-1/", {"title": "VP Sales"})
    act = caller.post(
        "/activities/batch/",
        [{"lead_external_id": "web-1", "kind": "call", "occurred_at": database_now().isoformat()}],
    )

    assert (posted.status_code, posted.json()["id"]) == (200, kept)
    assert (put.json()["id"], put.json()["changed"]) == (kept, True)
    assert Lead.objects.get(pk=kept).title == "VP Sales"
    assert Activity.objects.get(pk=act.json()["data"][0]["id"]).lead_id == kept


def test_decisions_on_the_merged_lead_are_decisions_on_the_survivor(caller, pair):
    gone, kept = pair
    merge(caller, gone, kept)

    done = caller.post(f"/leads/{gone}/transitions/", {"to": "accepted"})

    assert done.json()["lead_id"] == kept


@pytest.mark.parametrize(
    ("told", "status"),
    [
        pytest.param({}, 422, id="nothing"),
        pytest.param({"into": "2"}, 422, id="no number"),
        pytest.param({"into": 0}, 422, id="zero"),
        pytest.param({"into": 2**70}, 422, id="too large"),
        pytest.param({"into": 999999}, 422, id="no such lead"),
        pytest.param({"into": 1, "why": "x"}, 422, id="unknown field"),
    ],
)
def test_a_merge_that_cannot_be_is_refused(caller, pair, told, status):
    assert caller.post(f"/leads/{pair[0]}/merge/", told).status_code == status


def test_a_lead_is_not_merged_into_itself(caller, pair):
    refused = merge(caller, pair[0], pair[0])

    assert (refused.status_code, refused.json()["code"]) == (409, "merge_not_allowed")
