"""The sample's opening hours: the company's, and those of a team abroad that is being set up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from holidays import country_holidays

from dashboards.sample import story
from revops.people.choices import Side
from revops.people.models import Team
from sla.clock import BusinessCalendar
from sla.models import CalendarVersion, Territory
from sla.services import add_calendar_version, create_calendar, ensure_default_calendar

if TYPE_CHECKING:
    from datetime import datetime

    from revops.people.models import User

ABROAD: Final = "Sales Europe"
LONDON: Final = {day: [["09:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def company(*, actor: str, at: datetime) -> BusinessCalendar:
    """Store the company's hours as they were before the first story, holidays accepted."""
    opened_at = at - timedelta(days=2 * story.DAYS)
    calendar = ensure_default_calendar(at=opened_at, actor=actor)
    first = CalendarVersion.objects.get(calendar=calendar)
    version, _ = add_calendar_version(
        calendar=calendar,
        spec=first.spec | {"holidays": _holidays("US", opened_at=opened_at, at=at)},
        actor=actor,
        at=opened_at,
    )
    return BusinessCalendar.from_dict(version.spec)


def abroad(*, by: User, at: datetime) -> None:
    """Store London's hours as the territory of a team that nobody has joined yet."""
    opened_at = at - timedelta(days=7)
    version = create_calendar(
        name="London hours",
        spec={
            "timezone": "Europe/London",
            "weekly": LONDON,
            "holidays": _holidays("GB", region="ENG", opened_at=opened_at, at=at),
            "exceptions": {f"{at.year}-12-24": [["09:00", "13:00"]]},
        },
        by=by,
        at=opened_at,
    )
    team = Team.objects.create(name=ABROAD, side=Side.SALES)
    Territory.objects.create(team=team, calendar=version.calendar)


def _holidays(
    country: str, *, region: str | None = None, opened_at: datetime, at: datetime
) -> list[dict[str, Any]]:
    """Return the public holidays of the years the sample tells of, and of the next."""
    years = range(opened_at.year, at.year + 2)
    days = country_holidays(country, subdiv=region, years=years, language="en_US")
    return [{"date": day.isoformat(), "name": name} for day, name in sorted(days.items())]
