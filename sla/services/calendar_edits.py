"""Calendars and territories as people change them: one version for each change of hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction

from definitions.services.base import actor_of
from revops.people.choices import Side
from revops.people.models import Team
from sla import openings
from sla.hours import canonical
from sla.models import Calendar, CalendarVersion, Territory
from sla.selectors.calendars import latest_version
from sla.services.calendars import CalendarRefusedError, add_calendar_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from revops.people.models import User


class CalendarConflictError(Exception):
    """Somebody else changed it meanwhile; `latest` is the version now in force, if hours did."""

    def __init__(self, words: str, *, latest: CalendarVersion | None = None) -> None:
        super().__init__(words)
        self.latest = latest


@transaction.atomic
def create_calendar(*, name: str, spec: dict[str, Any], by: User, at: datetime) -> CalendarVersion:
    """Store a calendar with its first version.

    Raises:
        CalendarRefusedError: The hours are invalid, the name is taken, or `by` may not.
    """
    _require(by)
    calendar = Calendar(name=name.strip())
    _check_name(calendar)
    calendar.save()
    version, _ = add_calendar_version(
        calendar=calendar, spec=_canonical(spec), actor=actor_of(by), at=at
    )
    return version


@transaction.atomic
def edit_calendar(
    *, calendar: Calendar, name: str, spec: dict[str, Any], seen: int, by: User, at: datetime
) -> CalendarVersion | None:
    """Store a changed name, and a next version if the hours are others; running clocks stay.

    Args:
        calendar: The row is locked and read again.
        name: Unique.
        spec: The hours; compared in their canonical form.
        seen: Number of the version that was on the screen.
        by: Who changes it.
        at: From when on the hours count.

    Returns:
        The new version; None when the hours are the same.

    Raises:
        CalendarConflictError: A later version than `seen` is in force.
        CalendarRefusedError: The hours are invalid, the name is taken, or `by` may not.
    """
    _require(by)
    locked = Calendar.objects.select_for_update(no_key=True).get(pk=calendar.pk)
    latest = latest_version(locked)
    if latest is not None and latest.number != seen:
        raise CalendarConflictError("These hours have changed meanwhile.", latest=latest)
    if name.strip() != locked.name:
        locked.name = name.strip()
        _check_name(locked)
        locked.save(update_fields=["name"])
    wanted = _canonical(spec)
    if latest is not None and canonical(latest.spec) == wanted:
        return None
    version, _ = add_calendar_version(calendar=locked, spec=wanted, actor=actor_of(by), at=at)
    return version


@transaction.atomic
def set_territories(
    *,
    calendars: Mapping[int, int | None],
    seen: Mapping[int, int | None],
    by: User,
    at: datetime,
) -> int:
    """Say which sales team works in which calendar; return how many teams changed.

    Leads assigned before keep the calendar that their assignment carries.

    Args:
        calendars: By team: the calendar, None for the promises' own hours.
        seen: By team, what was on the screen.
        by: Who changes it.
        at: Not recorded here; the history of the rows tells when.

    Raises:
        CalendarConflictError: A team has been given another calendar meanwhile.
        CalendarRefusedError: A team or calendar is unknown, or `by` may not.
    """
    del at
    _require(by)
    teams = Team.objects.select_for_update(no_key=True).filter(side=Side.SALES).order_by("pk")
    known = {team.pk: team for team in teams}
    offered = set(CalendarVersion.objects.values_list("calendar", flat=True))
    wanted = {calendar for calendar in calendars.values() if calendar is not None}
    if not known.keys() >= calendars.keys() or not offered >= wanted:
        raise CalendarRefusedError("Choose a sales team and a calendar that exist.")
    stored = {row.team_id: row for row in Territory.objects.filter(team__in=known)}
    changed = 0
    for team_id, calendar_id in calendars.items():
        row = stored.get(team_id)
        now = None if row is None else row.calendar_id
        if now != seen.get(team_id):
            raise CalendarConflictError(
                f"{known[team_id].name} has been given other hours meanwhile."
            )
        if now == calendar_id:
            continue
        changed += 1
        _store(row, team_id=team_id, calendar_id=calendar_id)
    return changed


def _store(row: Territory | None, *, team_id: int, calendar_id: int | None) -> None:
    """Write, change or remove one team's territory."""
    if calendar_id is None:
        if row is not None:
            row.delete()
    elif row is None:
        Territory.objects.create(team_id=team_id, calendar_id=calendar_id)
    else:
        row.calendar_id = calendar_id
        row.save(update_fields=["calendar"])


def _require(by: User) -> None:
    if not by.has_perm("sla.edit_calendar"):
        raise CalendarRefusedError("Your role may not change calendars.")


def _check_name(calendar: Calendar) -> None:
    """Refuse a name that is empty, too long or taken."""
    try:
        calendar.full_clean(exclude=["is_default"])
    except ValidationError as error:
        raise CalendarRefusedError("; ".join(error.messages)) from error


def _canonical(spec: dict[str, Any]) -> dict[str, Any]:
    try:
        return canonical(spec)
    except openings.CalendarError as error:
        raise CalendarRefusedError(str(error)) from error
