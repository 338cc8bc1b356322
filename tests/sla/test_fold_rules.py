"""The examples of the clock rules, through the pure fold and through the database."""

import pytest

from tests.sla import scenarios
from tests.sla.rule_cases import CASES
from tests.sla.rule_words import (
    FEEDBACK,
    FIRST_CONTACT,
    NYC,
    OWNER,
    assert_has,
    event,
    judged,
    local,
    tick,
)


@pytest.mark.parametrize("name", CASES)
def test_fold_follows_the_rule(name):
    policy, events, expected = CASES[name]

    assert_has(judged(policy, *events), expected)


@pytest.mark.django_db
@pytest.mark.parametrize("name", CASES)
def test_database_follows_the_rule(name):
    policy, events, expected = CASES[name]
    scenario = {"calendar": NYC, "policy": policy, "events": events}

    answer = scenarios.run_in_database(scenario)

    assert {key: answer.get(key) for key in expected} == expected


@pytest.mark.django_db
def test_an_instant_without_a_zone_is_refused():
    call = {"type": "outreach", "occurred_at": "2026-02-06T16:00:00"}
    expected = {"status": "pending", "second_event": "refused (422)", "events_stored": 1}
    scenario = {
        "calendar": NYC,
        "policy": FIRST_CONTACT,
        "events": [event("assigned", "02-06 15:00"), call],
        "expected": expected,
    }

    assert scenarios.run(scenario) == expected
    assert scenarios.run_in_database(scenario) == expected


def test_reassignment_washes_no_breach():
    answer = judged(
        [FIRST_CONTACT, OWNER],
        event("assigned", "02-06 15:00", owner="ana"),
        tick("02-09 11:30"),
        event("assigned", "02-09 12:00", owner="bo"),
        event("outreach", "02-09 12:30", owner="bo"),
    )

    assert_has(answer["lead"], {"status": "met_late", "breach_rows": 1})
    assert_has(answer["owner_ana"], {"status": "breached_closed", "breach_rows": 0})
    assert_has(answer["owner_bo"], {"status": "met", "business_seconds": 1800})


def test_merged_lead_leaves_the_counts():
    answer = judged(
        FIRST_CONTACT,
        event("assigned", "02-06 15:00", lead="A"),
        event("assigned", "02-09 09:30", lead="B"),
        event("outreach", "02-09 10:00", lead="B"),
        event("merge", "02-09 10:30", **{"from": "B", "into": "A"}),
    )

    assert_has(answer["A"], {"due_at": local("02-09 11:00"), "status": "met"})
    assert_has(answer["B"], {"status": "merged"})


def test_breach_of_a_merged_lead_survives_once():
    answer = judged(
        FIRST_CONTACT,
        event("assigned", "02-09 10:00", lead="A"),
        event("assigned", "02-06 10:00", lead="B"),
        tick("02-09 10:30"),
        event("merge", "02-09 10:30", **{"from": "B", "into": "A"}),
    )

    assert_has(answer["A"], {"status": "breached_open", "due_at": local("02-06 14:00")})
    assert_has(answer["B"], {"status": "merged", "breach_rescinded": True})
    assert answer["breach_rows"] == 1


def test_a_bulk_answer_stops_many_feedback_clocks():
    answer = judged(
        FEEDBACK,
        event("sales_feedback", "02-09 10:00", lead="A"),
        event("sales_feedback", "02-09 11:00", lead="A", source="crm", source_id="f-2"),
        event("marketing_reply", "02-10 10:00", lead="A"),
    )

    assert answer["status"] == "met"
