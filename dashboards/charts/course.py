"""Figures over time: the quarter against its line, a rate by month, kept and missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards.charts.marks import (
    ACCENT,
    LINE,
    SERIES,
    SOFT,
    TONES,
    Mark,
    Point,
    dot,
    line,
    pattern,
    vertical,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from dashboards.metrics import Band

    Figure = dict[str, Any]


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
    traces: list[Figure] = []
    if before:
        past = axis[: len(before)]
        traces.append(line(past, before, colour=LINE, name="Before", width=1.5))
    if target is not None:
        goal = line([axis[0], axis[-1]], [0.0, target], colour=SOFT, name="Target", width=1.5)
        traces.append({**goal, "line": {**goal["line"], "dash": "dash"}})
    if ends is not None and here and len(here) < len(axis):
        traces.append(_fan(here[-1], reached[-1], axis[-1], ends))
    course = line(here, reached, colour=SERIES[0], name="Sourced", width=2.75)
    traces.append({**course, "customdata": [href] * len(here)})
    if here:
        traces.append(dot(here[-1], reached[-1], href=href))
    return {"data": traces, "layout": _burn_layout(axis, top=top, marks=marks, money=money)}


def _burn_layout(axis: Sequence[str], *, top: float, marks: Sequence[Mark], money: str) -> Figure:
    return {
        # A mark's words stand above the plot and need a line of their own.
        "margin": {"l": 46, "r": 26, "t": 26 if marks else 10, "b": 26},
        "xaxis": {
            "type": "date",
            "range": [axis[0], axis[-1]],
            "showgrid": False,
            "tickformat": "%-d %b",
            "tickvals": _ticks(axis),
            "showspikes": False,
        },
        "yaxis": {
            "range": [0, top * 1.1 or 1],
            "tickprefix": money,
            "tickformat": "~s",
            "nticks": 4,
            "rangemode": "tozero",
        },
        "hovermode": "x unified",
        "shapes": [vertical(mark.on.isoformat(), colour=ACCENT) for mark in marks],
        "annotations": [_mark(mark, axis=axis) for mark in marks],
    }


def _mark(mark: Mark, *, axis: Sequence[str]) -> Figure:
    """Put a mark's words above the plot, to the side of its line where there is room."""
    is_late = mark.on.isoformat() > axis[len(axis) // 2]
    return {
        "x": mark.on.isoformat(),
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "text": mark.text,
        "showarrow": False,
        "font": {"color": ACCENT},
        "xanchor": "right" if is_late else "left",
    }


def _ticks(axis: Sequence[str]) -> list[str]:
    """Label the ends and the months between; the middle of a period without any."""
    firsts = [day for day in axis[8:-8] if day.endswith("-01")]
    return [axis[0], *(firsts or [axis[len(axis) // 2]]), axis[-1]]


def _fan(day: str, value: float, last: str, ends: tuple[float, float]) -> Figure:
    low, high = ends
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [day, last, last, day],
        "y": [value, high, low, value],
        "fill": "toself",
        "fillcolor": SERIES[0],
        "opacity": 0.16,
        "line": {"width": 0},
        "hoverinfo": "skip",
        "name": "At this pace",
    }


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
    return {
        "data": [_settled(points, waiting=waiting), _waiting(points, waiting=waiting)],
        "layout": {
            "yaxis": {"range": [0, top], "tickformat": ".0%", "nticks": 5},
            "xaxis": {"type": "category", "showgrid": False},
            "shapes": [
                _stretch(band, top=top)
                for band in bands
                if band.tone in TONES and (band.low or 0) < top
            ],
        },
    }


def _settled(points: Sequence[Point], *, waiting: frozenset[str]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [point.x for point in points],
        "y": [None if point.x in waiting else point.y for point in points],
        "line": {"color": SERIES[0], "width": 2.5},
        "marker": {"size": 8},
        "connectgaps": False,
        "customdata": [point.href for point in points],
        "text": [point.text for point in points],
        "hovertemplate": "%{y:.1%}<br>%{text}<extra></extra>",
        "name": "Rate",
    }


def _waiting(points: Sequence[Point], *, waiting: frozenset[str]) -> Figure:
    held = [point for point in points if point.x in waiting and point.y is not None]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [point.x for point in held],
        "y": [point.y for point in held],
        "text": [point.text for point in held],
        "customdata": [point.href for point in held],
        "name": "Still in its window",
        "marker": {"size": 8, "symbol": "circle-open", "color": SERIES[0], "line": {"width": 2}},
        "hovertemplate": "%{y:.1%}, still in its window<br>%{text}<extra></extra>",
    }


def _stretch(band: Band, *, top: float) -> Figure:
    return {
        "type": "rect",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": band.low or 0,
        "y1": min(band.high if band.high is not None else top, top),
        "fillcolor": TONES[band.tone],
        "opacity": 0.13,
        "line": {"width": 0},
        "layer": "below",
    }


def rate_lines(
    *, columns: Sequence[str], lines: Sequence[tuple[str, Sequence[float | None]]], since: str = ""
) -> Figure:
    """Return rates of several parties over time, each named at its end and with marks of its own.

    Args:
        columns: Places on the axis, oldest first.
        lines: A name and a rate from 0 to 1 for each place; None leaves a gap.
        since: The place from which something holds; a line stands before it.
    """
    marks = ("circle", "square", "diamond", "cross")
    shapes = []
    if since in columns:
        shapes = [vertical(columns.index(since) - 0.5, colour=ACCENT)]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": list(columns),
                "y": list(rates),
                "name": name,
                "connectgaps": False,
                "line": {"color": SERIES[place], "width": 2.5},
                "marker": {"size": 8, "symbol": marks[place % len(marks)]},
                "hovertemplate": "%{y:.1%}",
            }
            for place, (name, rates) in enumerate(lines)
        ],
        "layout": {
            "yaxis": {"range": [0, 1.02], "tickformat": ".0%", "nticks": 5},
            "xaxis": {"type": "category", "showgrid": False},
            "hovermode": "x unified",
            "showlegend": True,
            "shapes": shapes,
        },
    }


