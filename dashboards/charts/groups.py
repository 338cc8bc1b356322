"""Figures over groups: bars, shares of a whole, rates with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards.charts.marks import PATTERNS, SERIES, Point, pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from revops.intervals import Interval

    Figure = dict[str, Any]

# A smaller part has no room for its label.
_ROOM = 0.12


def lying_bars(*, points: Sequence[Point], percent: bool = False, prefix: str = "") -> Figure:
    """Return lying bars from zero, the first on top; for groups with long names."""
    turned = list(reversed(points))
    pattern = ".0%" if percent else "~s"
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "y": [point.x for point in turned],
                "x": [point.y for point in turned],
                "marker": {"color": SERIES[0]},
                "customdata": [point.href for point in turned],
                "text": [point.text for point in turned],
                "textposition": "outside",
                "cliponaxis": False,
                "hovertemplate": "%{y}: %{text}<extra></extra>",
            }
        ],
        "layout": {
            "xaxis": {
                "rangemode": "tozero",
                "tickformat": pattern,
                "tickprefix": prefix,
                "nticks": 6,
            },
            "yaxis": {"type": "category", "showgrid": False},
            "margin": {"l": 120, "r": 90},
            "bargap": 0.35,
        },
    }


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
            "type": "bar",
            "name": name,
            "x": list(columns),
            "y": list(values),
            "marker": {
                "color": SERIES[number % 6],
                "pattern": pattern(PATTERNS[number % 6]),
            },
            "customdata": list(hrefs.get(name, ())),
            "text": [f"{name} {value:.0%}" if value >= _ROOM else "" for value in values],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "hovertemplate": name + " %{y:.1%}<extra></extra>",
        }
        for number, (name, values) in enumerate(groups.items())
    ]
    return {
        "data": data,
        "layout": {
            "barmode": "stack",
            "bargap": 0.3,
            "yaxis": {"range": [0, 1], "tickformat": ".0%", "nticks": 5},
            "xaxis": {"type": "category", "showgrid": False},
            "showlegend": True,
        },
    }


def rates_with_intervals(
    *,
    names: Sequence[str],
    rates: Sequence[float],
    intervals: Sequence[Interval],
    cases: Sequence[str],
    hrefs: Sequence[str],
) -> Figure:
    """Return a dot with its 95 % interval for each group, the number of cases at the right."""
    top = min(max([interval.high for interval in intervals], default=1.0) * 1.1, 1.0)
    data = [
        _dot_with_interval(name, rate, interval, href=href, colour=SERIES[number % len(SERIES)])
        for number, (name, rate, interval, href) in enumerate(
            zip(names, rates, intervals, hrefs, strict=True)
        )
    ]
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


def _dot_with_interval(
    name: str, rate: float, interval: Interval, *, href: str, colour: str
) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [rate],
        "y": [name],
        "customdata": [href],
        "marker": {"size": 13, "color": colour},
        "name": name,
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [interval.high - rate],
            "arrayminus": [rate - interval.low],
            "thickness": 3,
            "width": 0,
            "color": colour,
        },
        "hovertemplate": f"%{{y}}: %{{x:.1%}}<br>"
        f"{interval.low:.1%} to {interval.high:.1%}<extra></extra>",
    }
