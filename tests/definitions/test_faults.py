"""Refusals of a text say what to do about it, at the labels of the form."""

from __future__ import annotations

import re

import pytest

from definitions import editing, services
from definitions.choices import DocumentKind
from definitions.defaults import default_content
from definitions.documents import ContentError, clauses_of, content_of, parse_document
from definitions.faults import Fault


def refused(kind, key, change):
    """The words of the form for a clause of the defaults after `change` was made to its body."""
    clauses = clauses_of(kind=kind, content=default_content(kind))
    body = change(clauses[key])
    with pytest.raises(ContentError) as error:
        parse_document(kind=kind, content=content_of(clauses={**clauses, key: body}))
    node = editing.form_of(kind=kind, key=key, body=body, title="The clause")
    return editing.faults_in_words(node, key=key, faults=error.value.faults)


def with_(**values):
    return lambda body: {**body, **values}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"fit_threshold": 101}, "Fit threshold: at most 100"),
        ({"fit_threshold": -1}, "Fit threshold: at least 0"),
        ({"fit_threshold": "many"}, "Fit threshold: not a whole number"),
        ({"fit_threshold": ""}, "Fit threshold: not filled in"),
        ({"bands": []}, "Bands: at least 1 entry"),
        ({"also": "{"}, "Further criteria: cannot be read"),
        ({"shoe_size": 4}, "The clause: no part of this document"),
    ],
)
def test_fault_of_the_mql_rule_is_in_plain_words(values, words):
    assert refused(DocumentKind.DEFINITIONS, "mql", with_(**values)) == [words]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"target_rate": "1.5"}, "Share to be kept, from 0 to 1: at most 1"),
        ({"target_rate": "0.12345"}, "Share to be kept, from 0 to 1: at most 4 digits after the"),
        ({"target_rate": "all"}, "Share to be kept, from 0 to 1: not a number"),
        ({"title": "x" * 121}, "Title: at most 120 characters"),
    ],
)
def test_fault_of_a_promise_is_in_plain_words(values, words):
    (told,) = refused(DocumentKind.SLA, "commitments/first_contact", with_(**values))

    assert told.startswith(words)


def test_fault_inside_a_list_names_the_entry():
    def change(body):
        first, *rest = body["entries"]
        return {**body, "entries": [{**first, "minimum_attempts": 99}, *rest]}

    (told,) = refused(DocumentKind.DEFINITIONS, "reasons/reject", change)

    assert re.fullmatch(r"Entries, .+, Attempts needed before it may be chosen: at most 20", told)


def test_fault_of_another_clause_names_that_clause():
    kind = DocumentKind.DEFINITIONS
    body = default_content(kind)["mql"]
    node = editing.form_of(kind=kind, key="mql", body=body, title="MQL rule and bands")
    faults = [Fault("terms/sal/summary", "odd"), Fault("review", "odd"), Fault("/", "odd")]

    told = editing.faults_in_words(node, key="mql", faults=faults)

    assert told == ["Sal: odd", "Review: odd", "MQL rule and bands: odd"]


def test_new_entry_has_one_icon(as_, cast, now):
    services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=now)

    page = as_("rita").get("/drafts/definitions/clauses/mql/").content.decode()

    added = re.findall(r"<summary[^>]*>((?:(?!</summary>).)*)Add one</summary>", page, re.DOTALL)
    assert added
    assert {icons.count("<svg") for icons in added} == {1}
