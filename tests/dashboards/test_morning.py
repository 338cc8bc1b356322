"""The morning digest: once per leader and business day, in their own zone, with what to act on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboards.letters_coverage import handed_over, morning_digest
from dashboards.morning import announce_mornings
from dashboards.selectors.morning import morning
from definitions.services.freezing import install_defaults
from pipeline.services.handover import hand_over_absences
from revops.outbox.models import Message
from revops.people.models import Team, User
from sla.services import sweep
from tests.factories.absences import away
from tests.factories.people import OrganizationFactory, person
from tests.factories.pipeline import NOON, RepFactory, assigned

ZONE = ZoneInfo("America/New_York")
# Tuesday 3 March 2026, the company's day begins at 09:00 in New York.
OPENING = datetime(2026, 3, 3, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def agreement(db):
    OrganizationFactory()
    install_defaults(at=NOON - 9 * DAY)


@pytest.fixture
def vera(agreement):
    return person("vera", team=Team.objects.create(name="West", side="sales"))


def keys():
    return set(Message.objects.filter(kind="morning.digest").values_list("key", flat=True))


def letter(leader, *, at):
    """Return the subject of a digest and everything beneath it."""
    found = morning_digest({"leader": leader.pk, "at": at.isoformat(), "to": [leader.pk]})
    told = [*found.lines]
    for part in found.parts:
        told += [part.subject, *part.lines, *(f"{label} {value}" for label, value in part.facts)]
        told += part.action or ()
    return found.subject, "\n".join(told)


def test_it_is_announced_when_the_working_day_begins_and_once(vera):
    early = announce_mornings(at=OPENING - MINUTE)
    first = announce_mornings(at=OPENING)
    again = announce_mornings(at=OPENING + 3 * MINUTE)

    assert (early, first, again) == (0, 1, 0)
    assert keys() == {f"morning.digest:{vera.pk}:2026-03-03"}


def test_a_run_that_was_down_catches_up_until_the_day_closes(vera):
    assert announce_mornings(at=OPENING + timedelta(hours=7)) == 1
    Message.objects.all().delete()
    assert announce_mornings(at=OPENING + timedelta(hours=9)) == 0


def test_a_closed_day_has_none(vera):
    assert announce_mornings(at=OPENING + 4 * DAY) == 0  # a Saturday


def test_everybody_is_told_in_their_own_morning(vera):
    User.objects.filter(pk=vera.pk).update(timezone="Europe/Berlin")

    berlin = datetime(2026, 3, 3, 8, tzinfo=UTC)

    assert announce_mornings(at=berlin - MINUTE) == 0
    assert announce_mornings(at=berlin) == 1


@pytest.mark.parametrize(
    ("who", "count"),
    [("rita", 1), ("carla", 1), ("vera", 1), ("sam", 0), ("mara", 0), ("ed", 0)],
)
def test_leaders_and_revops_hear_of_it(agreement, who, count):
    person(who)

    assert announce_mornings(at=OPENING) == count


def test_who_may_not_log_in_hears_nothing(vera):
    User.objects.filter(pk=vera.pk).update(is_active=False)

    assert announce_mornings(at=OPENING) == 0


def test_it_says_what_is_due_what_was_missed_and_who_is_out(vera):
    rep = RepFactory(name="Ana Ruiz", team=vera.team)
    out = RepFactory(name="Bo Lin", team=vera.team)
    assigned(rep, at=OPENING - 1 * DAY)
    sweep(at=OPENING)
    assigned(rep, at=OPENING - MINUTE)
    away(out, at=OPENING, cover=rep)

    subject, body = letter(vera, at=OPENING)

    assert "missed, 1 out" in subject
    assert "First contact, Halden Robotics" in body
    assert "due today" in body
    assert "Ana Ruiz: 1 promise missed since the last business day" in body
    assert f"/coverage/{rep.pk}/" in body
    assert "Bo Lin until 4 Mar, Ana Ruiz stands in" in body


def test_leads_of_somebody_out_that_nobody_took_are_named(vera):
    rep = RepFactory(name="Ana Ruiz", team=vera.team)
    assigned(rep, at=OPENING - MINUTE)
    away(rep, at=OPENING)
    hand_over_absences(at=OPENING)

    _, body = letter(vera, at=OPENING)

    assert "Ana Ruiz is out and still holds 1 open lead" in body


def test_a_sales_leader_hears_of_the_own_team_and_marketing_of_its_own_side(vera):
    carla = person("carla")
    foreign = RepFactory(team=Team.objects.create(name="East", side="sales"))
    assigned(foreign, at=OPENING - MINUTE)

    mine = morning(leader=vera, zone=ZONE, at=OPENING)
    marketings = morning(leader=carla, zone=ZONE, at=OPENING)

    assert mine.due == []
    assert all(clock.side == "marketing" for one in marketings.due for clock in one.clocks)


def test_a_quiet_morning_says_so(vera):
    subject, body = letter(vera, at=OPENING)

    assert subject == "This morning: 0 due, 0 missed, 0 out"
    assert body == "Nothing is due, nothing was missed and nobody is out."


def test_a_hand_over_says_to_whom(vera):
    rep, cover = RepFactory(name="Ana Ruiz", user=vera), RepFactory(name="Bo Lin")
    lead = assigned(rep, at=OPENING - MINUTE)
    absence = away(rep, at=OPENING, cover=cover)
    hand_over_absences(at=OPENING)

    told = handed_over({"absence": absence.pk, "leads": [lead.pk]})

    assert told.subject == "Ana Ruiz is out: 1 lead handed over"
    assert told.lines[0].startswith("Now with Bo Lin.")
