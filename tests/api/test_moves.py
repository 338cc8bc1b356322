"""Decisions, assignments, acts and deals over HTTP."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.models import Activity, Lead, Opportunity, Touch, Transition
from revops.database import database_now
from revops.people import keys
from revops.people.models import Absence
from sla.models import Breach, Clock
from tests.api.conftest import body
from tests.factories.definitions import activated

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(caller, roster):
    caller.post("/leads/", body())
    return Lead.objects.get()


def test_a_bare_reject_is_refused_with_the_definition_quoted(caller, lead):
    response = caller.post(f"/leads/{lead.pk}/transitions/", {"to": "rejected"})

    told = response.json()
    assert response.status_code == 422
    assert told["code"] == "reason_required"
    assert told["errors"][0]["pointer"] == "/reason"
    assert told["definition"]["version"] == 1
    assert told["definition"]["term"] == "sal"
    assert told["definition"]["quote"] in told["detail"]
    assert "unreachable" in {reason["code"] for reason in told["definition"]["reasons"]}
    assert not Transition.objects.filter(to_stage="rejected").exists()


@pytest.mark.parametrize("reason", ["", "   ", "made_up", "price", "not_recorded"])
def test_a_reject_needs_a_reason_of_the_list(caller, lead, reason):
    response = caller.post(f"/leads/{lead.pk}/transitions/", {"to": "rejected", "reason": reason})

    assert response.status_code == 422
    lead.refresh_from_db()
    assert lead.stage == "assigned"


def test_a_lead_is_rejected_with_a_reason_and_the_clocks_follow(caller, lead):
    response = caller.post(
        f"/leads/{lead.pk}/transitions/", {"to": "rejected", "reason": "not_icp_company"}
    )

    assert response.status_code == 201
    assert response.json()["stage"] == "rejected"
    assert (
        Transition.objects.get(to_stage="rejected").actor == f"key:{keys.ApiKey.objects.get().pk}"
    )
    assert Clock.objects.get(kind="sal_review", scope="lead").status == "met"


def test_a_move_the_stage_does_not_allow_is_a_conflict(caller, lead):
    caller.post(f"/leads/{lead.pk}/transitions/", {"to": "rejected", "reason": "not_icp_company"})

    response = caller.post(f"/leads/{lead.pk}/transitions/", {"to": "accepted"})

    assert response.status_code == 409


def test_working_is_a_disposition_without_a_stage(caller, lead):
    response = caller.post(f"/leads/{lead.pk}/transitions/", {"to": "working", "note": "Trying"})

    assert response.status_code == 201
    assert response.json()["stage"] == "assigned"


def test_who_has_seen_an_older_version_is_told(caller, lead):
    seen = caller.get(f"/leads/{lead.pk}/").headers["ETag"]
    fresh = caller.post(f"/leads/{lead.pk}/transitions/", {"to": "accepted"}, **{"If-Match": seen})

    stale = caller.post(f"/leads/{lead.pk}/transitions/", {"to": "sql"}, **{"If-Match": seen})

    assert (fresh.status_code, stale.status_code) == (201, 412)
    assert stale.headers["ETag"] == fresh.headers["ETag"] != seen


@pytest.mark.parametrize(
    ("scope", "to", "allowed"),
    [
        ("dispositions:write", "accepted", True),
        ("dispositions:write", "sql", False),
        ("stages:write", "accepted", False),
        ("leads:write", "accepted", False),
    ],
)
def test_scopes_of_decisions(make_caller, lead, scope, to, allowed):
    limited = make_caller(scope)

    response = limited.post(f"/leads/{lead.pk}/transitions/", {"to": to})

    assert (response.status_code != 403) is allowed


def test_a_lead_is_reassigned_to_a_named_rep(caller, lead, roster):
    other = next(rep for rep in roster if rep != lead.owner)

    response = caller.post(
        f"/leads/{lead.pk}/assignments/", {"rep_external_id": other.external_id}
    )
    unknown = caller.post(f"/leads/{lead.pk}/assignments/", {"rep_external_id": "nobody"})

    assert response.status_code == 201
    assert response.json()["rep"]["external_id"] == other.external_id
    assert unknown.status_code == 422


def test_assigning_to_somebody_away_is_refused_and_names_the_cover(caller, lead, roster):
    absent = next(rep for rep in roster if rep != lead.owner)
    today = database_now().date()
    Absence.objects.create(
        rep=absent,
        starts_on=today - timedelta(days=2),
        ends_on=today + timedelta(days=2),
        cover=lead.owner,
    )

    response = caller.post(
        f"/leads/{lead.pk}/assignments/", {"rep_external_id": absent.external_id}
    )

    problem = response.json()
    assert response.status_code == 422
    assert problem["code"] == "rep_away"
    assert problem["cover"]["external_id"] == lead.owner.external_id
    assert problem["errors"][0]["pointer"] == "/rep_external_id"


def test_touches_are_stored_once_and_qualify_leads(caller, roster):
    caller.post("/leads/", body(hand_raiser=False))
    rows = [
        {"lead_external_id": "web-1", "kind": "demo_request", "external_id": "t-1",
         "occurred_at": "2026-06-01T10:00:00Z"},
        {"lead_external_id": "nobody", "kind": "webinar", "occurred_at": "2026-06-01T10:00:00Z"},
        {"lead_external_id": "web-1", "kind": "magic", "occurred_at": "2026-06-01T10:00:00Z"},
    ]  # fmt: skip
    first = caller.post("/touches/batch/", {"touches": rows}).json()

    again = caller.post("/touches/batch/", {"touches": rows}).json()

    assert [row["status"] for row in first["data"]] == ["created", "error", "error"]
    assert first["data"][1]["errors"][0]["code"] == "unknown_lead"
    assert [row["status"] for row in again["data"]] == ["unchanged", "error", "error"]
    assert Touch.objects.count() == 1


def test_activities_are_stored_once_and_stop_the_clock(caller, lead):
    rows = [{"lead_external_id": "web-1", "kind": "call", "external_id": "a-1",
             "outcome": "connected", "occurred_at": lead.recorded_at.isoformat()}]  # fmt: skip
    first = caller.post("/activities/batch/", {"activities": rows}).json()

    again = caller.post("/activities/batch/", {"activities": rows}).json()

    assert first["data"][0]["status"] == "created"
    assert again["data"][0]["status"] == "unchanged"
    assert Activity.objects.count() == 1
    assert Clock.objects.get(kind="first_contact", scope="lead").status == "met"


def test_a_deal_is_opened_and_lost_for_a_reason_of_the_list(caller, lead):
    created = caller.post(
        "/opportunities/",
        {"external_id": "d-1", "lead_external_id": "web-1", "name": "Halden",
         "amount": "1200.50", "currency": "EUR",
         "created_at": lead.recorded_at.isoformat(),
         "accepted_at": lead.recorded_at.isoformat()},
    )  # fmt: skip
    pk = created.json()["id"]
    bare = caller.post(f"/opportunities/{pk}/transitions/", {"to": "lost"})
    lost = caller.post(f"/opportunities/{pk}/transitions/", {"to": "lost", "reason": "price"})
    again = caller.post(f"/opportunities/{pk}/transitions/", {"to": "won"})
    shown = caller.get("/opportunities/?outcome=lost").json()

    assert created.status_code == 201
    assert created.json()["amount"] == {"amount": "1200.50", "currency": "EUR"}
    assert bare.status_code == 422
    assert bare.json()["definition"]["term"] == "closed_lost"
    assert (lost.status_code, lost.json()["lost_reason"]) == (201, "price")
    assert again.status_code == 409
    assert [deal["external_id"] for deal in shown["data"]] == ["d-1"]
    assert Opportunity.objects.get().outcome == "lost"


FUTURE = "2099-01-01T00:00:00Z"


@pytest.fixture
def deal_id(caller, lead):
    moment = lead.recorded_at.isoformat()
    row = {"external_id": "d-1", "lead_external_id": "web-1", "created_at": moment,
           "amount": "1200.50", "currency": "EUR"}  # fmt: skip
    return caller.post("/opportunities/", row).json()["id"]


@pytest.mark.parametrize(
    ("sent", "term"),
    [
        pytest.param({"to": "lost"}, "closed_lost", id="lost without a reason"),
        pytest.param({"to": "lost", "reason": "bad"}, "closed_lost", id="an unknown reason"),
        pytest.param(
            {"to": "lost", "reason": "not_icp_company"}, "closed_lost", id="another list's"
        ),
        pytest.param({"to": "won", "occurred_at": FUTURE}, "closed_won", id="won tomorrow"),
        pytest.param(
            {"to": "accepted", "occurred_at": FUTURE}, "opportunity", id="accepted tomorrow"
        ),
    ],
)
def test_every_refused_move_of_a_deal_quotes_the_term_and_version(caller, deal_id, sent, term):
    response = caller.post(f"/opportunities/{deal_id}/transitions/", sent)

    told = response.json()
    assert response.status_code == 422
    assert told["definition"]["term"] == term
    assert told["definition"]["version"] == 1
    assert told["definition"]["address"] == f"/definitions/{term.replace('_', '-')}/"
    assert "provisional: not agreed" in told["detail"]
    assert Opportunity.objects.get().outcome == ""


@pytest.mark.parametrize(
    ("sent", "term"),
    [
        pytest.param({"outcome": "lost"}, "closed_lost", id="lost without a reason"),
        pytest.param({"outcome": "won", "closed_at": FUTURE}, "closed_won", id="won tomorrow"),
        pytest.param({"accepted_at": FUTURE}, "opportunity", id="accepted tomorrow"),
    ],
)
def test_a_deal_that_comes_whole_is_refused_with_the_same_words(caller, lead, sent, term):
    row = {"external_id": "d-2", "lead_external_id": "web-1", **sent}

    told = caller.post("/opportunities/", row).json()

    assert told["status"] == 422
    assert told["definition"]["term"] == term
    assert told["definition"]["quote"] in told["detail"]


def test_a_mistake_about_no_term_quotes_none(caller, lead):
    row = {"external_id": "d-2", "lead_external_id": "nobody"}

    assert "definition" not in caller.post("/opportunities/", row).json()


def test_a_reason_is_refused_by_the_list_of_the_day_the_deal_was_lost(caller, deal_id):
    before = Opportunity.objects.get().recorded_at
    activated("definitions", at=before + timedelta(microseconds=1))
    moves = f"/opportunities/{deal_id}/transitions/"

    told = [
        caller.post(moves, {"to": "lost", "reason": "bad", **when}).json()["definition"]["version"]
        for when in ({"occurred_at": before.isoformat()}, {})
    ]

    assert told == [1, 2]


@pytest.mark.parametrize("sent", [{"to": "teleported"}, {"to": None}, {"to": 7}, {}])
def test_an_unknown_move_is_told_the_moves_and_their_terms(caller, lead, deal_id, sent):
    of_lead = caller.post(f"/leads/{lead.pk}/transitions/", sent)
    of_deal = caller.post(f"/opportunities/{deal_id}/transitions/", sent)

    moves = {move["to"]: move["address"] for move in of_lead.json()["moves"]}
    assert (of_lead.status_code, of_deal.status_code) == (422, 422)
    assert of_lead.json()["errors"][0]["pointer"] == "/to"
    assert moves["accepted"] == "/definitions/sal/"
    assert "sql /definitions/sql/" in of_lead.json()["detail"]
    assert [move["to"] for move in of_deal.json()["moves"]] == ["accepted", "won", "lost"]
    assert "lost /definitions/closed-lost/" in of_deal.json()["detail"]


def test_a_mistake_elsewhere_in_a_move_names_no_moves(caller, lead):
    told = caller.post(f"/leads/{lead.pk}/transitions/", {"to": "accepted", "note": 7}).json()

    assert told["status"] == 422
    assert "moves" not in told


def test_clocks_are_listed_and_explain_their_deadline(caller, lead):
    listed = caller.get("/clocks/?lead_external_id=web-1&kind=first_contact&scope=lead").json()
    (clock,) = listed["data"]

    shown = caller.get(f"/clocks/{clock['id']}/").json()

    assert clock["status"] == "pending"
    assert clock["state"] in {"due_in", "due_soon"}
    assert shown["explanation"]["business"] is True
    assert sum(one["seconds"] for one in shown["explanation"]["intervals"]) == 4 * 3600
    assert shown["explanation"]["sentences"]


def test_the_ledger_is_empty_while_nothing_is_signed(caller, lead):
    assert caller.get("/breaches/").json() == {"data": [], "next": None}
    assert not Breach.objects.exists()


def test_definitions_terms_reasons_and_the_agreement_are_shown(caller):
    definitions = caller.get("/definitions/").json()
    term = caller.get("/definitions/closed-lost/").json()
    reasons = caller.get("/reasons/?purpose=reject").json()
    agreement = caller.get("/agreement/").json()

    assert definitions["in_use"]["is_signed"] is False
    assert definitions["in_use"]["sha256"] == term["version"]["sha256"]
    assert term["term"] == "closed_lost"
    assert {reason["purpose"] for reason in reasons["data"]} == {"reject"}
    assert "not_recorded" not in {reason["code"] for reason in reasons["data"]}
    assert set(agreement["documents"]) == {"definitions", "score_model", "sla", "contribution"}


@pytest.mark.parametrize(
    ("sent", "term"),
    [
        pytest.param({"to": "rejected"}, "sal", id="reject without a reason"),
        pytest.param({"to": "rejected", "reason": "price"}, "sal", id="another list's reason"),
        pytest.param({"to": "rejected", "reason": "other"}, "sal", id="other without a note"),
        pytest.param({"to": "rejected", "reason": "unreachable"}, "sal", id="too few attempts"),
        pytest.param({"to": "recycled"}, "mql", id="recycle without a reason"),
        pytest.param({"to": "disqualified"}, "mql", id="disqualify without a reason"),
        pytest.param({"to": "sql"}, "sql", id="SQL without the checklist"),
    ],
)
def test_every_refused_rule_quotes_the_term_and_version(caller, lead, sent, term):
    response = caller.post(f"/leads/{lead.pk}/transitions/", sent)

    told = response.json()
    assert response.status_code == 422
    assert told["definition"]["term"] == term
    assert told["definition"]["version"] == 1
    assert told["definition"]["address"] == f"/definitions/{term}/"
    assert "provisional: not agreed" in told["detail"]


def test_options_name_the_term_version_and_reasons_of_every_move(caller, lead):
    told = caller.send("OPTIONS", f"/leads/{lead.pk}/transitions/").json()["fields"]["to"]

    assert set(told) >= {"accepted", "rejected", "sql", "opportunity", "working"}
    assert told["accepted"]["term"] == "sal"
    assert told["accepted"]["version"] == 1
    assert told["accepted"]["sha256"]
    assert {reason["code"] for reason in told["rejected"]["reasons"]} >= {"unreachable"}


def test_terms_and_reasons_name_hash_and_signers(caller):
    term = caller.get("/definitions/mql/").json()
    reasons = caller.get("/reasons/").json()

    assert term["address"] == "/definitions/mql/"
    assert term["signatures"] == reasons["signatures"] == []
    assert term["version"]["sha256"] == reasons["version"]["sha256"]
    assert all("example" in reason for reason in reasons["data"])


def test_schema_names_the_term_of_every_field_that_depends_on_one():
    text = (Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml").read_text()

    for address in ("mql", "sal", "sql", "opportunity", "closed-won", "closed-lost"):
        assert f"/definitions/{address}/" in text
