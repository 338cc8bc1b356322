"""Deterministic draws: every figure is a hash of its name, so no order or count changes another.

`u` is the first eight bytes of SHA-256 of "seed|name" as a fraction of 2^64. Adding a field moves
no other field, and the same seed gives the same company on every machine.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
NORMAL = NormalDist()


@dataclass(frozen=True)
class Draws:
    """Draws of one subject, such as one lead; each is named."""

    seed: str

    def of(self, subject: str) -> Draws:
        """Return the draws of something that belongs to this subject."""
        return Draws(f"{self.seed}|{subject}")

    def u(self, name: str) -> float:
        """Return a number from 0 (included) to 1 (excluded)."""
        digest = hashlib.sha256(f"{self.seed}|{name}".encode()).digest()
        return int.from_bytes(digest[:8]) / 2**64

    def chance(self, name: str, share: float) -> bool:
        """Return whether an event of probability `share` happens."""
        return self.u(name) < share

    def between(self, name: str, low: float, high: float) -> float:
        """Return a number spread evenly from `low` to `high`."""
        return low + (high - low) * self.u(name)

    def whole(self, name: str, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self.u(name) * (high - low + 1))

    def log_normal(self, name: str, *, median: float, sigma: float) -> float:
        """Return a number whose logarithm is normal; half of them are below `median`."""
        share = min(max(self.u(name), 1e-9), 1 - 1e-9)
        return median * math.exp(sigma * NORMAL.inv_cdf(share))

    def log_even(self, name: str, low: float, high: float) -> float:
        """Return a number whose logarithm is spread evenly from `low` to `high`."""
        return low * math.exp(self.u(name) * math.log(high / low))

    def one(self, name: str, options: Sequence[T]) -> T:
        """Return one of `options`, each as likely."""
        return options[int(self.u(name) * len(options))]

    def weighted(self, name: str, options: Sequence[tuple[T, float]]) -> T:
        """Return one of the options by weight; the weights need not add up to one."""
        left = self.u(name) * sum(weight for _, weight in options)
        for option, weight in options:
            left -= weight
            if left < 0:
                return option
        return options[-1][0]

    def quantile(self, name: str, curve: Sequence[tuple[float, float]]) -> float:
        """Return a number by the quantile curve of (share, value) points, straight in between."""
        share = self.u(name)
        previous = (0.0, 0.0)
        for point in curve:
            if share <= point[0]:
                width = point[0] - previous[0]
                return previous[1] + (point[1] - previous[1]) * (share - previous[0]) / width
            previous = point
        return previous[1]
