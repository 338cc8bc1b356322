"""When people work: the company's calendar, for what may wait until then."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sla.clock import BusinessCalendar
from sla.models import CalendarVersion

if TYPE_CHECKING:
    from datetime import datetime

DAY = timedelta(days=1)
_HOURS: dict[tuple[int, str], BusinessCalendar] = {}


def next_opening(*, at: datetime) -> datetime:
    """Return `at` in open hours, else the next opening; always `at` before there are hours."""
    hours = _company_hours()
    return at if hours is None else hours.opening(at)


def next_morning(*, at: datetime) -> datetime:
    """Return the next first opening of a business day after `at`; a day later without hours."""
    hours = _company_hours()
    if hours is None:
        return at + timedelta(days=1)
    start = hours.opening(at)
    if start == at or hours.opening(hours.midnight_after(hours.local_date(at) - DAY)) != start:
        start = hours.opening(hours.midnight_after(hours.local_date(at)))
    return start


def _company_hours() -> BusinessCalendar | None:
    """Return the newest version of the company's calendar."""
    newest = (
        CalendarVersion.objects.filter(calendar__is_default=True)
        .order_by("-number")
        .values_list("pk", "spec")
        .first()
    )
    return None if newest is None else _hours(newest[0], str(newest[1]), newest[1])


def _hours(pk: int, words: str, spec: dict[str, object]) -> BusinessCalendar:
    """Return the calendar, expanded once per version in this process."""
    held = pk, words
    if held not in _HOURS:
        _HOURS.clear()
        _HOURS[held] = BusinessCalendar.from_dict(spec)
    return _HOURS[held]
