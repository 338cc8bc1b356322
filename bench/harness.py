"""What every benchmark shares: rounds of floor, peer and ours back to back, and the table.

A figure is a ratio inside one run: absolute times on shared machines mean nothing. Each round
runs everything once; the ratio is taken per round and the median reported with its spread.
"""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NOISY = 2.0
WHOLE_FROM = 100
AT_LEAST, AT_MOST = ">=", "<="


@dataclass(frozen=True, slots=True)
class Line:
    """One goal and what was measured.

    Attributes:
        goal: Number of the goal, such as G1.1.
        value: Median over the rounds; None where a peer is not installed.
        spread: Smallest and largest value of a round.
        is_noisy: Whether the floor itself varied by more than a factor of two.
    """

    goal: str
    title: str
    sense: str
    target: float
    value: float | None
    spread: tuple[float, float] | None = None
    is_noisy: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        """Met, missed or skipped."""
        if self.value is None:
            return "skipped"
        kept = self.value >= self.target if self.sense == AT_LEAST else self.value <= self.target
        return "met" if kept else "missed"


@dataclass(slots=True)
class Ratio:
    """Values of one goal, round by round."""

    goal: str
    title: str
    sense: str
    target: float
    values: list[float] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)
    note: str = ""

    def add(self, value: float, *, floor: float) -> None:
        """Keep the value of a round and the time of the floor it was measured against."""
        self.values.append(value)
        self.floors.append(floor)

    def line(self) -> Line:
        """Return the median with its spread."""
        if not self.values:
            return Line(self.goal, self.title, self.sense, self.target, None, note=self.note)
        return Line(
            self.goal,
            self.title,
            self.sense,
            self.target,
            statistics.median(self.values),
            (min(self.values), max(self.values)),
            max(self.floors) / max(min(self.floors), 1e-12) > NOISY,
            self.note,
        )


def seconds(
    work: Callable[[], object],
    *,
    repeat: int = 1,
    timer: Callable[[], float] = time.perf_counter,
) -> float:
    """Return the seconds one run of `work` takes, averaged over `repeat` runs.

    Args:
        work: What to measure.
        repeat: How often to run it.
        timer: `time.process_time` counts what this process computes and not who else runs.
    """
    gc.collect()
    gc.disable()
    try:
        start = timer()
        for _ in range(repeat):
            work()
        return (timer() - start) / repeat
    finally:
        gc.enable()


def number(value: float | None) -> str:
    """Return three significant figures."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= WHOLE_FROM else f"{value:.3g}"


def markdown(lines: list[Line]) -> str:
    """Return the table of `docs/performance.md`."""
    rows = ["| goal | measured | target | median | spread | |", "|---|---|---|---|---|---|"]
    for line in lines:
        low, high = line.spread or (None, None)
        spread = f"{number(low)} to {number(high)}" if line.spread else ""
        noise = " (noisy)" if line.is_noisy else ""
        note = f"; {line.note}" if line.note else ""
        rows.append(
            f"| {line.goal} | {line.title}{note} | {line.sense} {number(line.target)} |"
            f" {number(line.value)} | {spread} | {line.verdict}{noise} |"
        )
    return "\n".join(rows)
