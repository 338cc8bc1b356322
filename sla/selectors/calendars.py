"""Calendars as pages show them: hours in words, who uses them, what changed when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from definitions import selectors as documents
from definitions.choices import DocumentKind
from revops.people.actors import names_of
from revops.people.choices import Side
from revops.people.models import Team
from sla import openings
from sla.choices import ClockStatus, Scope
from sla.hours import differences, odd_dates, spec_of, week, week_words
from sla.models import Calendar, CalendarVersion, Clock, Commitment, Territory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from django.db.models import QuerySet

    from sla.hours import DayHours, OddDate
    from sla.openings import Openings


@dataclass(frozen=True, slots=True)
class Hours:
    """A version of a calendar with its hours in words."""

    version: CalendarVersion
    openings: Openings

    @classmethod
    def of(cls, version: CalendarVersion) -> Hours:
        """Return the hours of a version."""
        return cls(version, openings.parse(version.spec))

    @property
    def spec(self) -> dict[str, Any]:
        """The specification in its one form."""
        return spec_of(self.openings)

    @property
    def zone(self) -> str:
        """The zone's name."""
        return self.openings.zone.key

    @property
    def week(self) -> list[DayHours]:
        """The usual week, neighbours with the same hours as one."""
        return week(self.openings)

    @property
    def words(self) -> str:
        """The open part of the usual week as one phrase."""
        return week_words(self.openings)

    def odd_dates(self, *, since: date) -> list[OddDate]:
        """Return holidays and exceptions from a date on."""
        return [row for row in odd_dates(self.openings) if row.on >= since]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarCard:
    """A calendar on the list.

    Attributes:
        hours: Those in force.
        upcoming: The next date on which the usual hours do not hold.
        promises: Titles of the commitments in force that count in it.
        teams: Teams whose territory it is.
        running_count: Clocks that run on any of its versions.
        behind_count: Those of them that run on an earlier version.
    """

    calendar: Calendar
    hours: Hours
    upcoming: OddDate | None
    promises: list[str]
    teams: list[str]
    running_count: int
    behind_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """A version on the history: who wrote it, and what it changed."""

    version: CalendarVersion
    by: str
    changes: list[str] = field(default_factory=list)


def calendar_cards(*, at: datetime) -> list[CalendarCard]:
    """Return every calendar with hours, the company's first; five statements."""
    latest = latest_versions()
    promises = promises_by_calendar(at=at)
    teams: dict[int, list[str]] = {}
    for row in Territory.objects.select_related("team").order_by("team__name", "pk"):
        teams.setdefault(row.calendar_id, []).append(row.team.name)
    running = _running()
    found = []
    for version in latest:
        hours = Hours.of(version)
        counts = running.get(version.calendar_id, {})
        today = at.astimezone(hours.openings.zone).date()
        found.append(
            CalendarCard(
                calendar=version.calendar,
                hours=hours,
                upcoming=next(iter(hours.odd_dates(since=today)), None),
                promises=[row.title for row in promises.get(version.calendar_id, [])],
                teams=teams.get(version.calendar_id, []),
                running_count=sum(counts.values()),
                behind_count=sum(n for key, n in counts.items() if key != version.pk),
            )
        )
    return found


def latest_versions() -> list[CalendarVersion]:
    """Return the version in force of every calendar, the company's first."""
    rows = (
        CalendarVersion.objects.select_related("calendar")
        .order_by("calendar_id", "-number")
        .distinct("calendar_id")
    )
    return sorted(rows, key=lambda row: (not row.calendar.is_default, row.calendar.name, row.pk))


def calendars_with_hours() -> QuerySet[Calendar]:
    """Return the calendars that have hours, with versions and territories; three statements."""
    rows = Calendar.objects.filter(pk__in=CalendarVersion.objects.values("calendar"))
    return rows.prefetch_related("versions", "territories__team")


def latest_version(calendar: Calendar) -> CalendarVersion | None:
    """Return the version in force; None for a calendar without hours."""
    return calendar.versions.select_related("calendar").order_by("-number").first()


def promises_by_calendar(*, at: datetime) -> dict[int, list[Commitment]]:
    """Return the commitments of the SLA in use, by the calendar they count in."""
    try:
        entry = documents.schedule().in_use(kind=DocumentKind.SLA, at=at)
    except documents.NoVersionError:
        return {}
    found: dict[int, list[Commitment]] = {}
    rows = Commitment.objects.filter(version_id=entry.version_id, scope=Scope.LEAD)
    for row in rows.order_by("position", "pk"):
        found.setdefault(row.calendar_id, []).append(row)
    return found


def _running() -> dict[int, dict[int, int]]:
    """Return how many lead clocks run on each version, by calendar."""
    rows = (
        Clock.objects.filter(status=ClockStatus.PENDING, scope=Scope.LEAD, lead__isnull=False)
        .values_list("calendar_version__calendar", "calendar_version")
        .annotate(count=Count("pk"))
    )
    found: dict[int, dict[int, int]] = {}
    for calendar_id, version_id, count in rows.order_by():
        found.setdefault(calendar_id, {})[version_id] = count
    return found


def version_rows(calendar: Calendar) -> list[VersionRow]:
    """Return the history of a calendar, newest first, each with what it changed."""
    versions = list(calendar.versions.order_by("number"))
    names = names_of(version.actor for version in versions)
    found = []
    before: Openings | None = None
    for version in versions:
        hours = openings.parse(version.spec)
        changes = ["First version"] if before is None else differences(before, hours)
        changes = changes or ["Nothing that counts"]
        found.append(VersionRow(version=version, by=names[version.actor], changes=changes))
        before = hours
    return found[::-1]


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A sales team and the hours it works in."""

    team: Team
    calendar_id: int | None


def team_rows() -> list[TeamRow]:
    """Return the teams of sales, by name, each with its territory's calendar if it has one."""
    rows = Team.objects.filter(side=Side.SALES).order_by("name", "pk")
    calendars = dict(Territory.objects.values_list("team", "calendar"))
    return [TeamRow(team, calendars.get(team.pk)) for team in rows]


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed a calendar's name or a team's hours, and when."""

    at: datetime
    by: str
    words: str


def record_changes(*, limit: int = 20) -> list[Change]:
    """Return the newest changes of names and territories; versions tell those of hours."""
    calendars = dict(Calendar.objects.values_list("pk", "name"))
    teams = dict(Team.objects.values_list("pk", "name"))
    found: list[Change] = []
    history: Any
    for history in Calendar.history.select_related("history_user").order_by("-history_id")[:limit]:
        verb = {"+": "Calendar made", "-": "Calendar removed"}.get(
            history.history_type, "Calendar named"
        )
        found.append(_change(history, f"{verb}: {history.name}"))
    for history in Territory.history.select_related("history_user").order_by("-history_id")[
        :limit
    ]:
        hours = calendars.get(history.calendar_id, "removed hours")
        if history.history_type == "-":
            hours = "the promises' own hours"
        team = teams.get(history.team_id, "A removed team")
        found.append(_change(history, f"{team} works in {hours}"))
    return sorted(found, key=lambda row: row.at, reverse=True)[:limit]


def _change(history: Any, words: str) -> Change:
    by = history.history_user.name if history.history_user else "The system"
    return Change(history.history_date, by, words)


def companies_of_clocks(clock_ids: Sequence[int]) -> dict[int, str | None]:
    """Return the name of the company of each clock's lead."""
    rows = Clock.objects.filter(pk__in=clock_ids)
    return dict(rows.values_list("pk", "lead__company__name"))
