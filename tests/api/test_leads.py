"""Leads over HTTP: posted once, replayed byte for byte, in batches, upserted, read."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipeline.choices import Origin, Stage
from pipeline.models import IdempotentAnswer, Lead
from pipeline.services.answers import forget_answers
from pipeline.services.moves import move_rounds
from pipeline.services.rows import Move
from revops.people import keys
from tests.api.conftest import Caller, body
from tests.factories.definitions import activated
from tests.factories.people import person
from tests.factories.pipeline import DAY, MINUTE, NOON

pytestmark = pytest.mark.django_db


def statements(queries):
    control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
    return [query["sql"] for query in queries if not query["sql"].startswith(control)]


def warm(caller):
    """Two leads: the first writes the commitments of the SLA, the second reads them."""
    for number in (9998, 9999):
        caller.post("/leads/", body(number))


def test_a_lead_is_created_once_and_known_again(caller, roster):
    first = caller.post("/leads/", body())
    again = caller.post("/leads/", body(first_name="Somebody else"))

    assert first.status_code == 201
    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"]
    assert first.json()["stage"] == "assigned"
    assert Lead.objects.get().first_name == "Priya"


def test_the_same_key_and_body_get_the_stored_answer_byte_for_byte(caller, roster):
    first = caller.post("/leads/", body(), **{"Idempotency-Key": "k-1"})
    lead = Lead.objects.get()
    move_rounds(
        moves=[Move(lead_id=lead.pk, to=Stage.ACCEPTED)],
        actor="system:test",
        origin=Origin.JOB,
        at=lead.recorded_at,
    )

    replay = caller.post("/leads/", body(), **{"Idempotency-Key": "k-1"})

    assert replay.status_code == 201
    assert replay.content == first.content
    assert replay.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert Lead.objects.get().stage == "accepted"


def test_the_same_key_with_another_body_is_refused(caller, roster):
    caller.post("/leads/", body(), **{"Idempotency-Key": "k-1"})

    response = caller.post("/leads/", body(title="COO"), **{"Idempotency-Key": "k-1"})

    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "idempotency_key_reused"


def test_the_first_lead_of_a_new_database_is_judged_provisionally(db):
    _, token = keys.create_key(
        name="Website", scopes=["leads:write"], actor="system:test", at=NOON
    )

    response = Caller(token).post("/leads/", body())

    assert response.status_code == 201
    assert response.json()["stage"] == "mql"


def test_a_refused_body_is_not_stored_under_its_key(caller, roster):
    refused = caller.post("/leads/", body(surprise=1), **{"Idempotency-Key": "k-1"})
    accepted = caller.post("/leads/", body(), **{"Idempotency-Key": "k-1"})

    assert (refused.status_code, accepted.status_code) == (422, 201)


def test_a_lead_without_external_id_needs_an_idempotency_key(caller, roster):
    anonymous = {name: value for name, value in body().items() if name != "external_id"}

    refused = caller.post("/leads/", anonymous)
    created = caller.post("/leads/", anonymous, **{"Idempotency-Key": "k-1"})

    assert refused.status_code == 422
    assert refused.json()["errors"][0] == {
        "pointer": "/external_id",
        "code": "required",
        "detail": "external_id: is required",
    }
    assert created.status_code == 201


def test_the_stored_answer_holds_no_personal_data(caller, roster):
    caller.post("/leads/", body(), **{"Idempotency-Key": "k-1"})

    kept = IdempotentAnswer.objects.get().body
    assert "priya" not in kept.lower()


def test_stored_answers_are_forgotten_after_seven_days(caller, roster):
    caller.post("/leads/", body(), **{"Idempotency-Key": "k-1"})
    answered_at = IdempotentAnswer.objects.get().answered_at

    kept = forget_answers(at=answered_at + 7 * DAY)
    gone = forget_answers(at=answered_at + 7 * DAY + MINUTE)

    assert (kept, gone) == (0, 1)
    assert caller.post("/leads/", body(), **{"Idempotency-Key": "k-1"}).status_code == 200


def test_a_new_lead_costs_two_statements_with_a_warm_key(caller, roster):
    warm(caller)

    with CaptureQueriesContext(connection) as queries:
        response = caller.post("/leads/", body(2), **{"Idempotency-Key": "k-2"})

    assert response.status_code == 201
    assert response.json()["stage"] == "assigned"
    assert len(statements(queries)) == 2


def test_a_lead_without_agreed_context_costs_two_statements_as_well(caller, roster):
    activated("sla", at=NOON, is_signed=True)
    warm(caller)

    with CaptureQueriesContext(connection) as queries:
        response = caller.post("/leads/", body(2, company_size=None), **{"Idempotency-Key": "k"})

    assert response.status_code == 201
    assert len(statements(queries)) == 2
    clocks = caller.get("/clocks/?lead_external_id=web-2&kind=context").json()
    (clock,) = clocks["data"]
    assert (clock["status"], clock["side"]) == ("breached_closed", "marketing")
    assert "company" in clock["measure"]["missing"]
    (breach,) = caller.get("/breaches/?lead_external_id=web-2").json()["data"]
    assert (breach["side"], breach["cause"]) == ("marketing", "incomplete")


def test_a_batch_says_of_each_row_what_became_of_it(caller, roster):
    rows = [body(number) for number in range(1000)]
    rows[3] = body(3, created_at="2026-03-01T10:00:00")
    rows[14] = body(14, company_size="many")
    rows[159] = body(159, surprise=True)
    rows[265] = body(12)
    rows[358] = "rubbish"

    response = caller.post("/leads/batch/", {"source_system": "website", "leads": rows})

    answer = response.json()
    refused = {row["index"]: row["errors"][0] for row in answer["data"] if row["errors"]}
    assert response.status_code == 200
    assert (answer["created"], answer["errors"]) == (995, 5)
    assert [row["index"] for row in answer["data"]] == list(range(1000))
    assert refused[3]["code"] == "naive_time"
    assert refused[3]["pointer"] == "/created_at"
    assert {index: error["code"] for index, error in refused.items()} == {
        3: "naive_time",
        14: "wrong_type",
        159: "unknown_field",
        265: "duplicate_in_batch",
        358: "wrong_type",
    }
    assert Lead.objects.count() == 995


def test_a_batch_posted_again_changes_nothing(caller, roster):
    rows = [body(number) for number in range(20)]
    caller.post("/leads/batch/", {"leads": rows})

    answer = caller.post("/leads/batch/", {"leads": rows}).json()

    assert (answer["unchanged"], answer["created"], answer["updated"]) == (20, 0, 0)


def test_statements_of_a_batch_do_not_depend_on_its_size(caller, roster):
    warm(caller)
    counts = []

    for start, size in ((1000, 10), (2000, 200)):
        rows = [body(start + number) for number in range(size)]
        with CaptureQueriesContext(connection) as queries:
            caller.post("/leads/batch/", {"leads": rows})
        counts.append(len(statements(queries)))

    assert counts[0] == counts[1]


def test_put_creates_updates_and_says_when_nothing_changed(caller, roster):
    fields = {"title": "VP Operations", "email": "priya@halden.example"}

    created = caller.put("/leads/by-external-id/website/w-1/", fields)
    same = caller.put("/leads/by-external-id/website/w-1/", fields)
    updated = caller.put("/leads/by-external-id/website/w-1/", fields | {"title": "COO"})

    assert [one.status_code for one in (created, same, updated)] == [201, 200, 200]
    assert [one.json()["changed"] for one in (created, same, updated)] == [True, False, True]
    assert Lead.objects.get().title == "COO"


def test_put_on_an_older_version_is_refused(caller, roster):
    pk = caller.put("/leads/by-external-id/website/w-1/", {"title": "CEO"}).json()["id"]
    seen = caller.get(f"/leads/{pk}/").headers["ETag"]
    address = "/leads/by-external-id/website/w-1/"
    fresh = caller.put(address, {"title": "COO"}, **{"If-Match": seen})

    stale = caller.put(address, {"title": "CFO"}, **{"If-Match": seen})
    unknown = caller.put("/leads/by-external-id/website/w-2/", {}, **{"If-Match": "*"})

    assert (fresh.status_code, stale.status_code, unknown.status_code) == (200, 412, 412)
    assert Lead.objects.get().title == "COO"


def test_a_lead_is_listed_filtered_and_paged(caller, roster):
    caller.post("/leads/batch/", {"leads": [body(number) for number in range(5)]})

    first = caller.get("/leads/?limit=2").json()
    second = caller.client.get(
        first["next"], headers={"authorization": f"Bearer {caller.token}"}
    ).json()
    one = caller.get("/leads/?external_id=web-3").json()

    assert [row["external_id"] for row in first["data"]] == ["web-4", "web-3"]
    assert [row["external_id"] for row in second["data"]] == ["web-2", "web-1"]
    assert [row["external_id"] for row in one["data"]] == ["web-3"]
    assert one["next"] is None


def test_a_lead_is_shown_with_its_criteria_and_timeline(caller, roster):
    pk = caller.post("/leads/", body()).json()["id"]

    shown = caller.get(f"/leads/{pk}/")
    timeline = caller.get(f"/leads/{pk}/timeline/").json()["data"]
    unchanged = caller.get(f"/leads/{pk}/", **{"If-None-Match": shown.headers["ETag"]})

    assert shown.json()["rounds"][0]["explanation"]["rule"]["outcome"] == "pass"
    assert shown.json()["email"] == "priya1@halden.example"
    assert {entry["kind"] for entry in timeline} == {
        "captured", "touch", "transition", "assignment",
    }  # fmt: skip
    assert unchanged.status_code == 304


def test_people_read_by_their_session_and_viewers_see_no_personal_data(caller, roster):
    pk = caller.post("/leads/", body()).json()["id"]
    caller.token = None
    caller.client.force_login(person("ed"))

    shown = caller.get(f"/leads/{pk}/")
    refused = caller.post("/leads/", body(2))

    assert shown.status_code == 200
    assert (shown.json()["email"], shown.json()["first_name"]) == (None, None)
    assert refused.status_code == 403


def test_a_key_needs_the_scope(make_caller, roster):
    reader = make_caller("leads:read")

    assert reader.get("/leads/").status_code == 200
    assert reader.post("/leads/", body()).status_code == 403
    assert not Lead.objects.exists()


def test_a_revoked_key_is_refused_at_its_next_request(caller, roster):
    assert caller.get("/leads/").status_code == 200
    key = keys.ApiKey.objects.get()

    keys.revoke_key(key=key, actor="user:1", at=NOON)

    assert caller.get("/leads/").status_code == 401


@pytest.mark.parametrize(
    ("token", "code"),
    [
        pytest.param(None, "no_key", id="none"),
        pytest.param("sla_live_" + "0" * 16 + "_" + "x" * 43, "unknown_key", id="unknown"),
        pytest.param("nonsense", "unknown_key", id="nonsense"),
        pytest.param("x" * 5000, "unknown_key", id="long"),
    ],
)
def test_who_is_not_known_gets_401(installed, caller, token, code):
    caller.token = token

    response = caller.get("/leads/")

    assert response.status_code == 401
    assert response.json()["code"] == code
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_key_is_refused(make_caller, roster):
    expired = make_caller("leads:read", expires_at=NOON)

    assert expired.get("/leads/").status_code == 401
