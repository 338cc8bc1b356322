"""What a clock says of itself: the seven badges and the explanation of a deadline."""

from datetime import UTC, datetime, timedelta

import pytest

from sla import selectors, services
from sla.choices import EvidenceKind, Unit
from sla.models import Clock
from tests.factories.pipeline import LeadFactory, RepFactory
from tests.factories.sla import (
    TUESDAY,
    CalendarFactory,
    CalendarVersionFactory,
    ClockFactory,
    commitment_in_force,
)

pytestmark = pytest.mark.django_db
# Friday, three in the afternoon in New York.
FRIDAY = datetime(2026, 2, 13, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NAMED = {
    "timezone": "America/New_York",
    "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": [{"date": "2026-02-16", "name": "Presidents' Day"}],
}


@pytest.fixture
def lead():
    calendar = CalendarFactory()
    CalendarVersionFactory(calendar=calendar, spec=NAMED)
    commitment_in_force(calendar=calendar)
    lead = LeadFactory()
    tell(lead, EvidenceKind.ASSIGNED, FRIDAY, rep_id=RepFactory().pk)
    return lead


def tell(lead, kind, at, **fields):
    services.record_evidence(
        lead_id=lead.pk, kind=kind, occurred_at=at, actor="system:test", at=at, **fields
    )


def shown(at):
    clock = Clock.objects.select_related("commitment").get()
    return selectors.badge(clock=clock, terms=services.current_terms(at=at), at=at)


@pytest.mark.parametrize(
    ("at", "state", "words"),
    [
        pytest.param(FRIDAY, "due_in", "Due in 4 h", id="just assigned"),
        pytest.param(FRIDAY + 65 * MINUTE, "due_in", "Due in 2 h 55 m", id="running"),
        pytest.param(FRIDAY + 3 * HOUR, "due_in", "Resumes Tue 09:00", id="over a long weekend"),
        pytest.param(
            FRIDAY + 4 * DAY - 5 * HOUR + 15 * MINUTE, "due_soon", "Due soon, 45 m", id="late"
        ),
        pytest.param(FRIDAY + 4 * DAY + HOUR, "overdue", "Overdue by 5 h", id="missed"),
    ],
)
def test_badge_of_a_running_clock(lead, at, state, words):
    badge = shown(at)

    assert (badge.state, badge.words) == (state, words)


def test_badge_of_a_kept_promise_says_how_long_it_took(lead):
    tell(lead, EvidenceKind.OUTREACH, FRIDAY + 80 * MINUTE)

    assert shown(FRIDAY + DAY).words == "Met in 1 h 20 m"


def test_badge_of_a_late_answer_stays_missed(lead):
    tell(lead, EvidenceKind.OUTREACH, FRIDAY + 4 * DAY)

    assert shown(FRIDAY + 5 * DAY).words == "Missed by 4 h"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        pytest.param(FRIDAY + HOUR, "Due in 14 d", id="two weeks"),
        pytest.param(FRIDAY + 12 * DAY, "Due soon, 2 d 9 h", id="last days"),
        pytest.param(FRIDAY + 13 * DAY + 8 * HOUR, "Due soon, 25 h", id="last hours"),
        pytest.param(FRIDAY + 18 * DAY, "Overdue by 3 d 15 h", id="days late"),
    ],
)
def test_badge_of_calendar_days_speaks_of_days(at, words):
    calendar = CalendarFactory()
    CalendarVersionFactory(calendar=calendar, spec=NAMED)
    commitment_in_force(
        calendar=calendar, kind="final_disposition", allowance_amount=14, unit="calendar_days"
    )
    tell(LeadFactory(), EvidenceKind.ASSIGNED, FRIDAY, rep_id=RepFactory().pk)

    assert shown(at).words == words


