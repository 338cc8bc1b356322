"""The metric endpoints."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dashboards.registry import REGISTRY
from revops.people import keys
from tests.factories.dashboards import AT, deal, instant, quota, round_of
from tests.factories.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agreement")]

QUARTER = "from=2026-10-01&to=2027-01-01"


@pytest.fixture
def api(client):
    """A client with a key that may read metrics."""
    return caller(client, "metrics:read")


def caller(client, scope):
    """Return a function that asks with a new key of one scope."""
    keys.forget_keys()
    _, token = keys.create_key(name="BI", scopes=[scope], actor="system:test", at=AT)
    return lambda url: client.get(url, HTTP_AUTHORIZATION=f"Bearer {token}")


def test_every_metric_is_listed_with_its_definition(api):
    listed = api("/api/v1/metrics/").json()["data"]

    assert [metric["key"] for metric in listed] == [metric.key for metric in REGISTRY]
    assert all(metric["sentence"] and metric["formula"] for metric in listed)


def test_an_answer_says_what_it_is_made_of(api):
    quota(external_id="one")
    deal(amount=Decimal("1234.50"))

    told = api(f"/api/v1/metrics/sourced_pipeline_per_rep/?{QUARTER}").json()

    assert told["value"] == {"amount": "1234.50", "currency": "USD"}
    assert told["denominator"] == "1"
    assert told["period"] == {"from": "2026-10-01", "to": "2027-01-01"}
    assert told["definition_versions"] == [
        {"document": "definitions", "number": 1, "signed": False}
    ]
    assert (told["provisional"], told["small_sample"], told["timezone"]) == (True, True, "UTC")
    assert told["rows_url"].endswith(f"/rows/?{QUARTER}")


def test_nothing_to_divide_by_is_null(api):
    told = api(f"/api/v1/metrics/win_rate/?{QUARTER}").json()

    assert (told["value"], told["n"], told["groups"]) == (None, 0, [])


def test_rows_come_in_pages_that_neither_repeat_nor_miss(api):
    stored = {round_of(mql_at=instant("2026-10-05")).pk for _ in range(5)}
    url, seen = f"/api/v1/metrics/mql_volume/rows/?{QUARTER}&limit=2", []
    while url:
        page = api(url).json()
        seen += [row["id"] for row in page["data"]]
        url = page["next"]

    assert len(seen) == 5
    assert set(seen) == stored


def test_rows_carry_no_names(api):
    deal("won", closed="2026-10-20")

    (row,) = api(f"/api/v1/metrics/win_rate/rows/?{QUARTER}").json()["data"]

    assert "name" not in row
    assert row["measure"] == {"amount": "1000.00", "currency": "USD"}


def test_only_the_numerators_rows_can_be_asked_for(api):
    deal("won", closed="2026-10-20")
    deal("lost", closed="2026-10-20")

    rows = api(f"/api/v1/metrics/win_rate/rows/?{QUARTER}&part=numerator").json()["data"]

    assert [row["state"] for row in rows] == ["won"]


@pytest.mark.parametrize(
    ("address", "pointer"),
    [
        pytest.param("win_rate/?from=soon", "/from", id="a bad date"),
        pytest.param("win_rate/?color=red", "/color", id="an unknown parameter"),
        pytest.param("funnel/?from_stage=mood", "/from_stage", id="an unknown stage"),
        pytest.param("win_rate/rows/?limit=0", "/limit", id="no rows"),
        pytest.param("win_rate/rows/?limit=9999", "/limit", id="too many rows"),
        pytest.param("win_rate/rows/?cursor=xyz", "/cursor", id="a foreign cursor"),
        pytest.param("win_rate/rows/?cursor=W10", "/cursor", id="an empty cursor"),
        pytest.param("win_rate/rows/?part=some", "/part", id="an unknown part"),
    ],
)
def test_a_question_that_is_not_understood_names_its_parameter(api, address, pointer):
    answer = api(f"/api/v1/metrics/{address}")

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("path", ["mood/", "mood/rows/"])
def test_a_metric_that_does_not_exist_is_not_found(api, path):
    assert api(f"/api/v1/metrics/{path}").status_code == 404


def test_a_key_needs_the_scope(client):
    ask = caller(client, "leads:read")

    assert ask("/api/v1/metrics/").status_code == 403
    assert client.get("/api/v1/metrics/").status_code == 401


def test_a_person_may_ask_in_the_browser(client):
    client.force_login(person("ed"))

    assert client.get("/api/v1/metrics/win_rate/").status_code == 200


def test_an_answer_takes_a_handful_of_statements(api, django_assert_max_num_queries):
    address = f"/api/v1/metrics/win_rate/?{QUARTER}&group_by=channel"
    api(address)

    with django_assert_max_num_queries(6):
        api(address)
