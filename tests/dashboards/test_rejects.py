"""The page of rejects: its numbers are those of the rows, its list is marketing's work."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboards.metrics import band_of
from dashboards.selectors.rejects import bands
from pipeline.choices import FeedbackAnswer, Stage
from pipeline.services.feedback import answer_feedback
from revops.database import database_now
from tests.factories.dashboards import deal
from tests.factories.people import person
from tests.factories.pipeline import HOUR, ChannelFactory, RepFactory, assigned, moved

pytestmark = pytest.mark.django_db

MOST_STATEMENTS = 25
ALL = "/rejects/?period=all"
TEXT = "Wanted a job with us."


def decided(to=Stage.REJECTED, *, channel="social", hours=3, **fields):
    """Store a lead sales decided on so many hours ago; pages read the database's clock."""
    at = database_now() - hours * HOUR
    held = ChannelFactory(key=channel, name=channel.replace("_", " ").capitalize())
    lead = assigned(
        RepFactory(), at=at - HOUR, channel=held, source_group="marketing",
        fit_score=80, intent_score=20,
    )  # fmt: skip
    if to == Stage.REJECTED:
        fields = {"reason": "no_need", **fields}
    return moved(lead, to, at=at, **fields)


@pytest.fixture
def company(agreement):
    """Four rejects from two sources for two reasons, one accepted lead, one rejected later."""
    decided(note=TEXT)
    decided(channel="paid_search")
    decided(channel="paid_search", hours=5)
    decided(reason="not_icp_role", hours=240)
    decided(Stage.ACCEPTED)
    later = decided(Stage.ACCEPTED)
    moved(later, Stage.REJECTED, reason="no_need", at=database_now())


