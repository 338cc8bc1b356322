"""Signals of won deals: the counts, and where a click leads."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from definitions import services as documents
from definitions.choices import DocumentKind
from definitions.models import Clause, GapConfirmation
from pipeline.choices import Stage
from pipeline.models import Touch
from pipeline.selectors.signals import Against, signal_report
from pipeline.services.signals import Target, add_signal, apply_proposal
from pipeline.signals import Reach
from revops.database import database_now
from tests.factories.dashboards import deal
from tests.factories.definitions import confirmed_gaps
from tests.factories.people import CAST, person
from tests.factories.pipeline import DAY, NOON, CompanyFactory, LeadFactory, moved
from tests.pipeline.test_signal_arithmetic import BASE
from tests.standing import standing

YEAR = timedelta(days=365)


def won_and_rejected(*, count=3, at=NOON):
    """Won deals of a demo-asking software company against rejected students."""
    for _ in range(count):
        company = CompanyFactory(industry="Software", size=300)
        lead = LeadFactory(company=company, seniority="vp", fit_score=80)
        touch(lead, "demo_request", at - 20 * DAY)
        touch(lead, "webinar", at - DAY)
        found = deal("won", lead=lead, company=company)
        type(found).objects.filter(pk=found.pk).update(
            accepted_at=at - 10 * DAY, created_at=at - 10 * DAY, closed_at=at - DAY
        )
        other = LeadFactory(company=CompanyFactory(industry="Toys"), seniority="student",
                            fit_score=10)  # fmt: skip
        moved(other, Stage.MQL, at=at - 5 * DAY)
        moved(other, Stage.REJECTED, at=at - 4 * DAY, reason="no_need", is_history=True)


def touch(lead, kind, at):
    Touch.objects.create(lead=lead, kind=kind, occurred_at=at, recorded_at=at)


@pytest.mark.django_db
def test_the_counts_are_those_of_a_count_by_hand(agreement):
    won_and_rejected()

    found = signal_report(at=NOON)

    counts = {one.candidate.label: (one.won[0], one.other[0]) for one in found.report.signals}
    assert (found.against, found.report.won_n, found.report.other_n) == (Against.REJECTED, 3, 3)
    assert counts["At least 1 demo request"] == (3, 0)
    assert counts["Industry is Software"] == (3, 0)
    assert counts["Seniority is student"] == (0, 3)
    assert counts["200 to 999 employees"] == (3, 0)
    assert next(one for one in found.report.fit if one.threshold == 50) == Reach(50, 3, 0)


@pytest.mark.django_db
def test_what_came_after_sales_accepted_is_no_signal(agreement):
    won_and_rejected()

    labels = {one.candidate.label for one in signal_report(at=NOON).report.signals}

    assert not any("webinar" in label for label in labels)


@pytest.mark.django_db
def test_deals_of_another_span_do_not_count(agreement):
    won_and_rejected(at=NOON - YEAR)

    found = signal_report(at=NOON, months=3, against=Against.REJECTED)

    assert (found.report.won_n, found.report.other_n) == (0, 0)


@pytest.mark.django_db
def test_without_rejects_the_lost_stand_in_and_then_the_rest(agreement):
    LeadFactory()
    without = signal_report(at=NOON).against
    lost = LeadFactory()
    found = deal("lost", lead=lost)
    type(found).objects.filter(pk=found.pk).update(closed_at=NOON - DAY)

    assert without is Against.NO_DEAL
    assert signal_report(at=NOON).against is Against.LOST


@pytest.mark.django_db
def test_the_number_of_statements_does_not_depend_on_the_number_of_leads(agreement):
    won_and_rejected(count=1)
    with CaptureQueriesContext(connection) as few:
        signal_report(at=NOON)
    won_and_rejected(count=5)

    with CaptureQueriesContext(connection) as many:
        signal_report(at=NOON)

    assert len(many) <= len(few) <= 6


@standing
def cast(agreement):
    people = {key: person(key) for key in CAST}
    confirmed_gaps(by=people["rita"])
    return people


@pytest.fixture
def as_(client, cast):
    def log_in(key):
        client.force_login(cast[key], backend="revops.people.backends.RoleBackend")
        return client

    return log_in


@pytest.fixture
def drafts(cast):
    """The open drafts of the definitions and of the score model; the gap list is confirmed."""
    GapConfirmation.objects.create(
        gap_count=0, confirmed_at=NOON, confirmed_by=cast["rita"], actor="user:1"
    )
    return [
        documents.open_draft(kind=kind, by=cast["rita"], at=NOON)
        for kind in (DocumentKind.DEFINITIONS, DocumentKind.SCORE_MODEL)
    ]


SOFTWARE = {"field": "industry", "operator": "equals", "value": "Software"}
STUDENTS = {"field": "seniority", "operator": "equals", "value": "student"}


def put(criteria, target, *, by, revision=1, points=8):
    return add_signal(
        criteria=criteria, target=target, points=points, revision=revision, by=by, at=NOON
    )


@pytest.mark.django_db
def test_a_signal_joins_what_the_rule_asks_already(drafts, cast):
    put(SOFTWARE, Target.ALSO, by=cast["rita"])
    put(STUDENTS, Target.ALSO, by=cast["rita"], revision=2)

    clause = put(STUDENTS, Target.ALSO, by=cast["rita"], revision=3)

    assert clause.body["also"] == {"all": [SOFTWARE, STUDENTS]}
    assert clause.revision == 3
    assert clause.history.count() == 3
    assert clause.history.latest().history_user == cast["rita"]


@pytest.mark.django_db
def test_a_signal_against_becomes_a_disqualifier_once(drafts, cast):
    clause = put(SOFTWARE, Target.DISQUALIFIER, by=cast["rita"])

    again = put(SOFTWARE, Target.DISQUALIFIER, by=cast["rita"], revision=2)

    assert clause.body["disqualifiers"][-1] == {
        "code": "industry_is_software", "label": "Industry is Software", "criteria": SOFTWARE,
    }  # fmt: skip
    assert again.revision == 2


@pytest.mark.django_db
def test_a_signal_becomes_the_first_level_of_its_attribute(drafts, cast):
    clause = put(SOFTWARE, Target.FIT, by=cast["rita"])

    industry = next(one for one in clause.body if one["code"] == "industry")
    assert industry["levels"][0] == {
        "label": "Industry is Software", "when": SOFTWARE, "points": 8,
    }  # fmt: skip


@pytest.mark.django_db
def test_an_attribute_nobody_scored_becomes_one_of_its_own(drafts, cast):
    channel = {"field": "channel", "operator": "equals", "value": "Webinar"}

    clause = put(channel, Target.FIT, by=cast["rita"])

    assert clause.body[-1]["code"] == "channel"
    assert clause.body[-1]["levels"][0]["when"] == channel


@pytest.mark.django_db
def test_the_proposal_replaces_the_rule_of_the_draft(drafts, cast):
    clause = apply_proposal(
        rule=BASE.model_dump(mode="json"), revision=1, by=cast["rita"], at=NOON
    )

    assert clause.body["fit_threshold"] == 50
    assert clause.body["disqualifiers"] == []


@pytest.mark.django_db
@pytest.mark.parametrize("key", list(CAST))
def test_everybody_reads_the_report_and_only_revops_gets_buttons(key, as_, drafts):
    won_and_rejected(count=31, at=database_now())

    page = as_(key).get("/signals/")

    assert page.status_code == 200
    assert ("Ask for it" in page.content.decode()) == (key == "rita")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["add", "proposal", "draft"])
@pytest.mark.parametrize("key", ["carla", "mara", "vera", "sam", "ed"])
def test_only_revops_changes_a_draft(key, path, as_, drafts):
    before = list(Clause.objects.order_by("pk").values_list("revision", flat=True))

    response = as_(key).post(f"/signals/{path}/", _form())

    assert response.status_code == 403
    assert list(Clause.objects.order_by("pk").values_list("revision", flat=True)) == before


def _clause_address():
    return reverse("definitions:clause", kwargs={"kind": "definitions", "key": "mql"})


def _form(**changes):
    return {
        "criteria": json.dumps(SOFTWARE), "target": "also", "points": "8", "revision": "1",
        **changes,
    }  # fmt: skip


@pytest.mark.django_db
def test_one_click_puts_a_signal_into_the_draft_and_says_where(as_, drafts):
    page = as_("rita").post("/signals/add/?months=24", _form(), follow=True)

    text = page.content.decode()
    assert page.redirect_chain == [("/signals/?months=24&went=mql", 302)]
    assert "The signal is now a criterion of the MQL in the draft." in text
    assert f'href="{_clause_address()}"' in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"revision": "7"}, 409, id="a stale revision"),
        pytest.param({"criteria": "{"}, 422, id="no JSON"),
        pytest.param({"criteria": "[" * 5000}, 422, id="deep JSON"),
        pytest.param({"criteria": '{"field": "shoe_size"}'}, 422, id="an unknown field"),
        pytest.param({"target": "nowhere"}, 422, id="an unknown target"),
        pytest.param(
            {"target": "fit", "criteria": '{"acts": ["webinar"]}'}, 422, id="an act as fit"
        ),
        pytest.param({"target": "fit", "points": "900"}, 422, id="too many points"),
    ],
)
def test_a_click_that_cannot_be_followed_changes_nothing(changes, status, as_, drafts):
    response = as_("rita").post("/signals/add/", _form(**changes))

    assert response.status_code == status
    assert set(Clause.objects.values_list("revision", flat=True)) == {1}


@pytest.mark.django_db
def test_without_a_draft_it_offers_to_open_one(as_):
    before = as_("rita").post("/signals/add/", _form())

    opened = as_("rita").post("/signals/draft/", follow=True)

    assert before.status_code == 409
    assert "Open the drafts" in before.content.decode()
    assert "No draft of the definitions is open." in before.content.decode()
    assert opened.status_code in {200, 409}


@pytest.mark.django_db
def test_the_proposal_goes_into_the_draft_as_it_was_shown(as_, drafts):
    page = as_("rita").post(
        "/signals/proposal/", {"rule": BASE.model_dump_json(), "revision": "1"}, follow=True
    )
    broken = as_("rita").post("/signals/proposal/", {"rule": "{}", "revision": "2"})

    assert "The proposed MQL is now in the draft." in page.content.decode()
    assert broken.status_code == 422
    assert Clause.objects.get(key="mql").body["fit_threshold"] == 50


@pytest.mark.django_db
def test_the_page_of_an_empty_database_leads_to_the_import(as_):
    page = as_("ed").get("/signals/?months=nonsense&against=nobody")

    assert page.status_code == 200
    assert "Nothing to compare yet" in page.content.decode()
