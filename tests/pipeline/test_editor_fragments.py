"""What the editor shows of leads: how many match, and how made-up persons score."""

from __future__ import annotations

import json

import pytest

from definitions import services
from definitions.choices import DocumentKind
from revops.database import database_now
from tests.definitions.test_content import posted
from tests.factories.definitions import confirmed_gaps
from tests.factories.people import CAST, OrganizationFactory, person

SIZE = {"field": "company_size", "operator": "at_least", "value": 50}
COUNT = "/criteria/count/"
MQL = "/examples/definitions/mql/"


@pytest.fixture
def cast(db):
    OrganizationFactory()
    services.install_defaults(at=database_now())
    cast = {key: person(key) for key in CAST}
    confirmed_gaps(by=cast["rita"])
    return cast


@pytest.fixture
def as_(client, cast):
    def log_in(key):
        client.force_login(cast[key], backend="revops.people.backends.RoleBackend")
        return client

    return log_in


def test_no_leads_are_told_as_such(as_):
    page = as_("rita").post(COUNT, {"tree": json.dumps(SIZE)}).content.decode()

    assert "No lead came in during the last 90 days" in page


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ("", "must be an object"),
        ("{", "must be an object"),
        ("[" * 100_000, "must be an object"),
        ('{"field": "shoe_size", "operator": "is_known"}', "no field is called shoe_size"),
        ('{"not": ' * 50 + "{}" + "}" * 50, "nested deeper than 10 levels"),
        ('{"field": "title", "operator": "equals", "value": "\\ud800"}', "half a character"),
    ],
    ids=["nothing", "half", "brackets", "unknown field", "deep", "half a character"],
)
def test_hostile_trees_are_refused_by_node(tree, words, as_):
    answer = as_("rita").post(COUNT, {"tree": tree})

    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_viewers_count_nothing(as_):
    assert as_("ed").post(COUNT, {"tree": json.dumps(SIZE)}).status_code == 403


@pytest.fixture
def form(as_, cast):
    """The form of the MQL rule as it stands."""
    services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=database_now())
    page = as_("rita").get("/drafts/definitions/clauses/mql/")
    return posted(page.context["node"])


def test_examples_follow_the_thresholds(client, form):
    before = client.post(MQL, form).content.decode()
    form["body-fit_threshold"] = "100"

    after = client.post(MQL, form).content.decode()

    assert "An MQL needs fit 50 and intent 40." in before
    assert "Highest reachable: fit 100, intent 100." in after
    assert "no MQL, so far MQL" in after


def test_examples_wait_for_a_form_that_can_stand(client, form):
    form["body-fit_threshold"] = "900"

    assert "The form is not finished" in client.post(MQL, form).content.decode()


@pytest.mark.parametrize("address", ["/examples/sla/mql/", "/examples/definitions/whim/"])
def test_examples_of_nothing_are_not_found(address, client, form):
    assert client.post(address, form).status_code == 404


def test_only_revops_sees_examples(as_, form):
    assert as_("mara").post(MQL, form).status_code == 403


def test_examples_say_which_texts_judged_them(client, form):
    page = client.post(MQL, form).content.decode()

    assert "Judged by this draft and version 1 of the score model, in use." in page


def test_examples_are_judged_with_the_other_open_draft(client, form, cast):
    draft = services.open_draft(kind=DocumentKind.SCORE_MODEL, by=cast["rita"], at=database_now())
    before = client.post(MQL, form).content.decode()
    fit = draft.clauses.get(key="fit")
    services.edit_clause(
        draft=draft, key="fit", body=fit.body[:1], revision=1, by=cast["rita"], at=database_now()
    )

    after = client.post(MQL, form).content.decode()

    assert "Judged by this draft and the open draft of the score model." in before
    assert "Highest reachable: fit 100" in before
    assert "Highest reachable: fit 30" in after


def test_examples_of_a_score_model_use_the_drafted_thresholds(client, form, cast):
    services.open_draft(kind=DocumentKind.SCORE_MODEL, by=cast["rita"], at=database_now())
    form.update({"body-fit_threshold": "70", "revision": "1"})
    client.post("/drafts/definitions/clauses/mql/", form)
    fit = posted(client.get("/drafts/score-model/clauses/fit/").context["node"])

    page = client.post("/examples/score-model/fit/", fit).content.decode()

    assert "An MQL needs fit 70 and intent 40." in page
    assert "Judged by this draft and the open draft of the definitions." in page
