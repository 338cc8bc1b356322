"""Reps in three zones read what the server means, at twelve instants people get wrong.

The database's clock stands ten minutes before each instant when the page is opened; the browser's
clock runs on to it, and the badge must say what the server would say then.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.test import Client
from django.urls import reverse

from definitions.services.freezing import install_defaults
from pipeline.models import Lead
from revops.people.choices import Role
from sla import selectors, services
from sla.choices import EvidenceKind, Scope
from sla.models import Clock
from tests.factories.people import OrganizationFactory, UserFactory
from tests.factories.pipeline import LeadFactory, RepFactory
from tests.factories.sla import CalendarFactory, CalendarVersionFactory, commitment_in_force

AHEAD = timedelta(minutes=10)
SLACK = timedelta(seconds=45)
"""What the machine may take to open a page before the minutes of a badge change."""
LOS_ANGELES, BERLIN, KOLKATA = "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata"
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
HOURS = {
    LOS_ANGELES: {day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in WORKDAYS},
    BERLIN: {day: [["09:00", "17:00"]] for day in WORKDAYS},
    KOLKATA: {day: [["09:30", "18:00"]] for day in (*WORKDAYS, "sat")},
}
HOLIDAYS = {
    BERLIN: [
        {"date": "2026-04-03", "name": "Karfreitag"},
        {"date": "2026-04-06", "name": "Ostermontag"},
    ]
}
# What, whose hours, assigned, read at (wall clock of those hours), and the words of the badge.
# Four hours are promised in the hours of whoever holds the lead; the warning comes after three.
INSTANTS = [
    ("spring in LA", LOS_ANGELES, "2026-03-06 15:00", "2026-03-09 09:30", "Due in 1 h 30 m"),
    ("autumn in LA", LOS_ANGELES, "2026-10-30 15:00", "2026-11-02 10:30", "Due soon, 30 m"),
    ("lunch", LOS_ANGELES, "2026-06-09 10:00", "2026-06-09 12:30", "Resumes Tue 13:00"),
    ("after lunch", LOS_ANGELES, "2026-06-09 10:00", "2026-06-09 14:45", "Due soon, 15 m"),
    ("weekend", LOS_ANGELES, "2026-06-12 15:00", "2026-06-13 12:00", "Resumes Mon 09:00"),
    ("spring in Berlin", BERLIN, "2026-03-27 15:00", "2026-03-30 09:20", "Due in 1 h 40 m"),
    ("autumn in Berlin", BERLIN, "2026-10-23 15:00", "2026-10-26 10:45", "Due soon, 15 m"),
    ("holiday", BERLIN, "2026-04-02 15:00", "2026-04-06 11:00", "Resumes Tue 09:00"),
    ("after the holiday", BERLIN, "2026-04-02 15:00", "2026-04-07 13:01", "Overdue by 2 h"),
    ("half an hour off", KOLKATA, "2026-06-10 10:00", "2026-06-10 12:15", "Due in 1 h 45 m"),
    ("open Saturday", KOLKATA, "2026-06-12 16:00", "2026-06-13 09:50", "Due in 1 h 40 m"),
    ("Sunday", KOLKATA, "2026-06-13 16:00", "2026-06-14 12:00", "Resumes Mon 09:30"),
]


def local(text, zone):
    """Return an instant read on the wall clock of a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def team():
    """Promise four hours in the holder's own hours; return calendars and reps by zone."""
    OrganizationFactory()
    install_defaults(at=local("2026-01-01 00:00", "UTC"))
    calendars, reps = {}, {}
    for zone, weekly in HOURS.items():
        calendar = CalendarFactory(name=f"Hours of {zone}")
        spec = {"timezone": zone, "weekly": weekly, "holidays": HOLIDAYS.get(zone, [])}
        CalendarVersionFactory(calendar=calendar, spec=spec)
        calendars[zone] = calendar
        user = UserFactory(name=f"Rep of {zone}", role=Role.SALES_REP, timezone=zone)
        reps[zone] = RepFactory(user=user, name=user.name)
    commitment_in_force(calendar=calendars[LOS_ANGELES], follows_territory=True)
    return calendars, reps


