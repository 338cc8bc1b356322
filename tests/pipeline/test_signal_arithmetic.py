"""Signals of won deals: the arithmetic of their lift, and the rule they speak for."""

from __future__ import annotations

import pytest

from definitions.content import Band, Disqualifier, MqlRule
from definitions.criteria import Acts, Compare, Operator
from pipeline.signals import Candidate, Direction, Reach, Report, propose_mql, signals_of
from revops.intervals import ratio

DEMO = Candidate("Acts", "Demo", Acts(acts=("demo_request",)))
STUDENT = Candidate(
    "Seniority", "Student", Compare(field="seniority", operator=Operator.EQUALS, value="student")
)


# Agresti, Categorical Data Analysis, table 2.1 (aspirin): 189 of 11,034 against 104 of 11,037.
def test_the_ratio_has_the_published_interval():
    found, interval = ratio(one=(189, 11034), other=(104, 11037))

    assert round(found, 2) == 1.82
    assert (round(interval.low, 2), round(interval.high, 2)) == (1.43, 2.31)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param((0, 0), (3, 9), id="nobody in one group"),
        pytest.param((0, 9), (0, 9), id="no success at all"),
    ],
)
def test_a_ratio_of_nothing_is_none(one, other):
    assert ratio(one=one, other=other) is None


def test_a_ratio_with_an_empty_cell_stays_finite():
    found, interval = ratio(one=(10, 20), other=(0, 20))

    assert found == pytest.approx(21)
    assert 1 < interval.low < found < interval.high


def test_a_ratio_refuses_more_successes_than_cases():
    with pytest.raises(ValueError, match="between 0 and the cases"):
        ratio(one=(3, 2), other=(0, 2))


def test_signals_come_strongest_first_and_small_ones_last():
    weak = Candidate("Acts", "Weak", Acts(acts=("form",)))
    rare = Candidate("Acts", "Rare", Acts(acts=("event",)))
    never = Candidate("Acts", "Never", Acts(acts=("social",)))

    found = signals_of(
        [(weak, 50, 55), (rare, 9, 1), (DEMO, 60, 20), (never, 0, 0)], won_n=100, other_n=100
    )

    assert [one.candidate.label for one in found] == ["Demo", "Weak", "Rare"]
    assert [one.direction for one in found] == [
        Direction.MORE, Direction.UNCLEAR, Direction.UNCLEAR,
    ]  # fmt: skip
    assert found[0].points == round(8 * 1.584962500721156)
    assert found[2].is_small


BASE = MqlRule(
    fit_threshold=50,
    intent_threshold=40,
    bands=(
        Band(code="ready", label="Ready", minimum_fit=50, minimum_intent=40, owner="sales",
             action="Call"),
        Band(code="rest", label="Rest", minimum_fit=0, minimum_intent=0, owner="marketing",
             action="Wait"),
    ),
)  # fmt: skip


def report(*counts, fit=(), intent=(), n=100):
    return Report(
        won_n=n,
        other_n=n,
        signals=signals_of(counts, won_n=n, other_n=n),
        looked_at=len(counts),
        fit=tuple(Reach(*one) for one in fit),
        intent=tuple(Reach(*one) for one in intent),
    )


def test_the_proposal_takes_the_thresholds_that_part_best():
    rule = propose_mql(
        report(fit=[(20, 100, 90), (40, 95, 40), (60, 70, 10)], intent=[(10, 90, 50)]), base=BASE
    )

    assert (rule.fit_threshold, rule.intent_threshold) == (40, 10)
    assert [(band.minimum_fit, band.minimum_intent) for band in rule.bands] == [(40, 10), (0, 0)]


def test_the_proposal_names_acts_and_disqualifiers_only_where_data_speak():
    rule = propose_mql(report((DEMO, 60, 20), (STUDENT, 0, 40)), base=BASE)

    assert rule.bypass_acts == rule.hand_raise_acts == ("demo_request",)
    assert rule.disqualifiers == (
        Disqualifier(
            code="student",
            label="Student",
            criteria={"field": "seniority", "operator": "equals", "value": "student"},
        ),
    )
    assert rule.fit_threshold == BASE.fit_threshold


def test_small_samples_propose_nothing():
    few = report((DEMO, 9, 1), (STUDENT, 0, 9), fit=[(20, 10, 0)], n=10)

    assert propose_mql(few, base=BASE) == BASE
