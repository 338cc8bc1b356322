"""The picture of a clock over a holiday weekend, with a handover and a pause."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from pipeline.selectors.explanation import clock_page, find_clock
from revops.people.selectors import Viewer
from sla.choices import ClockKind, EvidenceKind, Scope
from sla.models import Breach, Clock
from sla.services import ask_excuse, grant_excuse, record_evidence, refold
from tests.factories.people import person
from tests.factories.pipeline import LeadFactory, RepFactory, assigned
from tests.factories.sla import NEW_YORK, CalendarVersionFactory, commitment_in_force

pytestmark = pytest.mark.usefixtures("agreement")
THERE = ZoneInfo("America/New_York")
HOURS = NEW_YORK | {
    "holidays": [{"date": "2026-11-26", "name": "Thanksgiving Day"}],
    "exceptions": {"2026-11-27": [["10:00", "17:00"]]},
}
READER = Viewer(
    user=None, organization="", is_sample=False, zone="UTC", theme="", twelve_hours=False,
    has_shortcuts=True, at=None,
)  # fmt: skip


def local(day, hour, minute=0, *, month=11):
    """Return an instant of New York's wall clock in 2026, in UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=THERE).astimezone(UTC)


SATURDAY = local(28, 12)


def promise(**fields):
    """Put a promise in force that counts in the hours of the holiday weekend."""
    return commitment_in_force(calendar=CalendarVersionFactory(spec=HOURS).calendar, **fields)


def told(lead, kind, at, *, recorded_at=None, **fields):
    record_evidence(
        lead_id=lead.pk, kind=kind, occurred_at=at, actor="system:test",
        at=recorded_at or at, **fields,
    )  # fmt: skip


@pytest.fixture
def lead(agreement, sam):
    """Assigned on Wednesday, paused over the holiday, handed to Bo on Friday."""
    promise()
    bo = RepFactory(name="Bo Lindqvist")
    lead = assigned(sam.rep, at=local(25, 16))
    told(lead, EvidenceKind.PAUSED, local(25, 16, 30), payload={"reason": "waiting_on_marketing"})
    told(lead, EvidenceKind.RESUMED, local(27, 15, 30))
    told(lead, EvidenceKind.ASSIGNED, local(27, 16), rep_id=bo.pk)
    refold(lead_ids=[lead.pk], at=SATURDAY)
    return lead


def clock_of(lead, kind=ClockKind.FIRST_CONTACT):
    return Clock.objects.get(lead=lead, kind=kind, scope=Scope.LEAD)


def shown(lead, user, *, at=SATURDAY, kind=ClockKind.FIRST_CONTACT):
    """Return the page of one of the lead's clocks."""
    clock = find_clock(user=user, pk=clock_of(lead, kind).pk)
    return clock_page(clock=clock, user=user, reader=READER, at=at)


def test_the_page_answers_why_monday_eleven(lead, sam):
    page = shown(lead, sam)

    assert page.why_then == "Why Mon 30 Nov, 11:00 EST?"
    assert page.picture.sentences == [
        "30 m on Wed 25 Nov, 1 h 30 m on Fri 27 Nov and 2 h on Mon 30 Nov make 4 h.",
        "Thanksgiving Day, the pause (waiting on marketing) and closed hours do not count.",
        "The handover to Bo Lindqvist did not restart it.",
    ]


def test_each_day_says_what_counted_and_why_nothing_did(lead, sam):
    rows = shown(lead, sam).picture.rows

    assert [(row.name, row.note, row.length) for row in rows] == [
        ("Wed 25 Nov", "", "30 m"),
        ("Thu 26 Nov", "Thanksgiving Day", ""),
        ("Fri 27 Nov", "Exception: open 10:00 to 17:00", "1 h 30 m"),
        ("Sat 28 Nov", "Closed", ""),
        ("Sun 29 Nov", "Closed", ""),
        ("Mon 30 Nov", "", "2 h"),
    ]


def test_the_running_total_ends_at_the_promise(lead, sam):
    rows = shown(lead, sam).picture.rows

    assert [row.sum for row in rows if row.sum] == ["30 m of 4 h", "2 h of 4 h", "4 h of 4 h"]


def test_marks_say_what_happened_when(lead, sam):
    rows = shown(lead, sam).picture.rows

    assert [mark.label for row in rows for mark in row.marks] == [
        "Starts 16:00",
        "Paused 16:30",
        "Resumes 15:30",
        "To Bo Lindqvist 16:00",
        "Now 12:00",
        "Warning 10:00",
        "Due 11:00",
    ]


