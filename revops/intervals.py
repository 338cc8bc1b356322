"""Intervals of 95 % around shares and around the ratio of two shares; pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

# Two-sided 95 % of the normal distribution.
Z95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % confidence interval."""

    low: float
    high: float

    def overlaps(self, other: Interval) -> bool:
        """Return whether the two intervals share a value."""
        return self.low <= other.high and other.low <= self.high


def wilson(*, successes: int, n: int) -> Interval | None:
    """Return the Wilson score interval of a proportion (Wilson 1927), None for n = 0.

    Raises:
        ValueError: `successes` is not between 0 and `n`.
    """
    if not 0 <= successes <= n:
        raise ValueError("successes must lie between 0 and n")
    if n == 0:
        return None
    share, square = successes / n, Z95 * Z95
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return Interval(max(centre - half, 0.0), min(centre + half, 1.0))


def ratio(*, one: tuple[int, int], other: tuple[int, int]) -> tuple[float, Interval] | None:
    """Return the first share divided by the second, with Katz's log interval.

    Source: Katz, Baptista, Azen and Pike (1978), Biometrics 34, 469-474: the logarithm of the
    ratio has the standard error sqrt(1/a - 1/m + 1/c - 1/n). Where one of the two counts is 0,
    a half is added to both and to both sizes, as Walter (1975) does, so that the ratio stays
    finite.

    Args:
        one: Successes and cases of the first group.
        other: Successes and cases of the second group.

    Returns:
        The ratio and its interval; None where a group is empty or nobody is a success.

    Raises:
        ValueError: Successes are not between 0 and the cases.
    """
    (a, m), (c, n) = one, other
    if not 0 <= a <= m or not 0 <= c <= n:
        raise ValueError("successes must lie between 0 and the cases")
    if not m or not n or not a + c:
        return None
    shift = 0.0 if a and c else 0.5
    first, second = (a + shift, m + shift), (c + shift, n + shift)
    found = (first[0] / first[1]) / (second[0] / second[1])
    error = math.sqrt(max(0.0, 1 / first[0] - 1 / first[1] + 1 / second[0] - 1 / second[1]))
    factor = math.exp(Z95 * error)
    return found, Interval(found / factor, found * factor)
