"""Figures for Plotly as plain dictionaries; colours are named tokens, read when drawn.

Every function takes finished values. Clicking a mark opens the address in its `customdata`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from dashboards.metrics import Band, Interval, Step

    Figure = dict[str, Any]

INK, SOFT, LINE = "var(--ink)", "var(--ink-soft)", "var(--line-strong)"
ACCENT, GRID = "var(--accent)", "var(--line)"
SERIES = tuple(f"var(--series-{number})" for number in range(1, 7))
_TONES = {"good": "var(--good-mark)", "warn": "var(--warn-mark)", "bad": "var(--bad-mark)"}
_TAIL = 0.9
_PATTERNS = ("", "/", ".", "x", "-", "\\")


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a place on the first axis; None leaves a gap."""

    x: str
    y: float | None
    href: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at a date, such as a new version of the definitions."""

    on: date
    text: str


def burn_up(
    *,
    days: Sequence[date],
    reached: Sequence[float],
    target: float | None,
    before: Sequence[float] = (),
    ends: tuple[float, float] | None = None,
    marks: Sequence[Mark] = (),
    money: str = "$",
    href: str = "",
) -> Figure:
    """Return the quarter's running total against the straight line to its target.

    Args:
        days: Every day of the quarter.
        reached: Running total of the days that have begun.
        target: What the quarter should end at; None where nothing is agreed.
        before: Running total of the quarter before, aligned by day.
        ends: Range in which the quarter ends at the pace of its weeks.
        marks: Versions that took effect inside the quarter.
        money: Sign of the currency, for the axis.
        href: The rows behind.
    """
    axis = [day.isoformat() for day in days]
    here = axis[: len(reached)]
    top = max([*reached, *before, target or 0.0, *(ends or ())], default=0.0)
    figure: list[Figure] = []
    if before:
        figure.append(
            _line(axis[: len(before)], before, colour=LINE, name="Quarter before", width=1.5)
        )
    if target is not None:
        figure.append(
            _line(
                [axis[0], axis[-1]],
                [0.0, target],
                colour=SOFT,
                name="Target",
                dash="dash",
                width=1.5,
            )
        )
    if ends is not None and here and len(here) < len(axis):
        figure.append(_fan(here[-1], reached[-1], axis[-1], ends))
    figure.append(
        {
            **_line(here, reached, colour=SERIES[0], name="This quarter", width=2.75),
            "customdata": [href] * len(here),
        }
    )
    if here:
        figure.append(_dot(here[-1], reached[-1], href=href))
    layout: Figure = {
        "margin": {"l": 46, "r": 14, "t": 10, "b": 26},
        "xaxis": {
            "type": "date", "range": [axis[0], axis[-1]], "showgrid": False, "tickformat": "%-d %b",
            "tickvals": _ticks(axis), "showspikes": False,
        },
        "yaxis": {"range": [0, top * 1.1 or 1], "tickprefix": money, "tickformat": "~s", "nticks": 4, "rangemode": "tozero"},
        "hovermode": "x unified",
        "shapes": [_vertical(mark.on.isoformat(), colour=ACCENT) for mark in marks],
        "annotations": [
            {"x": mark.on.isoformat(), "y": 1, "yref": "paper", "yanchor": "bottom", "text": mark.text,
             "showarrow": False, "font": {"color": ACCENT, "size": 11}, "xanchor": "left"}
            for mark in marks
        ],
    }  # fmt: skip
    return {"data": figure, "layout": layout}


def _ticks(axis: Sequence[str]) -> list[str]:
    firsts = [day for day in axis[8:-8] if day.endswith("-01")]
    return [axis[0], *firsts, axis[-1]]


def _fan(day: str, value: float, last: str, ends: tuple[float, float]) -> Figure:
    low, high = ends
    return {
        "type": "scatter", "mode": "lines", "x": [day, last, last, day], "y": [value, high, low, value],
        "fill": "toself", "fillcolor": SERIES[0], "opacity": 0.16, "line": {"width": 0},
        "hoverinfo": "skip", "name": "At this pace",
    }  # fmt: skip


def _line(
    x: Sequence[str], y: Sequence[float | None], *, colour: str, name: str, width: float = 2,
    dash: str = "solid",
) -> Figure:  # fmt: skip
    return {
        "type": "scatter", "mode": "lines", "x": list(x), "y": list(y), "name": name,
        "line": {"color": colour, "width": width, "dash": dash}, "hovertemplate": "%{y:,.0f}",
    }  # fmt: skip


def _dot(x: str, y: float, *, href: str) -> Figure:
    return {
        "type": "scatter", "mode": "markers", "x": [x], "y": [y], "customdata": [href],
        "marker": {"color": SERIES[0], "size": 9, "line": {"color": "var(--surface)", "width": 2}},
        "hoverinfo": "skip", "name": "Today",
    }  # fmt: skip


def _vertical(x: str | float, *, colour: str = INK, dash: str = "dot") -> Figure:
    return {
        "type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1,
        "line": {"color": colour, "width": 1.25, "dash": dash},
    }  # fmt: skip


def rate_line(
    *, points: Sequence[Point], bands: Sequence[Band] = (), waiting: frozenset[str] = frozenset()
) -> Figure:
    """Return a rate over time with its agreed bands behind it.

    Args:
        points: Rates from 0 to 1.
        bands: Stretches of agreed values, drawn pale.
        waiting: Places whose cohort is still in its window: hollow marks, no line to them.
    """
    values = [point.y for point in points if point.y is not None]
    top = min(max([*values, *(band.low or 0 for band in bands)], default=0.5) * 1.25, 1.0)
    settled = [None if point.x in waiting else point.y for point in points]
    labels = [point.text for point in points]
    line = {
        "type": "scatter", "mode": "lines+markers", "x": [point.x for point in points], "y": settled,
        "line": {"color": SERIES[0], "width": 2.5}, "marker": {"size": 8}, "connectgaps": False,
        "customdata": [point.href for point in points], "text": labels,
        "hovertemplate": "%{y:.1%}<br>%{text}<extra></extra>", "name": "Rate",
    }  # fmt: skip
    open_points = [point for point in points if point.x in waiting and point.y is not None]
    hollow = {
        "type": "scatter", "mode": "markers", "x": [point.x for point in open_points],
        "y": [point.y for point in open_points], "text": [point.text for point in open_points],
        "customdata": [point.href for point in open_points], "name": "Still in its window",
        "marker": {"size": 8, "symbol": "circle-open", "color": SERIES[0], "line": {"width": 2}},
        "hovertemplate": "%{y:.1%}, still in its window<br>%{text}<extra></extra>",
    }  # fmt: skip
    shapes = [
        {
            "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": band.low or 0,
            "y1": min(band.high if band.high is not None else top, top),
            "fillcolor": _TONES[band.tone], "opacity": 0.13, "line": {"width": 0}, "layer": "below",
        }
        for band in bands
        if band.tone in _TONES and (band.low or 0) < top
    ]  # fmt: skip
    return {
        "data": [line, hollow],
        "layout": {
            "yaxis": {"range": [0, top], "tickformat": ".0%", "nticks": 5},
            "xaxis": {"type": "category", "showgrid": False},
            "shapes": shapes,
        },
    }


def bars(*, points: Sequence[Point], percent: bool = False, prefix: str = "") -> Figure:
    """Return upright bars from zero, one for each point."""
    pattern = ".0%" if percent else "~s"
    return {
        "data": [
            {
                "type": "bar", "x": [point.x for point in points], "y": [point.y for point in points],
                "marker": {"color": SERIES[0]}, "customdata": [point.href for point in points],
                "text": [point.text for point in points], "textposition": "none",
                "hovertemplate": "%{x}: %{text}<extra></extra>",
            }
        ],
        "layout": {
            "yaxis": {"rangemode": "tozero", "tickformat": pattern, "tickprefix": prefix, "nticks": 5},
            "xaxis": {"type": "category", "showgrid": False},
            "bargap": 0.35,
        },
    }  # fmt: skip


def lying_bars(*, points: Sequence[Point], percent: bool = False, prefix: str = "") -> Figure:
    """Return lying bars from zero, the first on top; for groups with long names."""
    turned = list(reversed(points))
    pattern = ".0%" if percent else "~s"
    return {
        "data": [
            {
                "type": "bar", "orientation": "h", "y": [point.x for point in turned],
                "x": [point.y for point in turned], "marker": {"color": SERIES[0]},
                "customdata": [point.href for point in turned],
                "text": [point.text for point in turned], "textposition": "outside",
                "cliponaxis": False, "hovertemplate": "%{y}: %{text}<extra></extra>",
            }
        ],
        "layout": {
            "xaxis": {"rangemode": "tozero", "tickformat": pattern, "tickprefix": prefix, "nticks": 6},
            "yaxis": {"type": "category", "showgrid": False},
            "margin": {"l": 120, "r": 90},
            "bargap": 0.35,
        },
    }  # fmt: skip


def shares(
    *,
    columns: Sequence[str],
    groups: Mapping[str, Sequence[float]],
    hrefs: Mapping[str, Sequence[str]],
) -> Figure:
    """Return one bar of 100 % per period, parted by group; colour and pattern tell them apart.

    Args:
        columns: Periods in order.
        groups: For each group its share of each period, 0 to 1; at most six.
        hrefs: For each group the rows behind each share.
    """
    data = [
        {
            "type": "bar", "name": name, "x": list(columns), "y": list(values),
            "marker": {"color": SERIES[number % 6], "pattern": {"shape": _PATTERNS[number % 6], "solidity": 0.18}},
            "customdata": list(hrefs.get(name, ())),
            "text": [f"{name} {value:.0%}" if value >= 0.08 else "" for value in values],  # noqa: PLR2004 - a label needs room
            "textposition": "inside", "insidetextanchor": "middle",
            "hovertemplate": name + " %{y:.1%}<extra></extra>",
        }
        for number, (name, values) in enumerate(groups.items())
    ]  # fmt: skip
    return {
        "data": data,
        "layout": {
            "barmode": "stack", "bargap": 0.3, "yaxis": {"range": [0, 1], "tickformat": ".0%", "nticks": 5},
            "xaxis": {"type": "category", "showgrid": False}, "showlegend": True,
        },
    }  # fmt: skip


def response_curve(
    *, steps: Sequence[Step], promise_hours: float | None, within: float | None, href: str = ""
) -> Figure:
    """Return how large a share had an answer after how many business hours.

    The curve ends below 100 % by the share nobody answered; past the promise it is shaded.
    """
    hours, share = [step.hours for step in steps], [step.share for step in steps]
    # A long tail hides the rest: nine of ten leads, or four times the promise, whichever is more.
    shown = [hour for hour, part in zip(hours, share, strict=True) if part <= _TAIL]
    right = max([*shown[-1:], (promise_hours or 1) * 4, 2.0])
    right = min(right, (promise_hours or right) * 8)
    if hours and hours[-1] < right:
        hours, share = [*hours, right], [*share, share[-1]]
    curve = {
        "type": "scatter", "mode": "lines", "x": hours, "y": share, "name": "Answered",
        "line": {"color": SERIES[0], "width": 2.5, "shape": "hv"}, "fill": "tozeroy",
        "fillcolor": "rgba(0,114,178,0.08)", "customdata": [href] * len(hours),
        "hovertemplate": "%{y:.0%} within %{x:.1f} h<extra></extra>",
    }  # fmt: skip
    layout: Figure = {
        "yaxis": {"range": [0, 1.02], "tickformat": ".0%", "nticks": 5},
        "xaxis": {"range": [0, right], "title": {"text": "business hours since assignment", "font": {"size": 11.5}}, "ticksuffix": " h"},
        "shapes": [], "annotations": [],
    }  # fmt: skip
    if promise_hours is not None:
        layout["shapes"] = [
            {"type": "rect", "x0": promise_hours, "x1": right, "yref": "paper", "y0": 0, "y1": 1,
             "fillcolor": _TONES["bad"], "opacity": 0.07, "line": {"width": 0}, "layer": "below"},
            _vertical(promise_hours, dash="dash"),
        ]  # fmt: skip
        text = f"promise: {promise_hours:g} h" + (
            f", {within:.0%} kept" if within is not None else ""
        )
        layout["annotations"] = [
            {"x": promise_hours, "y": 0.06, "yref": "paper", "text": text, "showarrow": False,
             "xanchor": "left", "xshift": 6, "font": {"color": INK, "size": 12}}
        ]  # fmt: skip
    return {"data": [curve], "layout": layout}


def rates_with_intervals(
    *, names: Sequence[str], rates: Sequence[float], intervals: Sequence[Interval],
    cases: Sequence[str], hrefs: Sequence[str],
) -> Figure:  # fmt: skip
    """Return a dot with its 95 % interval for each group, the number of cases at the right."""
    top = min(max([interval.high for interval in intervals], default=1.0) * 1.1, 1.0)
    data = [
        {
            "type": "scatter", "mode": "markers", "x": [rate], "y": [name], "customdata": [href],
            "marker": {"size": 13, "color": SERIES[number % 6]}, "name": name,
            "error_x": {
                "type": "data", "symmetric": False, "array": [interval.high - rate],
                "arrayminus": [rate - interval.low], "thickness": 3, "width": 0,
                "color": SERIES[number % 6],
            },
            "hovertemplate": f"{name}: %{{x:.1%}}<br>{interval.low:.1%} to {interval.high:.1%}<extra></extra>",
        }
        for number, (name, rate, interval, href) in enumerate(
            zip(names, rates, intervals, hrefs, strict=True)
        )
    ]  # fmt: skip
    notes = [
        {
            "xref": "paper",
            "x": 1.01,
            "xanchor": "left",
            "y": name,
            "text": text,
            "showarrow": False,
        }
        for name, text in zip(names, cases, strict=True)
    ]
    return {
        "data": data,
        "layout": {
            "xaxis": {"range": [0, top], "tickformat": ".0%", "nticks": 6},
            "yaxis": {"type": "category", "autorange": "reversed", "showgrid": False},
            "margin": {"l": 110, "r": 90},
            "annotations": notes,
        },
    }


def kept_and_missed(
    *, columns: Sequence[str], kept: Sequence[int], missed: Sequence[int], hrefs: Sequence[str]
) -> Figure:
    """Return a bar per period parted into kept and missed; missed ones are hatched as well."""
    common = {"type": "bar", "x": list(columns), "customdata": list(hrefs)}
    return {
        "data": [
            {**common, "name": "Kept", "y": list(kept), "marker": {"color": _TONES["good"]},
             "hovertemplate": "%{y} kept<extra></extra>"},
            {**common, "name": "Missed", "y": list(missed),
             "marker": {"color": _TONES["bad"], "pattern": {"shape": "/", "solidity": 0.25}},
             "hovertemplate": "%{y} missed<extra></extra>"},
        ],
        "layout": {
            "barmode": "stack", "bargap": 0.35, "showlegend": True, "hovermode": "x unified",
            "xaxis": {"type": "category", "showgrid": False}, "yaxis": {"rangemode": "tozero", "nticks": 5},
        },
    }  # fmt: skip