def clock_of(rep, calendar, start):
    """Assign a lead at `start`; return its running clock."""
    lead = LeadFactory(owner=rep, captured_at=start, recorded_at=start, changed_at=start)
    services.record_evidence(
        lead_id=lead.pk, kind=EvidenceKind.ASSIGNED, occurred_at=start, actor="system:test",
        at=start, rep_id=rep.pk, payload={"calendar": calendar.pk},
    )  # fmt: skip
    services.refold(lead_ids=[lead.pk], at=start)
    Lead.objects.filter(pk=lead.pk).update(owner=rep)
    return Clock.objects.select_related("commitment").get(lead=lead, scope=Scope.LEAD)


def verdict(clock, *, at, zone):
    """Return the words of the server at an instant, for a reader in a zone."""
    terms = services.current_terms(at=at)
    return selectors.badge(clock=clock, terms=terms, at=at, zone=zone).words


def read(browser, live_server, *, user, clock, opened_at):
    """Open the clock's page; return the server's instant, the badge's words, those later on."""
    client = Client()
    client.force_login(user, backend="revops.people.backends.RoleBackend")
    name = settings.SESSION_COOKIE_NAME
    context = browser.new_context(base_url=live_server.url, timezone_id=user.timezone)
    context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "url": live_server.url}]
    )
    page = context.new_page()
    page.clock.install(time=opened_at)
    page.goto(reverse("pipeline:clock_detail", args=[clock.pk]))
    badge = page.locator(".head [data-clock]").first
    now = datetime.fromisoformat(page.locator("body").get_attribute("data-now"))
    opened = badge.inner_text()
    page.clock.fast_forward(int(AHEAD.total_seconds() * 1000))
    found = now, opened, badge.inner_text()
    context.close()
    return found


def compared(browser, live_server, run_ahead, *, user, clock, at):
    """Read a badge at an instant; return its words then, and what is wrong with them."""
    opened_at = at - AHEAD - SLACK
    run_ahead(opened_at - datetime.now(UTC))
    now, *words = read(browser, live_server, user=user, clock=clock, opened_at=opened_at)
    meant = [verdict(clock, at=instant, zone=user.timezone) for instant in (now, now + AHEAD)]
    return words[1], [] if words == meant else [f"read {words}, the server means {meant}"]


def test_badges_say_what_the_server_means_in_three_zones(browser, live_server, run_ahead):
    calendars, reps = team()
    clocks = [
        clock_of(reps[zone], calendars[zone], local(start, zone))
        for _, zone, start, _, _ in INSTANTS
    ]
    wrong = {}

    for clock, (name, zone, _, text, words) in zip(clocks, INSTANTS, strict=True):
        read_words, faults = compared(
            browser, live_server, run_ahead, user=reps[zone].user, clock=clock,
            at=local(text, zone),
        )  # fmt: skip
        if faults or read_words != words:
            wrong[name] = faults, read_words, words

    assert wrong == {}


def test_a_rep_who_moves_reads_the_same_instant_in_the_new_zone(browser, live_server, run_ahead):
    calendars, reps = team()
    user = reps[KOLKATA].user
    clock = clock_of(reps[KOLKATA], calendars[KOLKATA], local("2026-06-13 16:00", KOLKATA))
    user.timezone = "America/New_York"
    user.save(update_fields=["timezone"])

    words, faults = compared(
        browser, live_server, run_ahead, user=user, clock=clock,
        at=local("2026-06-14 12:00", KOLKATA),
    )  # fmt: skip

    assert (words, faults) == ("Resumes Mon 00:00", [])


def test_a_badge_stands_still_when_working_hours_close(browser, live_server, run_ahead):
    calendars, reps = team()
    user = reps[BERLIN].user
    clock = clock_of(reps[BERLIN], calendars[BERLIN], local("2026-06-10 15:00", BERLIN))
    opened_at = local("2026-06-10 16:55", BERLIN)
    run_ahead(opened_at - datetime.now(UTC))

    _, opened, ticked = read(browser, live_server, user=user, clock=clock, opened_at=opened_at)

    assert opened.startswith("Due in 2 h")
    assert ticked in {"Due in 2 h", "Due in 1 h 59 m"}
