"""Arithmetic of the shared numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import metrics
from dashboards.metrics import Band, Interval, Period, Question, Tone

Q4 = Period(date(2026, 10, 1), date(2027, 1, 1))


# Newcombe 1998, table I, method 3 (Wilson without continuity correction).
@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        pytest.param(81, 263, 0.2553, 0.3662, id="81 of 263"),
        pytest.param(15, 148, 0.0624, 0.1605, id="15 of 148"),
        pytest.param(0, 20, 0.0, 0.1611, id="0 of 20"),
        pytest.param(1, 29, 0.0061, 0.1718, id="1 of 29"),
        pytest.param(29, 29, 0.8830, 1.0, id="29 of 29"),
    ],
)
def test_wilson_gives_the_published_intervals(successes, n, low, high):
    interval = metrics.wilson(successes=successes, n=n)

    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


# Newcombe 1998 (differences), table II, method 10.
@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        pytest.param((56, 70), (48, 80), 0.0524, 0.3339, id="56/70 - 48/80"),
        pytest.param((9, 10), (3, 10), 0.1705, 0.8090, id="9/10 - 3/10"),
        pytest.param((10, 10), (0, 20), 0.6791, 1.0, id="10/10 - 0/20"),
    ],
)
def test_difference_gives_the_published_intervals(one, other, low, high):
    interval = metrics.difference(one=one, other=other)

    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


def test_nothing_to_divide_by_is_no_zero():
    assert metrics.rate(numerator=0, denominator=0) is None
    assert metrics.wilson(successes=0, n=0) is None
    assert metrics.difference(one=(0, 0), other=(1, 2)) is None


def test_wilson_refuses_more_successes_than_cases():
    with pytest.raises(ValueError, match="between 0 and n"):
        metrics.wilson(successes=3, n=2)


def test_intervals_that_touch_overlap():
    assert Interval(0.1, 0.3).overlaps(Interval(0.3, 0.4))
    assert not Interval(0.1, 0.3).overlaps(Interval(0.31, 0.4))


@given(
    st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=40),
    st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]),
)
def test_percentile_is_numpys(values, fraction):
    ours = metrics.percentile(values=values, fraction=fraction)

    assert ours == pytest.approx(float(np.percentile(values, fraction * 100)), abs=1e-6)


def test_percentile_of_nothing_is_nothing():
    assert metrics.percentile(values=[], fraction=0.5) is None


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        pytest.param(
            "Asia/Kolkata",
            date(2026, 3, 1),
            datetime(2026, 2, 28, 18, 30, tzinfo=UTC),
            id="Kolkata",
        ),
        pytest.param(
            "America/New_York",
            date(2026, 3, 8),
            datetime(2026, 3, 8, 5, tzinfo=UTC),
            id="New York, day of the spring change",
        ),
        pytest.param(
            "America/New_York",
            date(2026, 3, 9),
            datetime(2026, 3, 9, 4, tzinfo=UTC),
            id="New York, day after it",
        ),
        # Midnight did not exist: the day began at one o'clock, -02:00.
        pytest.param(
            "America/Sao_Paulo",
            date(2018, 11, 4),
            datetime(2018, 11, 4, 3, tzinfo=UTC),
            id="Sao Paulo, midnight skipped",
        ),
    ],
)
def test_midnight_is_the_first_instant_of_the_local_day(zone, day, instant):
    assert metrics.midnight(day=day, zone=ZoneInfo(zone)) == instant


@pytest.mark.parametrize(
    ("day", "fiscal", "starts_on", "name"),
    [
        pytest.param(date(2026, 11, 22), 1, date(2026, 10, 1), "Q4 2026", id="calendar year"),
        pytest.param(date(2026, 11, 22), 2, date(2026, 11, 1), "FY2026 Q4", id="from February"),
        pytest.param(date(2027, 1, 31), 2, date(2026, 11, 1), "FY2026 Q4", id="over new year"),
        pytest.param(date(2026, 6, 30), 7, date(2026, 4, 1), "FY2025 Q4", id="from July"),
    ],
)
def test_a_day_lies_in_its_fiscal_quarter(day, fiscal, starts_on, name):
    quarter = metrics.quarter_of(day=day, fiscal_start_month=fiscal)

    assert quarter == Period(starts_on, metrics.add_months(day=starts_on, months=3))
    assert metrics.quarter_name(starts_on=starts_on, fiscal_start_month=fiscal) == name


@pytest.mark.parametrize(
    ("period", "before"),
    [
        pytest.param(Q4, Period(date(2026, 7, 1), date(2026, 10, 1)), id="quarter"),
        pytest.param(
            Period(date(2026, 3, 1), date(2026, 4, 1)),
            Period(date(2026, 2, 1), date(2026, 3, 1)),
            id="month",
        ),
        # frappe/crm is one day short here: both ends of the window count once.
        pytest.param(
            Period(date(2026, 3, 9), date(2026, 3, 16)),
            Period(date(2026, 3, 2), date(2026, 3, 9)),
            id="seven days",
        ),
    ],
)
def test_the_period_before_has_the_same_length(period, before):
    assert metrics.previous(period=period, fiscal_start_month=1) == before


def test_first_days_compares_the_same_elapsed_part():
    gone = Q4.elapsed_days(today=date(2026, 11, 22))
    before = metrics.previous(period=Q4, fiscal_start_month=1)

    part = metrics.first_days(period=before, days=gone)

    assert (gone, part.days) == (53, 53)
    assert part.starts_on == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("today", "gone"),
    [
        pytest.param(date(2026, 9, 30), 0, id="before it"),
        pytest.param(date(2026, 10, 1), 1, id="on the first day"),
        pytest.param(date(2027, 2, 1), 92, id="after it"),
    ],
)
def test_elapsed_days_stay_inside_the_period(today, gone):
    assert Q4.elapsed_days(today=today) == gone


def test_a_period_has_at_least_one_day():
    with pytest.raises(ValueError, match="ends after"):
        Period(date(2026, 1, 1), date(2026, 1, 1))


def test_reps_count_by_the_days_they_carry_quota():
    half = metrics.rep_days(spans=[(date(2026, 11, 16), None)], period=Q4)
    twice = metrics.rep_days(
        spans=[(date(2026, 1, 1), date(2026, 11, 1)), (date(2026, 10, 20), None)], period=Q4
    )

    assert (half, twice) == (46, 92)
    assert metrics.prorated_reps(days=[half, twice], period=Q4) == Decimal("1.5")


BANDS = (
    Band(Tone.BAD, None, 0.2, "low"),
    Band(Tone.WARN, 0.2, 0.25, "low"),
    Band(Tone.GOOD, 0.25, 0.5, "agreed"),
    Band(Tone.WARN, 0.5, None, "high"),
)


@pytest.mark.parametrize(
    ("value", "n", "tone"),
    [
        pytest.param(0.199, 400, Tone.BAD, id="red"),
        pytest.param(0.2, 400, Tone.WARN, id="a bound belongs to the band above"),
        pytest.param(0.25, 400, Tone.GOOD, id="green"),
        pytest.param(0.9, 400, Tone.WARN, id="too good"),
        pytest.param(0.1, 29, None, id="29 cases get no verdict"),
        pytest.param(0.1, 30, Tone.BAD, id="30 cases do"),
        pytest.param(None, 400, None, id="no value"),
    ],
)
def test_a_value_is_judged_by_its_band(value, n, tone):
    band = metrics.band_of(value=value, n=n, bands=BANDS)

    assert (band.tone if band else None) == tone


@pytest.mark.parametrize(
    ("value", "win_rate", "closed", "question"),
    [
        pytest.param(
            79, 0.5, 100, Question.DEMAND_GENERATION, id="under 80 % of the agreed value"
        ),
        pytest.param(80, 0.1, 100, Question.SALES_EXECUTION, id="volume holds, win rate low"),
        pytest.param(80, 0.2, 100, Question.HEALTHY, id="both hold"),
        pytest.param(80, 0.1, 29, Question.TOO_FEW, id="too few closed deals"),
        pytest.param(None, 0.1, 100, Question.TOO_FEW, id="nobody carries quota"),
    ],
)
def test_the_joint_number_asks_one_process(value, win_rate, closed, question):
    asked = metrics.diagnosis(
        value=None if value is None else Decimal(value),
        agreed=Decimal(100),
        win_rate=win_rate,
        agreed_win_rate=0.2,
        closed=closed,
    )

    assert asked == question


def test_without_a_target_nobody_is_asked():
    asked = metrics.diagnosis(
        value=Decimal(10), agreed=None, win_rate=0.1, agreed_win_rate=0.2, closed=100
    )

    assert asked == Question.NO_TARGET


def test_the_curve_ends_below_one_where_leads_were_never_answered():
    steps = metrics.ecdf(seconds=[3600, 7200, 7200], n=4)

    assert [(step.hours, step.share) for step in steps] == [(0, 0), (1, 0.25), (2, 0.75)]


def test_the_running_total_leaves_other_days_out():
    week = Period(date(2026, 11, 2), date(2026, 11, 6))
    amounts = [
        (date(2026, 11, 1), Decimal(9)),
        (date(2026, 11, 3), Decimal(2)),
        (date(2026, 11, 3), Decimal(1)),
        (date(2026, 11, 5), Decimal(4)),
    ]

    assert metrics.cumulative(amounts=amounts, period=week) == [0, 3, 3, 7]


def test_the_forecast_spans_the_quartiles_of_the_weeks():
    ends = metrics.forecast(
        weekly=[Decimal(10), Decimal(20), Decimal(30)], reached=Decimal(60), weeks_left=2
    )

    assert ends == (Decimal(90), Decimal(110))
    assert metrics.forecast(weekly=[Decimal(1)] * 2, reached=Decimal(2), weeks_left=1) is None
