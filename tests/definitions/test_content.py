"""The default documents hold what was asked of them, and contents refuse nonsense."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from definitions import canonical, editing, lint
from definitions.choices import ClockKind, DocumentKind, Purpose, Unit
from definitions.criteria import Facts, Outcome, evaluate
from definitions.defaults import default_content
from definitions.documents import (
    ContentError,
    clauses_of,
    content_of,
    parse_document,
    plain,
)
from definitions.reading import changes, sections
from revops.people.choices import Side
from tests.factories.definitions import NOON

every_kind = pytest.mark.parametrize("kind", list(DocumentKind), ids=lambda kind: kind.value)


def default(kind):
    return parse_document(kind=DocumentKind(kind), content=default_content(DocumentKind(kind)))


def refused(kind, path, value):
    content = plain(default(kind))
    held = content
    *parents, last = path.split("/")
    for name in parents:
        held = held[int(name)] if isinstance(held, list) else held[name]
    held[int(last) if isinstance(held, list) else last] = value
    with pytest.raises(ContentError) as error:
        parse_document(kind=DocumentKind(kind), content=content)
    return [fault.path for fault in error.value.faults]


def test_default_terms_are_the_seven_of_the_glossary():
    document = default("definitions")

    assert [code for code, _ in document.ordered_terms()] == [
        "lead", "mql", "sal", "sql", "opportunity", "closed_lost", "closed_won",
    ]  # fmt: skip
    for _, term in document.ordered_terms():
        assert term.conditions
        assert term.designated_by
        assert term.edge_cases
        assert all(edge.ruling for edge in term.edge_cases)


REJECT = """
    not_icp_company not_icp_role unreachable customer_or_open_deal bad_contact_data no_need not_now
    no_budget competitor_student_vendor other
