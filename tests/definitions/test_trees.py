"""The criteria builder: trees become named inputs and come back as they were."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings

from definitions import editing
from definitions.criteria_json import MAX_LIST, CriteriaError, parse, to_json
from definitions.editing.changes import Change, changed
from definitions.editing.lines import Values, inputs_of, posted_tree
from definitions.editing.trees import draw
from tests.definitions.test_criteria import TREES
from tests.definitions.test_criteria_json import ANYTHING, nested

NAME = "body-also"
SIZE = {"field": "company_size", "operator": "at_least", "value": 50, "unit": "employees"}
DEMO = {"acts": ["demo_request"], "at_least": 1, "within_days": 30}
BOTH = {"all": [SIZE, DEMO]}


def posted(stored, **changes):
    """What a browser sends for a builder drawn from `stored`, with some inputs changed."""
    values = inputs_of(draw(stored, name=NAME))
    text = "" if stored is None else json.dumps(stored)
    values[NAME], values[f"{NAME}-_shown"] = [text.replace(" ", "\r\n ")], [text]
    for key, value in changes.items():
        values[f"{NAME}-n{key}"] = value if isinstance(value, list) else [value]
    return values


def pressed(press, stored):
    return changed(stored=stored, name=NAME, change=Change.of(press))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(tree=TREES)
def test_a_tree_survives_the_builder(tree):
    stored = to_json(tree)

    values = posted(stored)
    untouched = posted_tree(values, NAME)
    values[f"{NAME}-_shown"] = values[NAME] = [""]
    from_inputs = posted_tree(values, NAME)

    assert untouched == stored
    assert parse(from_inputs) == tree


# Nested rubbish is slow to make on a busy machine; the code under test is not.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(stored=ANYTHING)
def test_rubbish_is_drawn_or_left_as_text(stored):
    root = draw(stored, name=NAME)

    if root is not None:
        assert posted_tree(posted(stored), NAME) == stored or stored in ("", None)


def test_untouched_builder_keeps_what_it_does_not_show():
    stored = {"field": "company_size", "operator": "at_least", "value": "50"}

    assert posted_tree(posted(stored), NAME) == stored


def test_edited_text_wins_over_the_lines():
    values = posted(BOTH, **{"-0-value": "70"})
    values[NAME] = [json.dumps(SIZE)]

    assert posted_tree(values, NAME) == SIZE


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"-value": "70"}, {**SIZE, "value": 70}, id="a number gets its unit"),
        pytest.param(
            {"-about": "title"}, {"field": "title", "operator": "equals"}, id="operator that fits"
        ),
        pytest.param(
            {"-about": "country", "-operator": "one_of", "-value": "Germany\r\n\r\n Austria "},
            {"field": "country", "operator": "one_of", "value": ["Germany", "Austria"]},
            id="several texts",
        ),
        pytest.param(
            {"-about": "seniority", "-operator": "one_of", "-value": ["vp", "head"]},
            {"field": "seniority", "operator": "one_of", "value": ["vp", "head"]},
            id="several of a vocabulary",
        ),
        pytest.param(
            {"-about": "is_customer", "-operator": "equals", "-value": "no"},
            {"field": "is_customer", "operator": "equals", "value": False},
            id="no",
        ),
        pytest.param(
            {"-about": "acts"}, {"acts": [], "at_least": 1, "within_days": 30}, id="acts begin"
        ),
        pytest.param({"-operator": "is_known"}, {"field": "company_size", "operator": "is_known"},
                     id="no value"),
        pytest.param({"-about": ""}, {}, id="nothing chosen"),
    ],
)  # fmt: skip
def test_inputs_make_the_node(changes, expected):
    assert posted_tree(posted(SIZE, **changes), NAME) == expected


@pytest.mark.parametrize(
    ("press", "stored", "expected", "focus"),
    [
        ("add body-also-n", None, {}, ""),
        ("group body-also-n", None, {"all": [{}]}, ""),
        ("add body-also-n", BOTH, {"all": [SIZE, DEMO, {}]}, "-2"),
        ("group body-also-n", BOTH, {"all": [SIZE, DEMO, {"all": [{}]}]}, "-2-0"),
        ("remove body-also-n-0", BOTH, {"all": [DEMO]}, "-0"),
        ("remove body-also-n", BOTH, None, ""),
        ("remove body-also-n-0-0", {"all": [{"not": SIZE}, DEMO]}, {"all": [DEMO]}, "-0"),
        ("down body-also-n-0", BOTH, {"all": [DEMO, SIZE]}, "-1"),
        ("up body-also-n-1", BOTH, {"all": [DEMO, SIZE]}, "-0"),
        ("up body-also-n-0", BOTH, BOTH, "-0"),
        ("negate body-also-n-0", BOTH, {"all": [{"not": SIZE}, DEMO]}, "-0"),
        ("negate body-also-n", {"not": SIZE}, SIZE, ""),
        ("and body-also-n", SIZE, {"all": [SIZE, {}]}, "-1"),
        ("and body-also-n-0", BOTH, {"all": [SIZE, {}, DEMO]}, "-1"),
        ("or body-also-n-0", BOTH, {"all": [{"any": [SIZE, {}]}, DEMO]}, "-0-1"),
        ("unwrap body-also-n-0", {"all": [{"any": [SIZE, DEMO]}]}, {"all": [SIZE, DEMO]}, "-0"),
        ("unwrap body-also-n", {"all": [SIZE]}, SIZE, ""),
    ],
    ids=str,
)
def test_buttons_change_the_tree(press, stored, expected, focus):
    assert pressed(press, stored) == (expected, f"{NAME}-n{focus}")


@pytest.mark.parametrize(
    "press",
    ["", "add", "explode body-also-n", "add body-other-n", "up body-also-n-9", "add body-also-n-0",
     "remove body-also-n-x", "remove body-also-n--1", f"remove body-also-n-{'9' * 5000}"],
)  # fmt: skip
def test_a_press_of_nothing_changes_nothing(press):
    assert pressed(press, BOTH)[0] == BOTH


def test_problems_stand_at_their_lines():
    stored = {"all": [SIZE, {"not": {"field": "shoe_size", "operator": "is_known"}}, {}]}

    node = editing.criterion(post=posted(stored), name=NAME)

    assert node.reading == ""
    assert [words for _, words in node.problems] == [
        "Line 2: No field is called shoe_size",
        "Line 3: Choose what is looked at",
    ]


def test_too_deep_a_tree_is_only_text():
    assert draw(nested(50), name=NAME) is None


@pytest.mark.parametrize("count", ["-1", "x", "9" * 5000, "\u0663", ""])
def test_hostile_counts_are_bounded(count):
    values = Values({f"{NAME}-n-kind": ["all"], f"{NAME}-n-_count": [count]})

    assert len(posted_tree(values, NAME)["all"]) <= MAX_LIST + 1


def test_endless_nesting_is_bounded():
    values = Values({f"{NAME}-n{'-0' * depth}-kind": ["not"] for depth in range(500)})

    with pytest.raises(CriteriaError, match="nested deeper"):
        parse(posted_tree(values, NAME))
