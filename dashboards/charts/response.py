"""The curve of how soon leads were answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards.charts.marks import (
    INK,
    SERIES,
    TONES,
    vertical,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboards.metrics import Step

    Figure = dict[str, Any]

_TAIL = 0.9


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
        "type": "scatter",
        "mode": "lines",
        "x": hours,
        "y": share,
        "name": "Answered",
        "line": {"color": SERIES[0], "width": 2.5, "shape": "hv"},
        "fill": "tozeroy",
        "fillcolor": "rgba(0,114,178,0.08)",
        "customdata": [href] * len(hours),
        "hovertemplate": "%{y:.0%} within %{x:.1f} h<extra></extra>",
    }
    layout: Figure = {
        "yaxis": {"range": [0, 1.02], "tickformat": ".0%", "nticks": 5},
        "xaxis": {
            "range": [0, right],
            "title": {"text": "business hours since assignment", "font": {"size": 12}},
            "ticksuffix": " h",
        },
    }
    if promise_hours is not None:
        layout |= _promise(promise_hours, right=right, within=within)
    return {"data": [curve], "layout": layout}


def _promise(hours: float, *, right: float, within: float | None) -> Figure:
    """Return the line at the promise, the shade past it, and what was kept."""
    late = {
        "type": "rect",
        "x0": hours,
        "x1": right,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "fillcolor": TONES["bad"],
        "opacity": 0.07,
        "line": {"width": 0},
        "layer": "below",
    }
    kept = f", {within:.0%} kept" if within is not None else ""
    note = {
        "x": hours,
        "y": 0.06,
        "yref": "paper",
        "text": f"promise: {hours:g} h{kept}",
        "showarrow": False,
        "xanchor": "left",
        "xshift": 6,
        "font": {"color": INK},
    }
    return {"shapes": [late, vertical(hours, dash="dash")], "annotations": [note]}


def response_months(
    *,
    columns: Sequence[str],
    hours: Sequence[float | None],
    promise_hours: float | None,
    since: str,
) -> Figure:
    """Return the median answer month by month against the promise, from before the signature.

    Args:
        columns: Months, oldest first.
        hours: Median business hours of each; None where half of the leads got no answer.
        promise_hours: What is promised; None where it is not in hours.
        since: The month of the signature; a line stands before it.
    """
    top = max([*(hour for hour in hours if hour is not None), promise_hours or 0, 0.5])
    shapes = [vertical(columns.index(since) - 0.5)] if since in columns else []
    if promise_hours is not None:
        ends = {"x0": 0, "x1": 1, "xref": "paper", "y0": promise_hours, "y1": promise_hours}
        shapes.append({"type": "line", **ends, "line": {"color": INK, "width": 1, "dash": "dash"}})
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": list(columns),
                "y": list(hours),
                "name": "Median",
                "connectgaps": False,
                "line": {"color": SERIES[0], "width": 2.5},
                "marker": {"size": 8},
                "hovertemplate": "%{x}: %{y:.1f} h<extra></extra>",
            }
        ],
        "layout": {
            "yaxis": {"range": [0, top * 1.15], "ticksuffix": " h", "nticks": 5},
            "xaxis": {"type": "category", "showgrid": False},
            "shapes": shapes,
        },
    }
