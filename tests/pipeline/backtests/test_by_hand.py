"""The numbers of the hand-made leads equal the count by hand."""

from __future__ import annotations

import pytest

from pipeline.backtesting import Side, compared
from pipeline.models import BacktestResult
from pipeline.selectors import backtests as reads


@pytest.fixture
def numbers(backtest):
    return BacktestResult.objects.get(backtest=backtest).numbers


@pytest.mark.parametrize(
    ("group", "counts"),
    [
        # leads, accepted, decided, SQL, opportunity, won, lost, cents won
        pytest.param("both", (8, 4, 6, 4, 4, 3, 1, 300_000), id="stay MQLs"),
        pytest.param("no_longer", (6, 2, 5, 1, 1, 1, 0, 50_000), id="drop out"),
        pytest.param("newly", (4, 1, 2, 1, 0, 0, 0, 0), id="come in"),
        pytest.param("neither", (6, 1, 1, 1, 1, 1, 0, 100_000), id="never are"),
        pytest.param("before", (14, 6, 11, 5, 5, 4, 1, 350_000), id="in use"),
        pytest.param("after", (12, 5, 8, 5, 4, 3, 1, 300_000), id="draft"),
        pytest.param("everybody", (24, 8, 14, 7, 6, 5, 1, 450_000), id="all"),
    ],
)
def test_groups_equal_the_count_by_hand(numbers, group, counts):
    told = numbers[group]
    names = ("leads", "accepted", "decided", "sql", "opportunity", "won", "lost")

    assert (*(told[name] for name in names), told["won_amounts"].get("USD", 0)) == counts


@pytest.mark.parametrize(
    ("rule", "share", "expected"),
    [
        ("before", "accepted_precision", [6, 11]),
        ("before", "accepted_recall", [6, 8]),
        ("before", "won_precision", [4, 11]),
        ("before", "won_recall", [4, 5]),
        ("after", "accepted_precision", [5, 8]),
        ("after", "accepted_recall", [5, 8]),
        ("after", "won_precision", [3, 8]),
        ("after", "won_recall", [3, 5]),
    ],
)
def test_precision_and_recall_equal_the_count_by_hand(numbers, rule, share, expected):
    assert numbers[rule][share] == expected


def test_the_curve_equals_the_count_by_hand(numbers):
    curve = {step[0]: tuple(step[1:]) for step in numbers["curves"]["fit"]}

    # Threshold: MQLs, accepted, won. Twenty-four have an act that stands in.
    assert curve[35] == (24, 8, 5)
    assert curve[40] == curve[55] == (18, 7, 4)
    assert curve[60] == (12, 5, 3)
    assert curve[65] == curve[100] == (0, 0, 0)


def test_names_are_those_of_the_group(backtest, leads, rita):
    cube, base, draft = reads.cube_of(backtest.pk)
    found = compared(cube=cube, base=base, draft=draft)
    keys = [one.key for one in found.signatures(cube=cube, side=Side.NO_LONGER)]

    page = reads.names(signature_ids=keys, user=rita, page=None)

    assert {row.lead.pk for row in page.rows} == {lead.pk for lead in leads["no_longer"]}
    assert found.won_lost == (leads["no_longer"][0].pk,)