"""
CLOSED_LOST = "price competitor no_decision timing missing_feature lost_contact other"


@pytest.mark.parametrize(("purpose", "codes"), [("reject", REJECT), ("closed_lost", CLOSED_LOST)])
def test_default_reasons_are_the_seeded_ones(purpose, codes):
    entries = default("definitions").reasons[Purpose(purpose)].entries

    assert [entry.code for entry in entries if not entry.history_only] == codes.split()
    assert [entry.code for entry in entries if entry.history_only] == ["not_recorded"]


def test_other_asks_a_note_and_unreachable_the_agreed_attempts():
    document = default("definitions")

    assert document.reason(purpose=Purpose.REJECT, code="other").needs_note
    assert document.reason(purpose=Purpose.REJECT, code="unreachable").minimum_attempts == 3
    assert document.reason(purpose=Purpose.REJECT, code="not_now").needs_date
    assert document.reason(purpose=Purpose.REJECT, code="sneezed") is None


@pytest.mark.parametrize(
    ("title", "outcome"),
    [
        pytest.param("Intern", Outcome.PASS, id="intern"),
        pytest.param("Internship in sales", Outcome.PASS, id="internship"),
        pytest.param("Sales Trainee", Outcome.PASS, id="trainee"),
        pytest.param("PhD student", Outcome.PASS, id="student"),
        pytest.param("Head of International Sales", Outcome.FAIL, id="international"),
        pytest.param("Internal Auditor", Outcome.FAIL, id="internal"),
    ],
)
def test_interns_are_students_and_international_titles_are_not(title, outcome):
    disqualifiers = {each.code: each for each in default("definitions").mql.disqualifiers}
    facts = Facts(values={"title": title, "seniority": "manager"}, at=NOON)

    assert evaluate(disqualifiers["student"].tree, facts).outcome is outcome


def test_default_commitments_are_those_of_the_decisions():
    held = {
        key: (each.side, each.allowance_amount, each.unit)
        for key, each in default("sla").ordered_commitments()
        if each.is_active
    }

    assert held == {
        "routing": (Side.MARKETING, 5, Unit.CALENDAR_MINUTES),
        "lead_age": (Side.MARKETING, 72, Unit.CALENDAR_HOURS),
        "minimum_fit": (Side.MARKETING, None, Unit.AT_HANDOFF),
        "context": (Side.MARKETING, None, Unit.AT_HANDOFF),
        "marketing_feedback": (Side.MARKETING, 5, Unit.BUSINESS_DAYS),
        "first_contact": (Side.SALES, 4, Unit.BUSINESS_HOURS),
        "sal_review": (Side.SALES, 2, Unit.BUSINESS_DAYS),
        "attempts": (Side.SALES, 7, Unit.CALENDAR_DAYS),
        "disposition": (Side.SALES, 2, Unit.BUSINESS_DAYS),
        "final_disposition": (Side.SALES, 14, Unit.CALENDAR_DAYS),
    }
    attempts = default("sla").commitments["attempts"]
    assert (attempts.count, attempts.includes_first, attempts.collapse_minutes) == (3, False, 15)
    volume = default("sla").commitments["mql_volume"]
    assert (volume.kind, volume.count) == (ClockKind.MQL_VOLUME, None)


def test_both_scores_can_reach_their_thresholds_but_no_habit_alone_can():
    model, rule = default("score_model"), default("definitions").mql

    assert model.most_fit == model.most_intent == 100
    asks = {group.code for group in model.intent_groups} - {"hand_raise"}
    caps = {group.code: group.cap_points for group in model.intent_groups}
    assert all(caps[group] < rule.intent_threshold for group in asks)


def test_default_contribution_names_every_group_once():
    document = default("contribution")

    assert [group.code for group in document.source_groups] == [
        "marketing", "outbound", "partner", "customer", "other", "unknown",
    ]  # fmt: skip
    assert document.group_of(channel=" Paid_Search ").code == "marketing"
    assert document.group_of(channel="carrier pigeon") is None


@every_kind
def test_defaults_can_be_signed_as_they_are(kind):
    found = [one.message for one in lint.refusals(document=default(kind))]

    # Opening a draft fills in the next quarter and leaves out the reason only history needs.
    expected = {
        DocumentKind.CONTRIBUTION: ["The agreement names no quarter."],
        DocumentKind.DEFINITIONS: [
            "A signed list of reject reasons has no entry that only imports may use."
        ],
    }
    assert found == expected.get(kind, [])


@pytest.mark.parametrize(
    ("kind", "path", "value", "place"),
    [
        ("definitions", "mql/fit_threshold", 101, "mql/fit_threshold"),
        ("definitions", "mql/fit_threshold", "high", "mql/fit_threshold"),
        ("definitions", "mql/bypass_acts", ["sneeze"], "mql/bypass_acts/0"),
        ("definitions", "mql/also", {"field": "x"}, "mql/also"),
        ("definitions", "terms/mql/decided_by", "nobody", "terms/mql/decided_by"),
        ("definitions", "terms/mql/sneaky", 1, "terms/mql/sneaky"),
        ("definitions", "reasons/reject/entries", [], "reasons/reject/entries"),
        ("score_model", "intent/0/group", "x", "/"),
        ("sla", "commitments/first_contact/unit", "days", "commitments/first_contact/unit"),
        ("sla", "commitments/first_contact/allowance_amount", None, "commitments/first_contact"),
        ("sla", "commitments/attempts/count", None, "commitments/attempts"),
        ("sla", "commitments/first_contact/target_rate", "1.5",
         "commitments/first_contact/target_rate"),
        ("contribution", "target/amount", "-5", "target/amount"),
        ("contribution", "target/amount", "5", "target"),
        ("contribution", "target/amount", "Infinity", "target/amount"),
        ("contribution", "quarter",
         {"label": "Q1", "starts_on": "2026-01-01", "ends_on": "2026-02-01"}, "quarter"),
        ("contribution", "source_groups/1/channels", ["email"], "/"),
    ],
)  # fmt: skip
def test_contents_refuse_nonsense_and_name_its_place(kind, path, value, place):
    assert place in refused(kind, path, value)


@pytest.mark.parametrize(
    ("kind", "path", "value", "words"),
    [
        ("definitions", "mql/fit_threshold", 0, "behaviour only"),
        ("definitions", "mql/intent_threshold", 0, "fit only"),
        ("definitions", "terms/mql/dimension", "behaviour", "one dimension"),
        ("definitions", "terms/sal/designated_by", [], "Nobody may say so"),
        ("sla", "commitments",
         {"first_contact": default_content(DocumentKind.SLA)["commitments"]["first_contact"]},
         "Nothing is promised by marketing"),
        ("contribution", "target",
         {"amount": "5", "currency": "USD", "split": [{"segment": "A", "amount": "6"}]},
         "more than the whole"),
    ],
)  # fmt: skip
def test_lint_refuses(kind, path, value, words):
    content = plain(default(kind))
    held = content
    *parents, last = path.split("/")
    for name in parents:
        held = held[name]
    held[last] = value

    found = lint.refusals(document=parse_document(kind=DocumentKind(kind), content=content))

    assert any(words in one.message for one in found)


def test_lint_refuses_a_threshold_nobody_can_reach():
    content = plain(default("score_model"))
    content["fit"] = content["fit"][:1]
    model = parse_document(kind=DocumentKind.SCORE_MODEL, content=content)

    found = lint.findings(document=default("definitions"), score_model=model)

    assert [one.message for one in found if one.clause == "mql"] == [
        "Nobody can reach 50 points of fit: the score model ends at 30."
    ]


@every_kind
def test_clauses_make_the_whole_again_and_each_is_read_aloud(kind):
    document = default(kind)
    content = plain(document)

    clauses = clauses_of(kind=kind, content=content)

    assert content_of(clauses=clauses) == content
    assert {section.key for section in sections(document)} == set(clauses)


def posted(node):
    """What a browser sends for a form nobody touched."""
    post = QueryDict(mutable=True)
    for each in editing.walk(node):
        if isinstance(each, editing.Group):
            if each.shape == "list":
                post[f"{each.name}-_count"] = str(each.count)
            if each.shape == "optional" and each.is_on:
                post[f"{each.name}-_on"] = "on"
        elif each.kind is editing.Kind.FLAG:
            if each.is_on:
                post[each.name] = "on"
        elif each.kind is editing.Kind.CHOICES:
            post.setlist(each.name, list(each.chosen))
        else:
            post[each.name] = each.text
    return post


@every_kind
def test_an_untouched_form_changes_no_clause(kind):
    content = plain(default(kind))
    clauses = clauses_of(kind=kind, content=content)

    for key, body in clauses.items():
        node = editing.form_of(kind=kind, key=key, body=body, title=key)
        after = editing.body_of(kind=kind, key=key, post=posted(node))
        whole = content_of(clauses={**clauses, key: after})
        assert plain(parse_document(kind=kind, content=whole)) == content


def test_form_adds_entries_and_makes_their_codes():
    kind, key = DocumentKind.DEFINITIONS, "reasons/reject"
    body = clauses_of(kind=kind, content=plain(default(kind)))[key]
    post = posted(editing.form_of(kind=kind, key=key, body=body, title=key))
    new = len(body["entries"])
    post[f"body-entries-{new}-label"] = "Wrong season!"
    post[f"body-entries-{new}-meaning"] = "Ski shops in summer."

    after = editing.body_of(kind=kind, key=key, post=post)

    assert after["entries"][-1]["code"] == "wrong_season"
    assert len(after["entries"]) == new + 1


def test_faults_stand_at_their_inputs():
    kind, key = DocumentKind.DEFINITIONS, "mql"
    body = clauses_of(kind=kind, content=plain(default(kind)))[key]
    node = editing.form_of(kind=kind, key=key, body={**body, "fit_threshold": 300}, title=key)
    with pytest.raises(ContentError) as refused:
        parse_document(
            kind=kind, content={**plain(default(kind)), "mql": {**body, "fit_threshold": 300}}
        )

    marked = editing.with_faults(node, key=key, faults=refused.value.faults)

    assert [each.name for each in editing.walk(marked) if each.errors] == ["body-fit_threshold"]


def test_changes_are_told_line_by_line():
    before = default("definitions")
    content = plain(before)
    content["mql"]["fit_threshold"] = 60
    after = parse_document(kind=DocumentKind.DEFINITIONS, content=content)

    (change,) = changes(before=sections(before), after=sections(after))

    assert change.removed == ("All of these: Fit score of at least 50 of 100",)
    assert change.added == ("All of these: Fit score of at least 60 of 100",)


def test_canonical_text_is_sorted_composed_and_without_carriage_returns():
    text = canonical.canonical({"b": "Curac\u0327ao\r\n", "a": [True, None, 3]})

    assert text == '{\n "a": [\n  true,\n  null,\n  3\n ],\n "b": "Cura\u00e7ao\\n"\n}\n'


def test_canonical_text_has_no_floats():
    with pytest.raises(TypeError, match="float"):
        canonical.canonical({"rate": 0.5})
