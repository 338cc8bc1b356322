"""Fit, intent and the decision, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from definitions.choices import DocumentKind
from definitions.content import ScoreModel
from definitions.criteria import Facts, Outcome, evaluate
from definitions.criteria_json import parse
from definitions.defaults import default_content
from definitions.documents import parse_document
from pipeline.decision import decide
from pipeline.fields import NO_COMPANY, CompanyFacts, facts_of_row
from pipeline.rows import LeadRow
from pipeline.scoring import fit_score, given, intent_score, outcome_of

NOON = datetime(2026, 3, 3, 15, tzinfo=UTC)
DAY = timedelta(days=1)

MODEL = {
    "purpose": "test",
    "review": "test",
    "fit": [
        {
            "code": "size",
            "label": "Size",
            "levels": [
                {
                    "label": "large",
                    "when": {"field": "company_size", "operator": "at_least", "value": 500},
                    "points": 60,
                },
                {
                    "label": "some",
                    "when": {"field": "company_size", "operator": "at_least", "value": 50},
                    "points": 30,
                },
            ],
        },
        {
            "code": "student",
            "label": "Student",
            "levels": [
                {
                    "label": "a student",
                    "when": {"field": "seniority", "operator": "equals", "value": "student"},
                    "points": -50,
                }
            ],
        },
    ],
    "intent_groups": [
        {"code": "hand", "label": "Asked", "cap_points": 100},
        {"code": "reading", "label": "Read", "cap_points": 40},
    ],
    "intent": [
        {"act": "demo_request", "label": "Demo", "group": "hand", "points": 80, "cap_points": 80},
        {"act": "pricing_view", "label": "Pricing", "group": "reading", "points": 15,
         "cap_points": 30},
        {"act": "download", "label": "Download", "group": "reading", "points": 10,
         "cap_points": 30},
    ],
}  # fmt: skip


def model(**changes):
    return ScoreModel.model_validate(MODEL | changes)


def acts(*kinds, age=timedelta(0)):
    return [(kind, NOON - age) for kind in kinds]


@pytest.mark.parametrize(
    ("attributes", "value"),
    [
        pytest.param({}, 0, id="nothing known"),
        pytest.param({"company_size": 49}, 0, id="too small"),
        pytest.param({"company_size": 50}, 30, id="second level"),
        pytest.param({"company_size": 5000}, 60, id="first level that holds"),
        pytest.param({"company_size": 5000, "seniority": "student"}, 10, id="negative points"),
        pytest.param({"seniority": "student"}, 0, id="never below zero"),
    ],
)
def test_fit(attributes, value):
    assert fit_score(model=model(), attributes=attributes).value == value


@pytest.mark.parametrize(
    ("done", "value"),
    [
        pytest.param([], 0, id="nothing done"),
        pytest.param(acts("pricing_view"), 15, id="once"),
        pytest.param(acts(*["pricing_view"] * 5), 30, id="cap of the act"),
        pytest.param(acts(*["pricing_view", "download"] * 5), 40, id="cap of the group"),
        pytest.param(acts("demo_request", *["pricing_view", "download"] * 5), 100, id="scale"),
        pytest.param([("demo_request", NOON + DAY)], 0, id="not yet done"),
        pytest.param(acts("webinar"), 0, id="act without points"),
    ],
)
def test_intent(done, value):
    assert intent_score(model=model(), acts=done, at=NOON).value == value


@pytest.mark.parametrize(("days", "value"), [(0, 80), (30, 40), (60, 20), (300, 0)])
def test_intent_halves(days, value):
    score = intent_score(
        model=model(half_life_days=30), acts=acts("demo_request", age=days * DAY), at=NOON
    )

    assert score.value == value


def test_parts_say_what_a_score_was_added_up_from():
    score = intent_score(model=model(), acts=acts("pricing_view", "pricing_view"), at=NOON)

    assert [(part.code, part.points, part.why) for part in score.parts] == [
        ("pricing_view", 30, "2 times")
    ]


TREES = [
    {"field": "company_size", "operator": "at_least", "value": 50},
    {"not": {"field": "country", "operator": "equals", "value": "US"}},
    {"all": [{"field": "company_size", "operator": "at_least", "value": 50},
             {"field": "country", "operator": "is_known"}]},
    {"any": [{"field": "industry", "operator": "one_of", "value": ["retail"]},
             {"acts": ["webinar"], "at_least": 1, "within_days": 30}]},
    {"acts": ["webinar"], "at_least": 0, "at_most": 0},
]  # fmt: skip


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize(
    "values", [{}, {"company_size": 60, "country": "US"}, {"industry": "retail"}]
)
@pytest.mark.parametrize("done", [None, [], acts("webinar"), acts("webinar", age=40 * DAY)])
def test_the_quick_verdict_is_that_of_the_explanation(tree, values, done):
    node = parse(tree)
    facts = Facts(values=values, acts=done, at=NOON)

    assert outcome_of(node, facts) is evaluate(node, facts).outcome


DEFINITIONS, SCORES = (
    parse_document(kind=kind, content=default_content(kind))
    for kind in (DocumentKind.DEFINITIONS, DocumentKind.SCORE_MODEL)
)


def decision(*, fit, intent, company=NO_COMPANY, **fields):
    row = LeadRow.model_validate({"external_id": "a", "email": "priya@halden.example"} | fields)
    facts = facts_of_row(row=row, company=company, source_group="marketing", at=NOON)
    return decide(
        definitions=DEFINITIONS, model=SCORES, facts=facts, fit=given(fit), intent=given(intent)
    )


F, I = DEFINITIONS.mql.fit_threshold, DEFINITIONS.mql.intent_threshold  # noqa: E741


@pytest.mark.parametrize(
    ("fit", "intent", "fields", "expected"),
    [
        pytest.param(F, I, {}, True, id="both at the line"),
        pytest.param(F - 1, 100, {}, False, id="fit below the line"),
        pytest.param(100, I - 1, {}, False, id="intent below the line"),
        pytest.param(F, 0, {"hand_raiser": True}, True, id="a demo request stands for intent"),
        pytest.param(F - 1, 0, {"hand_raiser": True}, False, id="and never for fit"),
    ],
)
def test_an_mql_needs_fit_and_intent(fit, intent, fields, expected):
    assert decision(fit=fit, intent=intent, **fields).is_mql is expected


def test_a_disqualifier_keeps_a_lead_out_only_when_it_is_known_to_hold():
    competitor = decision(fit=100, intent=100, attributes={"is_competitor": True})
    customer = decision(fit=100, intent=100, company=CompanyFacts(name="A", is_customer=True))
    unknown = decision(fit=100, intent=100)

    assert (competitor.is_mql, customer.is_mql, unknown.is_mql) == (False, False, True)
    assert competitor.disqualified_by
    assert unknown.exclusions[0].explanation.outcome is not Outcome.PASS


def test_the_snapshot_names_every_criterion():
    told = decision(fit=10, intent=90).to_json()

    assert told["is_mql"] is False
    assert told["rule"]["children"][0]["outcome"] == "fail"
    assert told["fit"] == {"value": 10, "is_given": True, "parts": []}
