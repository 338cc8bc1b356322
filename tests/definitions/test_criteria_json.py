"""Hostile and mistaken trees are refused with the node's name."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.criteria_json import MAX_LIST, MAX_NODES, CriteriaError, parse, to_json
from tests.definitions.test_criteria import TREES

SIZE = {"field": "company_size", "operator": "at_least", "value": 50}


def nested(depth):
    tree = SIZE
    for _ in range(depth):
        tree = {"not": tree}
    return tree


def problems(tree):
    with pytest.raises(CriteriaError) as refused:
        parse(tree)
    return [(problem.path, problem.message) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("tree", "path", "words"),
    [
        pytest.param(None, "/", "must be an object", id="null"),
        pytest.param([], "/", "must be an object", id="list"),
        pytest.param({}, "/", "must hold one of", id="empty object"),
        pytest.param({"all": []}, "/", "at least one entry", id="empty all"),
        pytest.param({"all": {"x": 1}}, "/", "needs a list", id="all without a list"),
        pytest.param({"any": [SIZE, 7]}, "/any/1", "must be an object", id="number as a node"),
        pytest.param({"all": [SIZE], "any": []}, "/", "cannot also hold any", id="two kinds"),
        pytest.param(
            {"not": {"field": "shoe_size", "operator": "is_known"}},
            "/not",
            "no field is called shoe_size",
            id="unknown field",
        ),
        pytest.param({"field": ["x"], "operator": "equals"}, "/", "no field", id="field a list"),
        pytest.param({**SIZE, "operator": "matches"}, "/", "no operator", id="unknown operator"),
        pytest.param({**SIZE, "operator": "contains"}, "/", "cannot use contains", id="operator"),
        pytest.param({**SIZE, "unit": "dollars"}, "/", "counted in employees", id="wrong unit"),
        pytest.param({**SIZE, "value": "many"}, "/", "needs a number", id="text for a number"),
        pytest.param({**SIZE, "value": 0.5}, "/", "needs a number", id="float"),
        pytest.param({**SIZE, "value": True}, "/", "needs a number", id="yes for a number"),
        pytest.param({**SIZE, "value": "NaN"}, "/", "finite", id="not a number"),
        pytest.param({**SIZE, "value": 10**30}, "/", "cannot be larger", id="huge number"),
        pytest.param({**SIZE, "value": None}, "/", "needs a value", id="no value"),
        pytest.param(
            {"field": "is_customer", "operator": "equals", "value": "yes"},
            "/",
            "true or false",
            id="text for yes",
        ),
        pytest.param(
            {"field": "seniority", "operator": "equals", "value": "boss"},
            "/",
            "is one of owner",
            id="outside the vocabulary",
        ),
        pytest.param(
            {"field": "country", "operator": "one_of", "value": ["x"] * (MAX_LIST + 1)},
            "/",
            f"at most {MAX_LIST}",
            id="huge list",
        ),
        pytest.param(
            {"field": "title", "operator": "contains", "value": "(a+)+$" * 100},
            "/",
            "longer than",
            id="long text",
        ),
        pytest.param(
            {"field": "title", "operator": "equals", "value": "a\x00"}, "/", "NUL", id="NUL"
        ),
        pytest.param(
            {"field": "title", "operator": "equals", "value": "\ud800"},
            "/",
            "half a character",
            id="half a surrogate pair",
        ),
        pytest.param({"acts": ["sneeze"]}, "/", "no act is called", id="unknown act"),
        pytest.param({"acts": []}, "/", "at least one entry", id="no acts"),
        pytest.param({"acts": ["webinar"], "at_least": -1}, "/", "0 or more", id="negative"),
        pytest.param({"acts": ["webinar"], "at_least": 0}, "/", "always true", id="always true"),
        pytest.param(
            {"acts": ["webinar"], "at_least": 3, "at_most": 2}, "/", "less than", id="backwards"
        ),
        pytest.param({"acts": ["webinar"], "within_days": 0}, "/", "1 or more", id="no window"),
        pytest.param({"acts": ["webinar"], "within_days": 10**6}, "/", "more than", id="ages"),
    ],
)
def test_mistakes_name_their_node(tree, path, words):
    (found,) = problems(tree)

    assert found[0] == path
    assert words in found[1]


def test_all_mistakes_are_named_at_once():
    tree = {"all": [{"field": "x", "operator": "equals"}, SIZE, {"acts": ["y"]}]}

    assert [path for path, _ in problems(tree)] == ["/all/0", "/all/2"]


def test_deep_trees_are_refused_at_the_level_that_is_too_deep():
    (found,) = problems(nested(50))

    assert found == ("/not" * 10, "nested deeper than 10 levels")


def test_even_trees_deeper_than_the_stack_are_refused():
    assert problems(nested(100_000))


def test_wide_trees_are_refused():
    tree = {"all": [{"any": [SIZE] * MAX_LIST}] * 3}

    found = problems(tree)

    assert all(f"more than {MAX_NODES} nodes" in message for _, message in found)


@given(tree=TREES)
def test_a_tree_survives_json(tree):
    assert parse(json.loads(json.dumps(to_json(tree)))) == tree


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["all", "any", "not", "field", "operator", "value", "acts", "unit"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(stored=ANYTHING)
def test_nothing_but_a_refusal_ever_comes_of_rubbish(stored):
    with suppress(CriteriaError):
        tree = parse(stored)
        assert parse(to_json(tree)) == tree


@pytest.mark.parametrize("key", ["field", "operator", "value", "unit", "acts", "at_least"])
@pytest.mark.parametrize(
    "value", [pytest.param(-(10**5000), id="huge"), pytest.param(nested(100_000), id="deep")]
)
def test_values_too_large_to_print_are_refused_in_short(key, value):
    tree = {"acts": ["webinar"]} if key in {"acts", "at_least"} else SIZE

    (found,) = problems({**tree, key: value})

    assert len(found[1]) < 200


@pytest.mark.parametrize(
    ("node", "words"),
    [
        pytest.param({"field": "shoe_size", "operator": "is_known"}, "no field", id="field"),
        pytest.param({**SIZE, "unit": "points"}, "counted in employees", id="unit"),
        pytest.param({**SIZE, "value": True}, "needs a number", id="yes as a number"),
        pytest.param({**SIZE, "value": float("nan")}, "needs a number", id="NaN"),
        pytest.param({**SIZE, "value": "NaN"}, "finite number", id="NaN as a text"),
        pytest.param({**SIZE, "value": float("inf")}, "needs a number", id="infinity"),
        pytest.param({**SIZE, "value": {"a": 1}}, "needs a number", id="an object"),
        pytest.param({**SIZE, "value": [50]}, "needs a number", id="a list for a number"),
        pytest.param(
            {"field": "country", "operator": "one_of", "value": ["x"] * 100_000},
            f"100000 entries, at most {MAX_LIST}",
            id="100,000 values",
        ),
        pytest.param({"acts": ["webinar"] * 100_000}, f"at most {MAX_LIST}", id="100,000 acts"),
        pytest.param({"acts": ["webinar"], "at_least": True}, "whole number", id="yes as count"),
        pytest.param({"acts": ["webinar"], "at_least": float("nan")}, "whole", id="NaN as count"),
        pytest.param(
            {"field": "country", "operator": "equals", "value": 7}, "needs text", id="no text"
        ),
        pytest.param("company_size", "must be an object", id="a text as a node"),
        pytest.param(True, "must be an object", id="yes as a node"),
    ],
)
def test_hostile_nodes_are_named_among_good_ones(node, words):
    tree = {"all": [SIZE, {"any": [SIZE, node]}]}

    (found,) = problems(tree)

    assert found[0] == "/all/1/any/1"
    assert words in found[1]


def test_ten_thousand_nodes_are_refused_where_they_become_too_many():
    tree = {"all": [{"all": [{"any": [SIZE] * 10}] * 10}] * 100}

    found = problems(tree)

    assert found[0][0].startswith("/all/")
    assert f"more than {MAX_NODES} nodes" in found[0][1]
    assert len(found) <= MAX_NODES


def test_a_group_of_100_000_is_refused_at_the_group():
    assert [path for path, _ in problems({"not": {"any": [SIZE] * 100_000}})] == ["/not"]
