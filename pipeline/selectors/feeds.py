"""A person's running promises as an iCalendar document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from icalendar import Alarm, Calendar, Event, vDatetime, vDuration

from pipeline.selectors.clocks import SHOWN
from revops.people.models import Rep
from sla.models import Clock

if TYPE_CHECKING:
    from datetime import timedelta

    from revops.people.models import User

MOST: Final = 500


def deadlines_of(user: User, *, refresh: timedelta) -> bytes:
    """Return the deadlines of what a person holds; one statement.

    An event holds the promise, the company and the link, and nobody's name or address: calendars
    are synchronised to places nobody vouches for. It stays the same event when its deadline moves.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Accord//Deadlines//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"Deadlines of {user.name}")
    calendar.add("refresh-interval", vDuration(refresh), parameters={"VALUE": "DURATION"})
    clocks = (
        Clock.objects.running()
        .of_teams()
        .filter(rep__in=Rep.objects.filter(user=user), kind__in=SHOWN, due_at__isnull=False)
        .select_related("lead__company", "commitment")
        .order_by("due_at", "pk")
    )
    for clock in clocks[:MOST]:
        calendar.add_component(_event(clock))
    return bytes(calendar.to_ical())


def _event(clock: Clock) -> Event:
    lead = clock.lead
    company = lead.company.name if lead is not None and lead.company else f"lead {clock.lead_id}"
    link = f"{settings.BASE_URL}{reverse('pipeline:lead_detail', args=[clock.lead_id])}"
    event = Event()
    event.add("uid", f"clock-{clock.pk}@{urlsplit(settings.BASE_URL).hostname}")
    # When the entry was made, not when it is fetched, so that an unchanged feed is unchanged.
    event.add("dtstamp", clock.started_at)
    event.add("dtstart", clock.due_at)
    event.add("dtend", clock.due_at)
    event.add("summary", f"{clock.get_kind_display()}: {company}")
    event.add("description", f"{clock.commitment.sentence}\n{link}")
    event.add("url", link)
    event.add("transp", "TRANSPARENT")
    if clock.warn_at is not None:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", f"{clock.get_kind_display()}: {company}")
        alarm.add("trigger", vDatetime(clock.warn_at), parameters={"VALUE": "DATE-TIME"})
        event.add_component(alarm)
    return event
