"""Figures for Plotly as plain dictionaries; colours are named tokens, read when drawn.

Every function takes finished values. Clicking a mark opens the address in its `customdata`.
"""

from dashboards.charts.course import bars, burn_up, kept_and_missed, rate_line, rate_lines
from dashboards.charts.groups import lying_bars, rates_with_intervals, shares
from dashboards.charts.marks import Mark, Point
from dashboards.charts.response import response_curve, response_months

__all__ = [
    "Mark",
    "Point",
    "bars",
    "burn_up",
    "kept_and_missed",
    "lying_bars",
    "rate_line",
    "rate_lines",
    "rates_with_intervals",
    "response_curve",
    "response_months",
    "shares",
]
