"""Two criteria trees beside each other."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.comparison import Verdict, compare_trees
from definitions.criteria import Acts, All, AnyOf, Compare, Not, Operator

SIZE_50 = Compare("company_size", Operator.AT_LEAST, 50)
SIZE_200 = Compare("company_size", Operator.AT_LEAST, 200)
SMALL = Compare("company_size", Operator.AT_MOST, 1000)
FINTECH = Compare("industry", Operator.EQUALS, "Fintech")
INDUSTRIES = Compare("industry", Operator.ONE_OF, ("Fintech", "Retail"))
SWAPPED = Compare("industry", Operator.ONE_OF, ("Retail", "Fintech"))
PRICING = Acts(("pricing_view",), at_least=2, within_days=30)
PRICING_SOON = Acts(("pricing_view",), at_least=2, within_days=14)
PRICING_OFTEN = Acts(("pricing_view",), at_least=5, within_days=30)
DEMO = Acts(("demo_request",))
STUDENT = Compare("seniority", Operator.EQUALS, "student")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(None, None, [], id="nothing asked"),
        pytest.param(SIZE_50, None, ["removed"], id="only before"),
        pytest.param(None, SIZE_50, ["added"], id="only after"),
        pytest.param(SIZE_50, SIZE_50, ["same"], id="the same"),
        pytest.param(SIZE_50, SIZE_200, ["differs"], id="another threshold"),
        pytest.param(SIZE_50, SMALL, ["removed", "added"], id="lower and upper bound"),
        pytest.param(FINTECH, INDUSTRIES, ["differs"], id="one value and several"),
        pytest.param(INDUSTRIES, SWAPPED, ["same"], id="order of values"),
        pytest.param(PRICING, PRICING_OFTEN, ["differs"], id="another count"),
        pytest.param(PRICING, PRICING_SOON, ["differs"], id="another window"),
        pytest.param(PRICING, DEMO, ["removed", "added"], id="other acts"),
        pytest.param(STUDENT, Not(STUDENT), ["differs"], id="the opposite"),
        pytest.param(Not(Not(STUDENT)), STUDENT, ["same"], id="twice not"),
        pytest.param(All((SIZE_50, DEMO)), All((DEMO, SIZE_50)), ["same", "same"], id="order"),
        pytest.param(All((SIZE_50,)), AnyOf((SIZE_50,)), ["same"], id="group of one"),
        pytest.param(
            All((SIZE_50, DEMO)), AnyOf((SIZE_50, DEMO)), ["differs", "differs"], id="all or any"
        ),
        pytest.param(
            Not(AnyOf((SIZE_50, DEMO))),
            All((Not(SIZE_50), Not(DEMO))),
            ["same", "same"],
            id="not any is each not",
        ),
        pytest.param(
            All((PRICING_SOON, PRICING)), PRICING, ["removed", "same"], id="equal ones first"
        ),
        pytest.param(
            Compare("fit_score", Operator.AT_LEAST, 1),
            Compare("fit_score", Operator.AT_LEAST, Decimal("1.0")),
            ["same"],
            id="equal numbers",
        ),
    ],
)
def test_compare_trees(before, after, expected):
    assert [pair.verdict for pair in compare_trees(before=before, after=after)] == expected


def test_pairs_are_in_plain_words():
    pairs = compare_trees(before=All((SIZE_50, Not(STUDENT))), after=AnyOf((SIZE_200, DEMO)))

    assert [
        (each.before and each.before.sentence, each.after and each.after.sentence)
        for each in pairs
    ] == [
        (
            "Company size is at least 50 employees",
            "Company size is at least 200 employees, or another one",
        ),
        ("Seniority is not student", None),
        (None, "At least 1 demo request, or another one"),
    ]


LEAVES = st.sampled_from([SIZE_50, SIZE_200, SMALL, FINTECH, INDUSTRIES, PRICING, DEMO, STUDENT])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, min_size=1, max_size=3).flatmap(
        lambda held: st.sampled_from([All(tuple(held)), AnyOf(tuple(held)), Not(held[0])])
    ),
    max_leaves=8,
)


@given(before=TREES, after=TREES)
def test_comparison_the_other_way_round_is_the_mirror(before, after):
    there = [pair.verdict for pair in compare_trees(before=before, after=after)]
    back = [pair.verdict for pair in compare_trees(before=after, after=before)]

    assert there.count(Verdict.SAME) == back.count(Verdict.SAME)
    assert there.count(Verdict.DIFFERS) == back.count(Verdict.DIFFERS)
    assert there.count(Verdict.REMOVED) == back.count(Verdict.ADDED)


@given(tree=TREES)
def test_tree_is_the_same_as_itself(tree):
    assert {pair.verdict for pair in compare_trees(before=tree, after=tree)} == {Verdict.SAME}