def bars(*, points: Sequence[Point], percent: bool = False, prefix: str = "") -> Figure:
    """Return upright bars from zero, one for each point."""
    pattern = ".0%" if percent else "~s"
    return {
        "data": [
            {
                "type": "bar",
                "x": [point.x for point in points],
                "y": [point.y for point in points],
                "marker": {"color": SERIES[0]},
                "customdata": [point.href for point in points],
                "text": [point.text for point in points],
                "textposition": "none",
                "hovertemplate": "%{x}: %{text}<extra></extra>",
            }
        ],
        "layout": {
            "yaxis": {
                "rangemode": "tozero",
                "tickformat": pattern,
                "tickprefix": prefix,
                "nticks": 5,
            },
            "xaxis": {"type": "category", "showgrid": False},
            "bargap": 0.35,
        },
    }


def kept_and_missed(
    *, columns: Sequence[str], kept: Sequence[int], missed: Sequence[int], hrefs: Sequence[str]
) -> Figure:
    """Return a bar per period parted into kept and missed; missed ones are hatched as well."""
    common = {"type": "bar", "x": list(columns), "customdata": list(hrefs)}
    return {
        "data": [
            {
                **common,
                "name": "Kept",
                "y": list(kept),
                "marker": {"color": TONES["good"]},
                "hovertemplate": "%{y} kept<extra></extra>",
            },
            {
                **common,
                "name": "Missed",
                "y": list(missed),
                "marker": {"color": TONES["bad"], "pattern": pattern("/")},
                "hovertemplate": "%{y} missed<extra></extra>",
            },
        ],
        "layout": {
            "barmode": "stack",
            "bargap": 0.35,
            "showlegend": True,
            "hovermode": "x unified",
            "xaxis": {"type": "category", "showgrid": False},
            "yaxis": {"rangemode": "tozero", "nticks": 5},
        },
    }