def test_badge_of_a_paused_clock_gives_the_reason(lead):
    tell(lead, EvidenceKind.PAUSED, FRIDAY + HOUR, payload={"reason": "waiting_on_marketing"})

    badge = shown(FRIDAY + 2 * HOUR)

    assert (badge.state, badge.words, badge.title) == ("paused", "Paused", "Waiting on marketing")


def test_badge_of_a_cancelled_clock_is_exempt(lead):
    tell(lead, EvidenceKind.RECALLED, FRIDAY + HOUR, payload={"reason": "test"})

    assert shown(FRIDAY + DAY).state == "exempt"


@pytest.mark.parametrize(
    ("unit", "verdict"),
    [
        pytest.param(
            "business_days",
            "Missed: it was done Wed 18 Feb, 15:00 EST, 6 h of business time late.",
            id="open hours",
        ),
        pytest.param(
            "calendar_days", "Missed: it was done Wed 18 Feb, 15:00 EST, 3 d 15 h late.", id="days"
        ),
    ],
)
def test_a_verdict_says_lateness_in_the_measure_of_the_promise(unit, verdict):
    calendar = CalendarFactory()
    CalendarVersionFactory(calendar=calendar, spec=NAMED)
    commitment_in_force(calendar=calendar, allowance_amount=1, unit=unit)
    lead = LeadFactory()
    tell(lead, EvidenceKind.ASSIGNED, FRIDAY, rep_id=RepFactory().pk)
    tell(lead, EvidenceKind.OUTREACH, FRIDAY + 5 * DAY)
    clock = Clock.objects.select_related("commitment").get(scope="lead")
    at = FRIDAY + 6 * DAY

    told = selectors.explain_deadline(clock=clock, terms=services.current_terms(at=at), at=at)

    assert told.verdict == verdict


def test_a_deadline_explains_itself(lead):
    tell(lead, EvidenceKind.PAUSED, FRIDAY + HOUR, payload={"reason": "waiting_on_marketing"})
    tell(lead, EvidenceKind.RESUMED, FRIDAY + 4 * DAY)
    clock = Clock.objects.select_related("commitment").get()
    at = FRIDAY + 4 * DAY + HOUR

    told = selectors.explain_deadline(clock=clock, terms=services.current_terms(at=at), at=at)

    assert [interval.length for interval in told.intervals] == [HOUR, 2 * HOUR, HOUR]
    assert sum((interval.length for interval in told.intervals), timedelta(0)) == 4 * HOUR
    assert [(day.on.day, day.name) for day in told.closed_dates] == [(16, "Presidents' Day")]
    assert [pause.reason for pause in told.pauses] == ["waiting_on_marketing"]
    assert [fact.kind for fact in told.evidence] == ["assigned", "paused", "resumed"]
    assert told.verdict == "Running: there is time left."
    assert "So it is due Wed 18 Feb, 10:00 EST." in told.sentences


@pytest.mark.parametrize(
    ("status", "measure", "state", "words"),
    [
        pytest.param("met", {}, "met", "Met", id="kept"),
        pytest.param(
            "breached_closed", {"missing": ["company", "form_text"]}, "missed", "2 missing",
            id="context lacked",
        ),
        pytest.param(
            "breached_closed", {"fit": 30, "fit_threshold": 50}, "missed", "Fit 30 of 50",
            id="too weak",
        ),
    ],
)  # fmt: skip
def test_badge_of_a_gate_says_what_was_found_and_no_time(status, measure, state, words):
    kind = "minimum_fit" if "fit" in measure else "context"
    held = commitment_in_force(kind=kind, unit=Unit.AT_HANDOFF, allowance_amount=None)
    judged = dict.fromkeys(("started_at", "due_at", "breach_at", "stopped_at"), TUESDAY)
    clock = ClockFactory(commitment=held, kind=kind, status=status, measure=measure, **judged)

    terms = services.current_terms(at=TUESDAY)
    found = selectors.badge(clock=clock, terms=terms, at=TUESDAY)

    assert (found.state, found.words, found.length, found.running) == (state, words, None, False)
