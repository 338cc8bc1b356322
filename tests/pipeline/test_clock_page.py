"""The page of a clock: is it a breach, why, who may read it, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pipeline.choices import ActivityKind
from pipeline.selectors.explanation import clock_page, find_clock
from revops import formats
from revops.database import database_now
from revops.people.choices import Role
from revops.people.models import Team
from revops.people.selectors import Viewer
from sla.choices import ClockKind, ClockStatus, EvidenceKind, RevisionKind, Scope
from sla.models import Breach, BreachRevision, CalendarVersion, Clock
from sla.services import record_evidence, refold
from tests.factories.people import UserFactory, person
from tests.factories.pipeline import DAY, HOUR, RepFactory, assigned
from tests.factories.sla import CalendarVersionFactory, commitment_in_force

pytestmark = pytest.mark.usefixtures("agreement")

# A Friday, three in the afternoon in New York; the Monday after it is a holiday.
FRIDAY = datetime(2026, 2, 13, 20, tzinfo=UTC)
STATEMENTS = 14
READER = Viewer(
    user=None, organization="", is_sample=False, zone="UTC", theme="", twelve_hours=False,
    has_shortcuts=True, at=None,
)  # fmt: skip


@pytest.fixture
def promise(agreement):
    """Four business hours of New York to the first contact, signed."""
    return commitment_in_force(calendar=CalendarVersionFactory().calendar)


@pytest.fixture
def lead(promise, sam):
    """A lead that was assigned to Sam on Friday."""
    return assigned(sam.rep, at=FRIDAY)


def told(lead, kind, at, **fields):
    """Record a fact of the lead and fold its clocks."""
    record_evidence(
        lead_id=lead.pk, kind=kind, occurred_at=at, actor="system:test", at=at, **fields
    )
    refold(lead_ids=[lead.pk], at=at)


def clock_of(lead):
    return Clock.objects.get(lead=lead, kind=ClockKind.FIRST_CONTACT, scope=Scope.LEAD)


def shown(lead, user, *, at):
    """Return what the page of the lead's first contact shows."""
    clock = find_clock(user=user, pk=clock_of(lead).pk)
    return clock_page(clock=clock, user=user, reader=READER, at=at)


def address(lead):
    return reverse("pipeline:clock_detail", args=[clock_of(lead).pk])


def test_what_counted_adds_up_to_the_promise(lead, sam):
    page = shown(lead, sam, at=FRIDAY + HOUR)

    assert [[cell["text"] for cell in row] for row in page.counted] == [
        ["Fri 13 Feb, 15:00 to 17:00", "2 h", "2 h"],
        ["Mon 16 Feb", formats.DASH, "2 h"],
        ["Tue 17 Feb, 09:00 to 11:00", "2 h", "4 h"],
    ]
    assert page.counted[1][0]["sub"].startswith("holiday")
    assert page.counted[2][0]["sub"] == "still to come"


def test_instants_are_said_in_the_zone_of_the_promise(lead, sam):
    facts = {fact.term: fact for fact in shown(lead, sam, at=FRIDAY + HOUR).facts}

    assert facts["Due"].text == "Tue 17 Feb, 11:00 EST"
    assert facts["Due"].title == "Tue 17 Feb 2026, 16:00 UTC"
    assert facts["Zone"].text == "America/New York"


def test_a_running_clock_is_no_breach_so_far(lead, sam):
    page = shown(lead, sam, at=FRIDAY + HOUR)

    assert (page.reasons.answer, page.story) == ("This is no breach so far.", None)


def test_a_missed_clock_nobody_has_swept_is_a_breach_already(lead, sam):
    page = shown(lead, sam, at=FRIDAY + 5 * DAY)

    assert page.reasons.answer == "This is a breach; the ledger is about to have it."
    assert page.verdict.startswith("Missed: nothing has been done")


def test_a_breach_names_its_charge_and_what_corrected_it(lead, sam):
    refold(lead_ids=[lead.pk], at=FRIDAY + 5 * DAY)
    missed = shown(lead, sam, at=FRIDAY + 5 * DAY)
    BreachRevision.objects.create(
        breach=Breach.objects.get(), kind=RevisionKind.RESCINDED, at=FRIDAY + 6 * DAY,
        old_status=ClockStatus.BREACHED_OPEN, new_status=ClockStatus.MET,
        actor="system:test", reason="evidence",
    )  # fmt: skip

    corrected = shown(lead, sam, at=FRIDAY + 6 * DAY)

    assert missed.reasons.answer == "This is a breach."
    assert "Sam Ortiz held the lead" in [fact.text for fact in missed.story.facts][2]
    assert corrected.reasons.answer == "This is no breach any more: later evidence took it back."
    assert [cell["text"] for cell in corrected.story.revisions[0]][1:] == [
        "Rescinded",
        "Missed, still open → Met",
    ]


