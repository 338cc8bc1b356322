"""The cube and intake judge alike, over random leads, models and rules."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from definitions.choices import DocumentKind
from definitions.content.scores import ScoreModel
from definitions.content.words import MqlRule
from definitions.criteria_json import to_json
from definitions.defaults import default_content
from definitions.documents import parse_document
from pipeline.cube import SCORES, Cube, NeedsPassError, Rule, Signature, judged, leaves_of
from pipeline.decision import decide
from pipeline.selectors.signatures import Span, read_step, size_of
from tests.factories.pipeline import DAY, NOON
from tests.pipeline.random_leads import KINDS, known_of, random_lead, trees

SPAN = Span(from_at=NOON - 90 * DAY, to_at=NOON)
CODES = ("one", "two", "three")


@pytest.fixture
def known(agreement):
    """Sixty leads at random, as qualification knows them, all of the span."""
    dice = random.Random(20260304)
    for _ in range(60):
        random_lead(dice)
    return unscored(at=NOON)


def unscored(*, at):
    """Return what qualification knows of each lead before it is scored."""
    return {
        pk: replace(
            facts,
            values={key: value for key, value in facts.values.items() if key not in SCORES},
        )
        for pk, facts in known_of(at=at).items()
    }


def default(kind):
    kind = DocumentKind(kind)
    return parse_document(kind=kind, content=default_content(kind))


def definitions_with(mql):
    return default("definitions").model_copy(update={"mql": mql})


@st.composite
def models(draw):
    """Draw a score model."""
    points = st.integers(-40, 60)
    fit = [
        {
            "code": code,
            "label": code,
            "levels": [
                {"label": "level", "when": to_json(draw(trees())), "points": draw(points)}
                for _ in range(draw(st.integers(1, 2)))
            ],
        }
        for code in CODES[: draw(st.integers(1, 3))]
    ]
    acts = draw(st.lists(st.sampled_from(KINDS), min_size=1, unique=True))
    intent = [
        {
            "act": act,
            "label": act,
            "group": draw(st.sampled_from(CODES[:2])),
            "points": draw(points),
            "cap_points": draw(st.integers(0, 100)),
        }
        for act in acts
    ]
    groups = [
        {"code": code, "label": code, "cap_points": draw(st.integers(0, 100))}
        for code in CODES[:2]
    ]
    return ScoreModel(
        purpose="",
        review="",
        fit=fit,
        intent=intent,
        intent_groups=groups,
        half_life_days=draw(st.sampled_from([None, None, 1, 30])),
    )


@st.composite
def rules(draw):
    """Draw a rule: thresholds, further criteria, disqualifiers, acts that stand in."""
    mql = MqlRule(
        fit_threshold=draw(st.integers(0, 60)),
        intent_threshold=draw(st.integers(0, 60)),
        bypass_acts=draw(st.lists(st.sampled_from(KINDS), max_size=2, unique=True)),
        also=draw(st.none() | trees().map(to_json)),
        disqualifiers=[
            {"code": code, "label": code, "criteria": to_json(draw(trees()))}
            for code in CODES[: draw(st.integers(0, 2))]
        ],
        bands=[
            {
                "code": "all",
                "label": "All",
                "minimum_fit": 0,
                "minimum_intent": 0,
                "owner": "marketing",
                "action": "",
            }
        ],
    )
    return Rule(mql=mql, model=draw(models()))


def cube_of(*judging, span=SPAN):
    """Return the cube of these rules over the stored leads, and who is in which signature."""
    leaves = leaves_of(*judging)
    found = {}
    _, low, high = size_of(span=span)
    middle = (low + high) // 2
    read_step(leaves=leaves, span=span, ids=(low, middle), into=found)
    read_step(leaves=leaves, span=span, ids=(middle + 1, high), into=found)
    signatures = tuple(Signature(answers, len(group.lead_ids)) for answers, group in found.items())
    return Cube(leaves, signatures), [group.lead_ids for group in found.values()]


def test_intake_and_the_cube_judge_alike(known):
    @settings(
        max_examples=25,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(rule=rules(), other=rules())
    def agree(rule, other):
        cube, members = cube_of(rule, other)

        for asked in (rule, other):
            definitions = definitions_with(asked.mql)
            for verdict, lead_ids in zip(judged(cube=cube, rule=asked), members, strict=True):
                found = verdict.qualifies(
                    fit=asked.mql.fit_threshold, intent=asked.mql.intent_threshold
                )
                for pk in lead_ids:
                    facts = known[pk]
                    decided = decide(definitions=definitions, model=asked.model, facts=facts)
                    assert (verdict.fit, verdict.intent) == (
                        decided.fit.value,
                        decided.intent.value,
                    )
                    assert found == decided.is_mql

    agree()


@pytest.fixture
def rule():
    """The rule a new organisation starts with."""
    return Rule(mql=default("definitions").mql, model=default("score_model"))


def changed(rule, **model):
    return Rule(mql=rule.mql, model=rule.model.model_copy(update=model))


def test_points_and_caps_change_without_another_pass(rule):
    cube = Cube(leaves_of(rule), ())
    acts = tuple(
        act.model_copy(update={"points": max(1, act.points // 2)}) for act in rule.model.intent
    )

    assert judged(cube=cube, rule=changed(rule, intent=acts)) == []


def test_another_half_life_needs_another_pass(rule):
    cube = Cube(leaves_of(rule), ())

    with pytest.raises(NeedsPassError, match="by 30 days"):
        judged(cube=cube, rule=changed(rule, half_life_days=30))


def test_a_cap_beyond_what_was_counted_needs_another_pass(rule):
    cube = Cube(leaves_of(rule), ())
    acts = tuple(
        act.model_copy(update={"points": 1, "cap_points": 100}) for act in rule.model.intent
    )

    with pytest.raises(NeedsPassError, match="times only"):
        judged(cube=cube, rule=changed(rule, intent=acts))


def test_a_new_comparison_needs_another_pass(rule):
    cube = Cube(leaves_of(rule), ())
    also = {"field": "country", "operator": "equals", "value": "Iceland"}
    mql = MqlRule.model_validate({**rule.mql.model_dump(), "also": also})

    with pytest.raises(NeedsPassError, match="Country is Iceland"):
        judged(cube=cube, rule=Rule(mql=mql, model=rule.model))


def test_acts_after_the_decision_do_not_count(known, rule):
    # The span ends before the leads' acts of its last day.
    early = Span(from_at=SPAN.from_at, to_at=NOON - timedelta(days=45))
    cube, members = cube_of(rule, span=early)
    facts = unscored(at=early.to_at)

    for verdict, lead_ids in zip(judged(cube=cube, rule=rule), members, strict=True):
        for pk in lead_ids:
            decided = decide(
                definitions=definitions_with(rule.mql), model=rule.model, facts=facts[pk]
            )
            assert verdict.intent == decided.intent.value
