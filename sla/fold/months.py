"""How a promise goes from month to month: kept, missed, and how often in a row."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


@dataclass(frozen=True, slots=True)
class MonthKept:
    """How one promise went in one month; `kept` is None where nothing fell due."""

    starts_on: date
    kept: bool | None


def is_kept(*, met: int, judged: int, target_rate: Decimal | float) -> bool | None:
    """Return whether a month reached the promised share; None where nothing was judged.

    Args:
        met: Clocks kept in time.
        judged: Those and the ones that were late or missed.
        target_rate: The promised share, 0 to 1; reaching it exactly keeps the promise.
    """
    if not judged:
        return None
    return Decimal(met) >= Decimal(str(target_rate)) * judged


def missed_streak(*, months: Sequence[MonthKept]) -> int:
    """Return how many months in a row were missed up to the newest.

    A month in which nothing fell due neither breaks nor counts.
    """
    return len(missed_months(months=months))


def missed_months(*, months: Sequence[MonthKept]) -> list[date]:
    """Return the first days of the months missed in a row up to the newest, oldest first."""
    found: list[date] = []
    for month in reversed(months):
        if month.kept is None:
            continue
        if month.kept:
            break
        found.append(month.starts_on)
    return found[::-1]
