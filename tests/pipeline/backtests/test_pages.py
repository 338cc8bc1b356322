"""Pages of back-tests: progress, sliders, names, taking values over, and who may not."""

from __future__ import annotations

import pytest
from django.urls import reverse

from pipeline.backtesting import SHOWN_COUNTS, Tally
from pipeline.choices import JobStatus
from pipeline.models import Backtest
from pipeline.services import backtests as services
from tests.factories.definitions import sent
from tests.factories.people import person
from tests.pipeline.backtests.conftest import LATER

HTMX = {"HX-Request": "true"}


@pytest.fixture
def address(backtest):
    return reverse("pipeline:backtest_detail", args=[backtest.pk])


def logged_in(client, key):
    client.force_login(person(key))
    return client


def test_the_page_says_what_the_draft_costs(client, rita, address):
    client.force_login(rita)

    page = client.get(address)

    assert page.status_code == 200
    assert "This draft would have dropped 6 of 14 MQLs; 1 of the 4 wins is among them." in (
        page.content.decode()
    )


def test_a_slider_scores_again_without_reading_leads(
    client,
    rita,
    address,
    django_assert_max_num_queries,
):
    client.force_login(rita)
    client.get(address)

    with django_assert_max_num_queries(9) as asked:
        part = client.get(address, {"fit": 30, "part": "outcome"}, headers=HTMX)

    body = part.content.decode()
    assert "would have kept all 14 MQLs" in body
    assert "<html" not in body
    assert not [one for one in asked.captured_queries if "pipeline_touch" in one["sql"]]


@pytest.mark.parametrize("fit", ["-1", "101", "x", "", "9" * 50])
def test_a_slider_off_its_scale_is_refused(client, rita, address, fit):
    client.force_login(rita)

    assert client.get(address, {"fit": fit}).status_code == 422


def test_names_of_a_group_are_masked_for_readers_without_the_right(
    client,
    rita,
    address,
    leads,
):
    client.force_login(rita)

    page = client.get(f"{address}leads/", {"group": "no_longer"})

    assert page.status_code == 200
    assert page.content.decode().count("Priya Nair") == len(leads["no_longer"])
    assert client.get(f"{address}leads/", {"group": "everyone"}).status_code == 404


def test_values_are_taken_into_the_draft_once(client, rita, address, backtest):
    client.force_login(rita)
    clause = backtest.draft.clauses.get(key="mql")
    told = {"fit": 44, "intent": 22, "revision_mql": clause.revision}

    first = client.post(f"{address}take/", told)
    second = client.post(f"{address}take/", told | {"fit": 45})

    clause.refresh_from_db()
    assert clause.body["fit_threshold"] == 44
    assert first.url == reverse("definitions:draft", kwargs={"kind": "definitions"})
    assert second.status_code == 409
    assert "Open the draft and look at both." in second.content.decode()


def test_the_draft_shows_its_back_test_until_the_rule_changes(
    client,
    rita,
    backtest,
):
    client.force_login(rita)
    fragment = reverse("pipeline:backtest_of_draft", args=["definitions"])
    before = client.get(fragment).content.decode()
    clause = backtest.draft.clauses.get(key="mql")
    services.take_thresholds(
        draft=backtest.draft, fit=1, intent=2, revision=clause.revision, by=rita, at=LATER
    )

    after = client.get(fragment).content.decode()

    assert "Up to date" in before
    assert "Outdated" in after


def test_a_back_test_is_started_and_given_up_from_pages(client, rita, backtest):
    client.force_login(rita)
    start = reverse("pipeline:backtest_start", args=["definitions"])

    asked = client.post(start, {"from_on": "2026-02-01", "to_on": "2026-03-01"})
    waiting = client.get(asked.url)
    client.post(f"{asked.url}cancel/")

    assert "It begins within a few seconds." in waiting.content.decode()
    assert Backtest.objects.latest("pk").status == JobStatus.CANCELLED
    assert "given up" in client.get(asked.url).content.decode()


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"from_on": "2026-03-01", "to_on": "2026-02-01"},
        {"from_on": "x", "to_on": "9999-99-99"},
        {"from_on": "0001-01-01", "to_on": "9999-12-31"},
    ],
)
def test_a_span_that_cannot_be_starts_nothing(client, rita, backtest, told):
    client.force_login(rita)

    answer = client.post(reverse("pipeline:backtest_start", args=["definitions"]), told)

    assert answer.status_code == 302
    assert Backtest.objects.count() == 1


@pytest.mark.parametrize(
    ("key", "path", "status"),
    [
        ("ed", "", 403),
        ("ed", "leads/?group=both", 403),
        ("sam", "", 200),
        ("sam", "cancel/", 403),
        ("sam", "take/", 403),
        ("vera", "take/", 403),
    ],
)
def test_roles_may_read_or_not(client, address, key, path, status):
    client = logged_in(client, key)
    ask = client.post if path in {"cancel/", "take/"} else client.get

    assert ask(f"{address}{path}").status_code == status


def test_signers_are_told_that_nobody_back_tested_the_rule(client, backtest, address):
    client = logged_in(client, "vera")
    version = backtest.base_version

    page = client.get(reverse("pipeline:backtest_of_version", args=[version.pk]))

    assert "Nobody has back-tested this rule." in page.content.decode()


def test_signers_see_what_was_found(client, backtest, rita):
    asked = sent(backtest.draft, by=rita, at=LATER)
    client = logged_in(client, "vera")

    page = client.get(reverse("pipeline:backtest_of_version", args=[asked.version_id]))

    told = page.content.decode()
    assert "This draft would have dropped 6 of 14 MQLs; 1 of the 4 wins is among them." in told
    assert "Of the MQLs sales decided on, accepted" in told


def test_a_group_of_nobody_is_stored_as_zero():
    assert Tally().to_json() == {
        "leads": 0, "won_amounts": {}, **dict.fromkeys(SHOWN_COUNTS, 0),
    }  # fmt: skip