def test_labels_of_one_day_stand_in_lanes_of_their_own(lead, sam):
    friday = shown(lead, sam).picture.rows[2]

    assert friday.lanes == 2
    assert {mark.lane for mark in friday.marks} == {0, 1}


def test_time_to_come_is_told_from_time_that_ran(lead, sam):
    rows = shown(lead, sam).picture.rows
    kinds = [{part.kind for part in row.parts} for row in rows]

    assert "counted" in kinds[0]
    assert kinds[1] == {"paused"}
    assert "ahead" in kinds[5]


def test_a_missed_clock_shows_the_time_past_its_due(lead, sam):
    page = shown(lead, sam, at=local(30, 15))

    assert "late" in {part.kind for part in page.picture.rows[-1].parts}
    assert page.reasons.question == "Why is this a breach?"
    assert page.reasons.because == (
        "The promise of 4 business hours ended Mon 30 Nov, 11:00 EST before somebody had tried"
        " to reach the lead."
    )
    assert page.reasons.otherwise.startswith("It is charged to sales, who made the promise")


def test_a_running_clock_says_what_would_make_it_a_breach(lead, sam):
    reasons = shown(lead, sam).reasons

    assert reasons.question == "Why is this not a breach?"
    assert reasons.because.endswith("so there is 2 h of business time left.")
    assert reasons.otherwise == (
        "It becomes one after Mon 30 Nov, 11:00 EST, unless somebody tries to reach the lead."
    )


def test_a_call_in_closed_hours_is_in_time_and_says_so(lead, sam):
    told(lead, EvidenceKind.OUTREACH, local(28, 8), payload={"channel": "call"})
    refold(lead_ids=[lead.pk], at=SATURDAY)

    assert shown(lead, sam).reasons.because == (
        "By Sat 28 Nov, 08:00 EST somebody had tried to reach the lead, 2 h of business time"
        " before it was due."
    )


def test_evidence_that_was_taken_back_is_marked(lead, sam):
    told(
        lead, EvidenceKind.OUTREACH, local(25, 16, 10), recorded_at=local(25, 18),
        payload={"channel": "call"}, source="dialer", source_id="call-1",
    )  # fmt: skip
    told(
        lead, EvidenceKind.VOIDED, local(27, 9),
        payload={"source": "dialer", "source_id": "call-1"},
    )  # fmt: skip
    refold(lead_ids=[lead.pk], at=SATURDAY)

    row = next(row for row in shown(lead, sam).evidence if row[1]["text"] == "Contact attempt")

    assert row[2]["badge"]["text"] == "Taken back"
    assert row[1]["sub"] == "call, taken back Fri 27 Nov, 09:00 EST by Test"
    assert row[3] == {"text": "Wed 25 Nov, 18:00 EST", "sub": "1 h 50 m later"}


def test_days_are_counted_back_from_the_due_date(agreement, sam):
    promise(kind=ClockKind.SAL_REVIEW, unit="business_days", allowance_amount=2)
    lead = assigned(sam.rep, at=local(25, 10))
    refold(lead_ids=[lead.pk], at=SATURDAY)

    page = shown(lead, sam, kind=ClockKind.SAL_REVIEW)

    assert [(row.name, row.length) for row in page.picture.rows if row.length] == [
        ("Fri 27 Nov", "day 1 of 2"),
        ("Mon 30 Nov", "day 2 of 2"),
    ]


def test_quiet_days_of_a_long_promise_are_one_row(agreement, sam):
    promise(kind=ClockKind.FINAL_DISPOSITION, unit="calendar_days", allowance_amount=14)
    lead = assigned(sam.rep, at=local(9, 10))
    refold(lead_ids=[lead.pk], at=local(9, 11))

    page = shown(lead, sam, at=local(9, 11), kind=ClockKind.FINAL_DISPOSITION)

    assert page.why_then == "Why the end of Mon 23 Nov?"
    assert [(row.name, row.length) for row in page.picture.rows] == [
        ("Mon 9 Nov", ""),
        ("Tue 10 Nov to Thu 19 Nov", "day 10 of 14"),
        ("Fri 20 Nov", "day 11 of 14"),
        ("Sat 21 Nov", "day 12 of 14"),
        ("Sun 22 Nov", "day 13 of 14"),
        ("Mon 23 Nov", "day 14 of 14"),
    ]