def statements(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(address).status_code == 200
    return len(counted)


def count_behind(client, href):
    """Return how many rows the list behind a number holds."""
    return client.get(href).context["page"].paginator.count


def test_the_page_takes_a_fixed_number_of_statements(logged_in, mara, company):
    few = statements(logged_in, ALL)
    for hours in range(4, 10):
        lead = decided(hours=hours, note="Again.")
        decided(channel="webinar", reason="not_icp_company", hours=hours)
        answer_feedback(lead=lead, answer=FeedbackAnswer.NOTED, by=mara, at=database_now())

    many = statements(logged_in, ALL)

    assert few + 1 >= many  # who answered is one statement, once somebody did
    assert many <= MOST_STATEMENTS


def test_the_rate_counts_first_decisions(logged_in, company):
    shown = logged_in.get(ALL).context

    assert shown["rate"]["value"] == "66.7%"
    assert shown["rate"]["fraction"] == "4 of 6 decided"
    assert count_behind(logged_in, shown["rate"]["href"]) == 6
    assert count_behind(logged_in, shown["rows_href"]) == 4


def test_reasons_come_most_frequent_first_with_their_rows(logged_in, company):
    shown = logged_in.get(ALL).context["reasons"]

    assert [(one["label"], one["n"], one["share_text"]) for one in shown] == [
        ("No need or interest", 3, "75%"),
        ("Not ICP: role", 1, "25%"),
    ]
    for reason in shown:
        assert count_behind(logged_in, reason["href"]) == reason["n"]


@pytest.mark.parametrize("across", ["channel", "source_group", "fit", "intent"])
def test_the_table_adds_up_and_every_link_has_as_many_rows(logged_in, company, across):
    table = logged_in.get(f"{ALL}&across={across}").context["table"]

    assert table["total"] == 4
    for row in table["rows"]:
        assert sum(cell["n"] for cell in row["cells"]) == row["n"]
    cells = [cell for row in table["rows"] for cell in row["cells"]] + table["foot"]
    for cell in cells:
        assert not cell["href"] or count_behind(logged_in, cell["href"]) == cell["n"]


def test_sources_beyond_six_are_one_column(logged_in, agreement):
    for number in range(8):
        decided(channel=f"source_{number}")

    table = logged_in.get(ALL).context["table"]

    assert table["columns"][-1] == "Other"
    assert len(table["columns"]) == 7
    assert [cell["n"] for cell in table["foot"]] == [1] * 6 + [2]


def test_the_source_filter_narrows_numbers_and_what_waits(logged_in, company):
    shown = logged_in.get(f"{ALL}&channel=paid_search").context

    assert shown["rate"]["fraction"] == "2 of 2 decided"
    assert shown["page"].paginator.count == 2


def test_what_waits_comes_with_least_time_left_first(logged_in, company):
    shown = logged_in.get(ALL).context

    due = [clock.breach_at for clock in shown["page"].object_list]
    assert len(due) == 5
    assert due == sorted(due)
    assert shown["waiting"][0]["reason"] == "Not ICP: role"


def test_an_answered_reject_leaves_the_list_and_shows_as_answered(logged_in, mara, agreement):
    lead = decided(note=TEXT)

    logged_in.post(reverse("pipeline:feedback_answer", args=[lead.pk]), {"answer": "disputed"})

    shown = logged_in.get(ALL).context
    assert shown["page"].paginator.count == 0
    assert [(one["answer"], one["by"]) for one in shown["answers"]] == [
        ("Disputed, RevOps decides", mara.name)
    ]


@pytest.mark.parametrize(
    ("key", "answers"), [("rita", True), ("carla", True), ("sam", False), ("vera", False)]
)
def test_only_marketing_and_revops_see_the_form(client, company, key, answers):
    client.force_login(person(key))

    page = client.get(ALL).content.decode()

    assert bool(re.search(r"/leads/\d+/feedback/", page)) is answers
    assert "Due in" in page or "Resumes" in page


def test_a_viewer_sees_neither_names_nor_notes(client, company):
    client.force_login(person("ed"))

    page = client.get(ALL).content.decode()

    assert "Priya" not in page
    assert TEXT not in page
    assert "masked for your role" in page


def test_notes_of_rejects_are_shown_to_marketing(logged_in, company):
    assert TEXT in logged_in.get(ALL).content.decode()


def test_reasons_of_lost_deals_stand_beside(logged_in, agreement):
    deal("lost", closed="2026-10-05")

    shown = logged_in.get(ALL).context

    assert [one["n"] for one in shown["lost"]] == [1]
    assert count_behind(logged_in, shown["lost_href"]) == 1


def test_an_empty_company_says_that_nothing_was_turned_down(logged_in):
    page = logged_in.get("/rejects/")

    assert page.status_code == 200
    text = page.content.decode()
    assert "No rejects in this period" in text
    assert "Nothing waits" in text


def test_a_filter_without_rejects_offers_to_clear_it(logged_in, company):
    page = logged_in.get(f"{ALL}&source_group=partner")

    assert "No rejects with these filters" in page.content.decode()
    assert page.context["clear_href"] == "?period=all"


@pytest.mark.parametrize("query", ["period=soon", "color=red", "from=2026-13-01&to=2027-01-01"])
def test_a_strange_address_is_answered_422(logged_in, query):
    assert logged_in.get(f"/rejects/?{query}").status_code == 422


@pytest.mark.parametrize("query", ["page=x", "page=-1", "across=moon", "across="])
def test_a_strange_page_or_table_is_answered(logged_in, query):
    assert logged_in.get(f"/rejects/?{query}").status_code == 200


def test_a_stranger_is_asked_to_log_in(client):
    assert client.get("/rejects/").status_code == 302


@pytest.mark.parametrize(
    ("rate", "tone"),
    [(0.0, "good"), (0.199, "good"), (0.2, "warn"), (0.399, "warn"), (0.4, "bad"), (1.0, "bad")],
)
def test_the_line_is_a_fifth_and_the_danger_zone_begins_at_the_agreed_rate(rate, tone):
    found = band_of(value=rate, n=100, bands=bands(danger=0.4))

    assert found is not None
    assert found.tone == tone


def test_too_few_decisions_get_no_verdict(logged_in, company):
    shown = logged_in.get(ALL).context["rate"]

    assert shown["small_sample"]
    assert shown["note"] == "the line is 20%"


def test_the_navigation_leads_to_the_page(logged_in):
    page = logged_in.get("/rejects/").content.decode()

    names = re.findall(r'rail__label">([^<]+)<', page)
    assert names.index("Breaches") + 1 == names.index("Rejects") == names.index("Agreement") - 1
