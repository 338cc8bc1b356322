"""Pieces the figures share: tokens, points, lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    Figure = dict[str, Any]

INK, SOFT, LINE = "var(--ink)", "var(--ink-soft)", "var(--line-strong)"
ACCENT, GRID = "var(--accent)", "var(--line)"
SERIES = tuple(f"var(--series-{number})" for number in range(1, 7))
TONES = {"good": "var(--good-mark)", "warn": "var(--warn-mark)", "bad": "var(--bad-mark)"}
PATTERNS = ("", "/", ".", "x", "-", "\\")


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


def line(
    x: Sequence[str],
    y: Sequence[float | None],
    *,
    colour: str,
    name: str,
    width: float = 2,
    dash: str = "solid",
) -> Figure:
    """Return a line without marks."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": list(y),
        "name": name,
        "line": {"color": colour, "width": width, "dash": dash},
        "hovertemplate": "%{y:,.0f}",
    }


def dot(x: str, y: float, *, href: str) -> Figure:
    """Return the mark at the end of a line."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x],
        "y": [y],
        "customdata": [href],
        "marker": {"color": SERIES[0], "size": 9, "line": {"color": "var(--surface)", "width": 2}},
        "hoverinfo": "skip",
        "name": "Today",
    }


def vertical(x: str | float, *, colour: str = INK, dash: str = "dot") -> Figure:
    """Return an upright line over the whole height."""
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": 1.25, "dash": dash},
    }


def pattern(shape: str) -> Figure:
    """Return lines over a bar's own colour, so that colour is not all that tells bars apart."""
    return {
        "shape": shape,
        "fillmode": "overlay",
        "fgcolor": "var(--surface)",
        "fgopacity": 0.5,
        "solidity": 0.16,
    }
