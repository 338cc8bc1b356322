"""The glossary is searched, each term has a short address, and says where it is used."""

from __future__ import annotations

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from definitions.choices import DocumentKind
from definitions.reading.search import search
from definitions.selectors import definitions_of, version_in_use
from pipeline.choices import Stage
from pipeline.words import TERMS
from tests.factories.definitions import DAY, NOON, signed_version


@pytest.fixture
def document(cast):
    return definitions_of(version_in_use(kind=DocumentKind.DEFINITIONS, at=NOON).version)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        pytest.param("mql", "mql", id="name"),
        pytest.param("Marketing qualified", "mql", id="long name"),
        pytest.param("EXPLICITLY", "sal", id="condition in another case"),
        pytest.param("two forms with two mail", "lead", id="edge case"),
        pytest.param("the buyer signed", "closed_won", id="summary"),
    ],
)
def test_a_search_finds_the_term(document, words, first):
    assert first in [hit.code for hit in search(document, words=words).terms][:2]


def test_a_search_finds_reasons_and_says_their_list(document):
    found = search(document, words="the mail bounced")

    assert [(hit.purpose, hit.entry.code) for hit in found.reasons]
    assert all("bounced" in hit.entry.example for hit in found.reasons)


def test_no_words_find_every_term_and_no_reason(document):
    found = search(document, words="  ")

    assert len(found.terms) == len(document.terms)
    assert found.reasons == ()


@pytest.mark.parametrize("words", ["zeppelin", "%", "mql zeppelin", "<script>", "\x00"])
def test_a_search_without_results_offers_a_way_out(as_, words):
    page = as_("ed").get("/definitions/", {"q": words}).content.decode()

    assert "No term or reason fits" in page
    assert "Show all terms" in page
    assert "<script>" not in page.split("<main")[1]


def test_typing_gets_only_the_results(as_):
    answer = as_("ed").get("/definitions/", {"q": "sal"}, headers={"HX-Request": "true"})

    assert b"data-results" in answer.content
    assert b"<html" not in answer.content


@pytest.mark.parametrize("spoken", ["closed-lost", "closed_lost", "Closed-Lost"])
def test_short_address_goes_on_to_the_term(as_, spoken):
    answer = as_("ed").get(f"/d/{spoken}/")

    assert answer.headers["Location"] == "/definitions/closed-lost/"


def test_term_says_where_it_is_used_and_what_it_judged(as_):
    page = as_("ed").get("/definitions/sql/?tab=used").content.decode()

    assert "MQL to SQL" in page
    assert "Mark as SQL" in page
    assert "No lead was judged yet" in page


def test_every_stage_has_a_term_of_the_default_definitions(document):
    assert set(TERMS) == {*Stage.values, "working"}
    assert set(TERMS.values()) <= set(document.terms)


def labels(client, count):
    """Render a page of labels the way a view does."""
    request = RequestFactory().get("/")
    request.user = client
    source = "{% load words %}" + '{% word "mql" %}{% word "sal" %}' * count + "{% sheets %}"
    return Template(source).render(Context({"request": request}))


def test_a_label_links_to_its_term_and_opens_its_sentence(cast):
    page = labels(cast["sam"], 1)

    assert 'href="/definitions/mql/" data-sheet="sheet-mql"' in page
    assert "both above the agreed line" in page
    assert "Provisional: not agreed" in page


def test_a_label_names_the_signers_once_signed(cast, now):
    signed_version("definitions", cast=cast, at=now - DAY)

    page = labels(cast["sam"], 1)

    assert "version 2" in page
    assert "Signed by Rita" in page
    assert "not agreed" not in page


def test_fifty_labels_cost_what_one_costs_and_each_sheet_is_drawn_once(cast):
    labels(cast["sam"], 1)
    with CaptureQueriesContext(connection) as captured:
        page = labels(cast["sam"], 25)

    assert len(captured) == 2  # the instant, and the organisation with the stamp
    assert page.count("data-sheet=") == 50
    assert page.count(" popover ") == 2


def test_an_unknown_term_is_plain_words(cast):
    source = '{% load words %}{% word "whim_of_sales" %}'

    assert Template(source).render(Context({})) == "whim of sales"
