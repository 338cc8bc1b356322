"""Figures for Plotly: finished values in, plain dictionaries out."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from dashboards import charts
from dashboards.charts import Mark, Point
from dashboards.metrics import Band, Interval, Step, Tone

DAYS = [date(2026, 10, 1) + timedelta(days=offset) for offset in range(92)]
MONTHS = [Point("Oct", 0.2, href="/a/", text="n = 40"), Point("Nov", 0.3, href="/b/")]
BANDS = [Band(Tone.BAD, None, 0.2, "low"), Band(Tone.GOOD, 0.2, None, "agreed")]

FIGURES = [
    pytest.param(
        charts.burn_up(
            days=DAYS, reached=[1.0, 2.0], target=30.0, before=[0.5] * 92, ends=(20.0, 28.0),
            marks=[Mark(date(2026, 11, 1), "definitions v2")], href="/rows/",
        ),
        id="burn-up",
    ),
    pytest.param(charts.burn_up(days=DAYS, reached=[], target=None), id="a quarter to come"),
    pytest.param(charts.rate_line(points=MONTHS, bands=BANDS), id="rate"),
    pytest.param(charts.bars(points=MONTHS), id="bars"),
    pytest.param(charts.lying_bars(points=MONTHS, percent=True), id="lying bars"),
    pytest.param(
        charts.shares(columns=["Q3"], groups={"Marketing": [0.6]}, hrefs={"Marketing": ["/a/"]}),
        id="shares",
    ),
    pytest.param(
        charts.response_curve(steps=[Step(0, 0), Step(2, 0.8)], promise_hours=4, within=0.8),
        id="response",
    ),
    pytest.param(charts.response_curve(steps=[], promise_hours=None, within=None), id="no answer"),
    pytest.param(
        charts.rates_with_intervals(
            names=["Marketing"], rates=[0.3], intervals=[Interval(0.2, 0.4)], cases=["n = 71"],
            hrefs=["/a/"],
        ),
        id="intervals",
    ),
    pytest.param(
        charts.kept_and_missed(columns=["Oct"], kept=[3], missed=[1], hrefs=["/a/"]), id="kept"
    ),
]  # fmt: skip
DRAWN = {"scatter", "bar"}


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_is_plain_json_of_known_traces(figure):
    text = json.dumps(figure, allow_nan=False)

    assert {trace["type"] for trace in figure["data"]} <= DRAWN
    assert "#" not in text.replace("%{", "")


@pytest.mark.parametrize("figure", FIGURES)
def test_bars_begin_at_zero(figure):
    bars = [trace for trace in figure["data"] if trace["type"] == "bar"]
    axes = [figure["layout"].get("yaxis", {}), figure["layout"].get("xaxis", {})]

    assert not bars or any(
        axis.get("rangemode") == "tozero" or axis.get("range", [1])[0] == 0 for axis in axes
    )


def test_the_curve_is_drawn_to_four_times_the_promise():
    figure = charts.response_curve(
        steps=[Step(0, 0), Step(1, 0.95), Step(90, 1.0)], promise_hours=4, within=0.95
    )

    assert figure["layout"]["xaxis"]["range"] == [0, 16]


def test_missed_bars_are_told_apart_without_colour():
    figure = charts.kept_and_missed(columns=["Oct"], kept=[3], missed=[1], hrefs=["/a/"])

    assert figure["data"][1]["marker"]["pattern"]["shape"] == "/"


def test_points_open_the_rows_behind_them():
    figure = charts.bars(points=MONTHS)

    assert figure["data"][0]["customdata"] == ["/a/", "/b/"]


@pytest.mark.parametrize(
    ("on", "side"),
    [
        pytest.param(date(2026, 10, 2), "left", id="early"),
        pytest.param(date(2026, 12, 28), "right", id="late"),
    ],
)
def test_a_version_that_took_effect_has_room_for_its_words(on, side):
    figure = charts.burn_up(
        days=DAYS, reached=[1.0], target=30.0, marks=[Mark(on, "definitions v4")]
    )

    assert figure["layout"]["margin"]["t"] >= 20
    (words,) = figure["layout"]["annotations"]
    assert words["xanchor"] == side
