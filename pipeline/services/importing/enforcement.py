"""From when imported promises are enforced."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from definitions.choices import DocumentKind
from definitions.selectors import schedule
from pipeline.services.importing.faults import ImportRefusedError
from revops.people.models import Organization

if TYPE_CHECKING:
    from datetime import date


def enforced_from(*, day: date | None, at: datetime) -> datetime | None:
    """Return the first instant of `day` in the organisation's zone, None where none is asked for.

    Args:
        day: A local date.
        at: The instant of the import.

    Raises:
        ImportRefusedError: No signed agreement was in force on that day, so that nothing can be
            enforced from it, or the day lies in the future.
    """
    if day is None:
        return None
    organization = Organization.objects.first()
    zone = ZoneInfo(organization.timezone if organization else "UTC")
    boundary = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    if boundary > at:
        raise ImportRefusedError(f"{day} lies in the future; history is enforced up to today.")
    signed = [
        entry.effective_from
        for entry in schedule().entries
        if entry.kind == DocumentKind.SLA and entry.is_signed and entry.effective_from <= at
    ]
    if not signed:
        raise ImportRefusedError("No service level agreement has been signed: none is enforced.")
    if boundary < min(signed):
        first = min(signed).astimezone(zone)
        raise ImportRefusedError(
            f"Nothing can be enforced from {day}: the first signed agreement came into force on "
            f"{first:%Y-%m-%d at %H:%M}."
        )
    return boundary