def test_evidence_says_what_started_and_stopped_the_clock(lead, sam):
    told(
        lead, EvidenceKind.OUTREACH, FRIDAY + HOUR,
        payload={"channel": ActivityKind.CALL.value, "outcome": "no_answer"},
    )  # fmt: skip

    page = shown(lead, sam, at=FRIDAY + 2 * HOUR)
    said = {row[1]["text"]: (row[1]["sub"], row[2]["badge"]["text"]) for row in page.evidence[1:]}

    assert page.reasons.answer == "This is no breach."
    assert page.verdict.startswith("Kept")
    assert said["Assigned to Sam Ortiz"] == ("", "Started it")
    assert said["Contact attempt"] == ("call, no answer", "Stopped it")
    assert [fact.text for fact in page.holders] == ["Sam Ortiz"]


def test_instants_of_another_year_say_the_year(lead, sam):
    clock = find_clock(user=sam, pk=clock_of(lead).pk)
    later = replace(READER, at=FRIDAY + 365 * DAY)

    page = clock_page(clock=clock, user=sam, reader=later, at=FRIDAY + 365 * DAY)

    assert "Tue 17 Feb 2026, 11:00 EST" in [fact.text for fact in page.facts]


def test_a_pause_stands_where_it_was(lead, sam):
    told(lead, EvidenceKind.PAUSED, FRIDAY + HOUR, payload={"reason": "waiting_on_marketing"})

    page = shown(lead, sam, at=FRIDAY + 2 * HOUR)

    assert "paused: waiting on marketing" in [row[0]["sub"] for row in page.counted]
    assert "Known when the pause ends" in [fact.text for fact in page.facts]


def test_the_page_shows_the_signed_sentence_and_leads_back_to_the_lead(client, lead, sam, promise):
    client.force_login(sam)

    page = client.get(address(lead)).content.decode()

    assert promise.sentence in page
    assert "What we signed:" in page
    assert f"version {promise.version.number}" in page
    assert lead.get_absolute_url() in page


def test_the_lead_page_links_to_each_of_its_clocks(client, lead, sam):
    client.force_login(sam)

    assert address(lead) in client.get(lead.get_absolute_url()).content.decode()


def test_open_breaches_ask_why_and_are_answered(client, lead, sam):
    refold(lead_ids=[lead.pk], at=FRIDAY + 5 * DAY)
    client.force_login(sam)

    page = client.get(reverse("dashboards:breaches")).content.decode()

    assert address(lead) in page
    assert "Why?" in page


def test_a_rep_of_another_team_finds_no_clock(client, lead, sam):
    sam.rep.team = Team.objects.create(name="West", side="sales")
    sam.rep.save(update_fields=["team"])
    east = Team.objects.create(name="East", side="sales")
    olga = UserFactory(name="Olga Petrova", role=Role.SALES_REP, team=east)
    RepFactory(user=olga, team=east)
    client.force_login(olga)

    assert client.get(address(lead)).status_code == 404


def test_who_is_not_logged_in_is_sent_to_the_door(client, lead):
    answer = client.get(address(lead))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("people:login"))


def test_a_viewer_sees_no_name(client, lead):
    client.force_login(person("ed"))

    page = client.get(address(lead)).content.decode()

    assert "Priya" not in page


def test_the_page_of_a_month_needs_no_lead(client, agreement, sam):
    at = database_now()
    month = at.date().replace(day=1)
    commitment = commitment_in_force(
        kind=ClockKind.MQL_VOLUME, allowance_amount=None, unit="per_month", count=120
    )
    clock = Clock.objects.create(
        kind=ClockKind.MQL_VOLUME, scope=Scope.LEAD, month=month, commitment=commitment,
        calendar_version=CalendarVersion.objects.get(calendar=commitment.calendar),
        side=commitment.side, status=ClockStatus.PENDING, enforced=True,
        started_at=at, due_at=at + timedelta(days=30), breach_at=at + timedelta(days=33),
    )  # fmt: skip
    client.force_login(sam)

    page = client.get(reverse("pipeline:clock_detail", args=[clock.pk]))

    assert page.status_code == 200
    assert f"{month:%B %Y}" in page.content.decode()


def test_the_statements_do_not_grow_with_the_evidence(client, lead, sam):
    client.force_login(sam)
    for number in range(20):
        told(
            lead, EvidenceKind.OUTREACH, FRIDAY + timedelta(hours=5 + number),
            payload={"channel": "call"},
        )  # fmt: skip
    place = address(lead)
    client.get(place)

    with CaptureQueriesContext(connection) as captured:
        assert client.get(place).status_code == 200

    assert len(captured) <= STATEMENTS
