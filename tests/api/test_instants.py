"""What another system tells now happened now: history is imported."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.models import Activity, Lead, Round, Transition
from revops.database import database_now
from sla.models import Breach
from tests.api.conftest import body

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def lead(caller, roster):
    caller.post("/leads/", body())
    return Lead.objects.get()


def ago(**span):
    return (database_now() - timedelta(**span)).isoformat()


@pytest.mark.parametrize("to", ["accepted", "working", "sql"])
def test_a_decision_before_the_lead_was_there_is_refused(caller, lead, to):
    before = Transition.objects.count()

    response = caller.post(
        f"/leads/{lead.pk}/transitions/", {"to": to, "occurred_at": "2026-04-01T10:00:00Z"}
    )

    told = response.json()
    assert response.status_code == 422
    assert told["code"] == "too_early"
    assert told["errors"][0]["pointer"] == "/occurred_at"
    assert Transition.objects.count() == before


def test_a_clock_that_is_a_little_slow_is_forgiven(caller, lead):
    response = caller.post(
        f"/leads/{lead.pk}/transitions/", {"to": "accepted", "occurred_at": ago(seconds=60)}
    )

    current = Round.objects.get()
    assert response.status_code == 201
    assert current.accepted_at >= current.mql_at


def test_an_attempt_before_the_lead_was_there_is_refused(caller, lead):
    row = {"lead_external_id": lead.external_id, "kind": "call", "occurred_at": ago(days=400)}

    told = caller.post("/activities/batch/", [row]).json()

    assert told["errors"] == 1
    assert told["data"][0]["errors"][0]["pointer"] == "/occurred_at"
    assert not Activity.objects.exists()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"mql_at": {"days": 400}}, "history"),
        ({"mql_at": {"minutes": 16}}, "history"),
        ({"created_at": {"minutes": 1}, "mql_at": {"minutes": 5}}, "before_created"),
    ],
)
def test_a_lead_that_was_an_mql_long_ago_is_left_to_imports(caller, roster, fields, code):
    row = body(**{name: ago(**span) for name, span in fields.items()})

    one = caller.post("/leads/", row)
    many = caller.post("/leads/batch/", [row]).json()

    assert one.status_code == 422
    assert one.json()["errors"][0]["pointer"] == "/mql_at"
    assert one.json()["errors"][0]["code"] == many["data"][0]["errors"][0]["code"] == code
    assert not Lead.objects.exists()
    assert not Breach.objects.exists()


def test_an_old_lead_and_a_fresh_mql_are_taken_and_may_be_sent_again(caller, roster):
    row = body(created_at=ago(days=400), mql_at=ago(minutes=3))

    first = caller.post("/leads/", row)
    again = caller.post("/leads/", row | {"mql_at": ago(days=2)})

    assert (first.status_code, again.status_code) == (201, 200)


def test_a_day_to_try_again_that_is_over_is_refused(caller, lead):
    told = {"to": "rejected", "reason": "not_now", "note": "Next year", "recycle_on": "2020-01-01"}

    response = caller.post(f"/leads/{lead.pk}/transitions/", told)

    assert response.status_code == 422
    assert response.json()["code"] == "date_in_the_past"
    assert response.json()["errors"][0]["pointer"] == "/recycle_on"
