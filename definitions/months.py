"""Sums of calendar months."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def add_months(*, instant: datetime, months: int) -> datetime:
    """Return the same day of a later month, or its last day where it has no such day."""
    month = instant.month - 1 + months
    year, month = instant.year + month // 12, month % 12 + 1
    for day in range(instant.day, 27, -1):
        try:
            return instant.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    return instant.replace(year=year, month=month)
