"""Any two texts beside each other: by word, by value, by node."""

from __future__ import annotations

from copy import deepcopy

import pytest

from definitions import services
from definitions.choices import DocumentKind
from definitions.content import words
from definitions.defaults import default_content
from definitions.documents import parse_document
from definitions.reading import changes, sections
from tests.factories.definitions import DAY, edited, signed_version


def told(kind, edit):
    """What `changes` says of the default content and a copy that `edit` has changed."""
    before = default_content(kind=DocumentKind(kind))
    after = deepcopy(before)
    edit(after)
    old, new = (
        sections(parse_document(kind=DocumentKind(kind), content=content))
        for content in (before, after)
    )
    return changes(before=old, after=new)


def facts(kind, edit):
    return [
        (fact.name, fact.before, fact.after) for each in told(kind, edit) for fact in each.facts
    ]


def entry(content, purpose, place=0):
    return content["reasons"][purpose]["entries"][place]


def test_text_is_compared_word_by_word():
    def edit(content):
        content["purpose"] = content["purpose"].replace("Marketing", "Demand", 1)

    (change,) = told("definitions", edit)

    (line,) = change.edits
    marked = [(piece.kind, piece.text.strip()) for piece in line.pieces if piece.kind != "same"]
    assert marked == [("removed", "Marketing"), ("added", "Demand")]


@pytest.mark.parametrize(
    ("kind", "edit", "expected"),
    [
        pytest.param(
            "definitions",
            lambda held: held["mql"].update(fit_threshold=60),
            [("Fit threshold", "50", "60")],
            id="threshold",
        ),
        pytest.param(
            "sla",
            lambda held: held["commitments"]["first_contact"].update(allowance_amount=2),
            [("Time allowed", "4 business hours", "2 business hours")],
            id="allowance with its unit",
        ),
        pytest.param(
            "sla",
            lambda held: held["commitments"]["first_contact"].update(target_rate="0.95"),
            [("Kept in at least", "90%", "95%")],
            id="rate",
        ),
        pytest.param(
            "definitions",
            lambda held: held["mql"].update(
                also={"field": "company_size", "operator": "at_least", "value": 50}
            ),
            [("Further criteria", "", "Company size is at least 50 employees")],
            id="criterion added",
        ),
    ],
)
def test_values_are_told_before_and_after(kind, edit, expected):
    assert facts(kind, edit) == expected


def test_reasons_are_added_and_retired_by_name():
    def edit(content):
        first = entry(content, "reject")
        content["reasons"]["reject"]["entries"].append(
            {**first, "code": "new_one", "label": "New one"}
        )
        first["is_retired"] = True

    label = entry(default_content(kind=DocumentKind.DEFINITIONS), "reject")["label"]

    assert facts("definitions", edit) == [(label, "offered", "retired"), ("New one", "", "added")]


@pytest.mark.skipif(
    "merged_into" not in words.ReasonEntry.model_fields, reason="reasons are not merged"
)
def test_merged_reason_names_what_it_became():
    def edit(content):
        entry(content, "reject")["merged_into"] = entry(content, "reject", 1)["code"]

    into = entry(default_content(kind=DocumentKind.DEFINITIONS), "reject", 1)["label"]

    assert [after for _, _, after in facts("definitions", edit)] == [f"merged into {into}"]


def test_the_same_content_has_no_changes():
    assert told("score_model", lambda held: held.update(purpose=held["purpose"])) == []


def test_a_term_that_is_gone_is_told_last():
    def edit(content):
        del content["terms"]["sal"]
        content["purpose"] += " More."

    keys = [change.key for change in told("definitions", edit)]

    assert keys == ["purpose", "terms/sal"]


@pytest.fixture
def two_versions(cast, now):
    signed_version("sla", cast=cast, at=now - DAY, commitments__first_contact={
        "allowance_amount": 2,
    })  # fmt: skip


@pytest.mark.parametrize("key", ["rita", "carla", "mara", "vera", "sam", "ed"])
@pytest.mark.parametrize("layout", ["inline", "sides"])
def test_everybody_compares_two_versions(key, layout, as_, two_versions):
    page = as_(key).get(f"/agreement/sla/compare/?from=1&to=2&layout={layout}")

    assert page.status_code == 200
    text = page.content.decode()
    assert "4 business hours" in text
    assert "2 business hours" in text
    assert "<del>" in text
    assert "<ins>" in text


def test_without_choice_the_newest_is_compared_with_the_one_before(as_, two_versions):
    page = as_("ed").get("/agreement/sla/compare/")

    assert (page.context["before"].name, page.context["after"].name) == ("1", "2")


def test_any_two_texts_are_three_clicks_away(as_, cast, two_versions, now):
    """The document's page, "Compare versions", one chip from, one chip to."""
    services.open_draft(kind=DocumentKind.SLA, by=cast["rita"], at=now)
    client = as_("mara")
    assert "/agreement/sla/compare/" in client.get("/agreement/sla/").content.decode()

    first = client.get("/agreement/sla/compare/")
    offered = [
        [option["label"] for option in choice["options"]] for choice in first.context["choices"]
    ]
    second = client.get(
        f"/agreement/sla/compare/{first.context['choices'][0]['options'][0]['href']}"
    )
    third = client.get(
        f"/agreement/sla/compare/{second.context['choices'][1]['options'][2]['href']}"
    )

    assert offered == [["Version 1", "Version 2", "Open draft"]] * 2
    assert (third.context["before"].name, third.context["after"].name) == ("1", "draft")


def test_draft_is_compared_by_those_who_take_part_in_it(as_, cast, sla_draft, now):
    edited(sla_draft, key="commitments/first_contact", by=cast["rita"], at=now, allowance_amount=1)
    address = "/agreement/sla/compare/?from=1&to=draft"

    assert "1 business hour<" in as_("sam").get(address).content.decode()
    assert as_("ed").get(address).status_code == 403
    assert "Open draft" not in as_("ed").get("/agreement/sla/compare/").content.decode()


@pytest.mark.parametrize(
    "query", ["from=1&to=9", "from=x&to=1", "from=1&to=%00", f"to={10**40}", "to=draft", "from=-1"]
)
def test_what_does_not_exist_is_not_compared(query, as_):
    assert as_("rita").get(f"/agreement/sla/compare/?{query}").status_code == 404


def test_comparison_of_many_terms_asks_few_queries(as_, cast, now, django_assert_max_num_queries):
    terms = default_content(kind=DocumentKind.DEFINITIONS)["terms"]
    draft = services.open_draft(kind=DocumentKind.DEFINITIONS, by=cast["rita"], at=now)
    for place in range(40 - len(terms)):
        body = {**terms["sal"], "name": f"T{place}", "position": 50 + place}
        services.edit_clause(
            draft=draft, key=f"terms/t{place}", body=body, revision=0, by=cast["rita"], at=now
        )
    client, address = as_("rita"), "/agreement/definitions/compare/?from=1&to=draft"
    client.get(address)

    with django_assert_max_num_queries(12):
        page = client.get(address)

    assert len(page.context["changes"]) >= 40 - len(terms)