@pytest.mark.parametrize(
    ("day", "month", "words"),
    [
        pytest.param(8, 3, "Clocks go forward", id="spring"),
        pytest.param(1, 11, "Clocks go back", id="autumn"),
    ],
)
def test_a_day_of_another_length_says_so(agreement, sam, day, month, words):
    promise(kind=ClockKind.FINAL_DISPOSITION, unit="calendar_days", allowance_amount=1)
    lead = assigned(sam.rep, at=local(day, 0, 30, month=month))
    refold(lead_ids=[lead.pk], at=local(day, 9, month=month))

    page = shown(lead, sam, at=local(day, 9, month=month), kind=ClockKind.FINAL_DISPOSITION)

    assert page.picture.rows[0].note == words


def test_the_picture_is_drawn_and_said(client, lead, sam):
    client.force_login(sam)

    page = client.get(reverse("pipeline:clock_detail", args=[clock_of(lead).pk])).content.decode()

    assert '<pattern id="clock-paused"' in page
    assert "Paused: waiting on marketing" in page
    assert "Thu 26 Nov, Thanksgiving Day." in page
    assert "style=" not in page[page.index("<main") :]


def test_a_gate_at_handoff_has_a_reason_and_no_picture(agreement, sam):
    commitment_in_force(kind=ClockKind.CONTEXT, unit="at_handoff", allowance_amount=None)
    lead = assigned(sam.rep, at=local(25, 16))
    refold(lead_ids=[lead.pk], at=SATURDAY)

    page = shown(lead, sam, kind=ClockKind.CONTEXT)

    assert page.picture is None
    assert page.reasons.because.startswith("Kept: everything agreed for the lead's channel")


def test_hours_that_changed_are_told_with_the_due_time_they_replaced(lead, sam):
    snow = HOURS | {"exceptions": HOURS["exceptions"] | {"2026-11-30": []}}
    calendar = clock_of(lead).commitment.calendar
    newer = CalendarVersionFactory(calendar=calendar, number=2, spec=snow, created_at=SATURDAY)
    told(lead, EvidenceKind.REPLANNED, SATURDAY, payload={"calendar_version": newer.pk})
    refold(lead_ids=[lead.pk], at=SATURDAY)

    page = shown(lead, sam)

    assert page.why_then == "Why Tue 1 Dec, 11:00 EST?"
    assert "Mon 30 Nov, 11:00 EST, before the hours were changed" in [
        fact.text for fact in page.facts
    ]
    assert "Was due 11:00" in [mark.label for row in page.picture.rows for mark in row.marks]


def test_an_excuse_says_why_who_asked_and_who_granted(lead, sam):
    late = local(30, 15)
    refold(lead_ids=[lead.pk], at=late)
    breach = Breach.objects.get()
    request = ask_excuse(breach=breach, cause="outage", note="", by=sam, at=late)
    grant_excuse(request=request, note="", by=person("carla"), at=late)

    page = shown(lead, sam, at=late)

    facts = {fact.term: fact.text for fact in page.story.facts}
    assert page.reasons.answer == "This is a breach, and it was excused."
    assert facts["Asked by"] == "Sam Ortiz"
    assert facts["Granted"] == "Mon 30 Nov, 15:00 EST, by Carla Diaz"


def test_the_hours_of_the_holders_territory_are_the_ones_shown(agreement, sam):
    paris = CalendarVersionFactory(spec=NEW_YORK | {"timezone": "Europe/Paris"}).calendar
    promise(follows_territory=True)
    lead = LeadFactory()
    told(
        lead, EvidenceKind.ASSIGNED, local(25, 5), rep_id=sam.rep.pk,
        payload={"calendar": paris.pk},
    )  # fmt: skip
    refold(lead_ids=[lead.pk], at=local(25, 6))

    page = shown(lead, sam, at=local(25, 6))

    assert page.zone == "Europe/Paris"
    assert page.why_then == "Why Wed 25 Nov, 15:00 CET?"


def test_the_api_tells_the_same_facts(client, lead, sam):
    client.force_login(sam)

    found = client.get(f"/api/v1/clocks/{clock_of(lead).pk}/").json()["explanation"]

    assert found["is_breach"] is False
    assert found["otherwise"].startswith("It becomes one after")
    assert [pause["reason"] for pause in found["pauses"]] == ["waiting_on_marketing"]
    assert len(found["holders"]) == 2
    assert [one["kind"] for one in found["evidence"] if one["started_it"]] == ["assigned"]


def test_a_clock_out_of_the_counts_says_why(lead, sam):
    told(lead, EvidenceKind.RECALLED, local(28, 9), payload={"reason": "test"})
    refold(lead_ids=[lead.pk], at=SATURDAY)

    assert shown(lead, sam).reasons.because == (
        "It is out of the counts since Sat 28 Nov, 09:00 EST: the lead was taken back."
    )
