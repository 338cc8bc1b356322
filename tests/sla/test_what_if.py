"""The past judged again under another promise: counts, pauses, excuses, and nothing stored."""

from __future__ import annotations

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sla import services
from sla.choices import ClockKind, ClockStatus, EvidenceKind
from sla.clock import NoWorkingTimeError
from sla.models import Breach, Clock, Evidence
from sla.selectors import what_if
from sla.selectors.what_if import Change, SpanTooLargeError, changed, compare
from tests.factories.pipeline import LeadFactory, RepFactory
from tests.factories.sla import (
    NEW_YORK,
    TUESDAY,
    CalendarVersionFactory,
    commitment_in_force,
)

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TWO_HOURS = Change(kind=ClockKind.FIRST_CONTACT, amount=2, unit="business_hours")


@pytest.fixture
def promise():
    """Four business hours to the first contact, signed."""
    return commitment_in_force()


def tell(lead, kind, at, **fields):
    services.record_evidence(
        lead_id=lead.pk, kind=kind, occurred_at=at, actor="system:test", at=at, **fields
    )


def contacted(after, *, start=TUESDAY, **fields):
    """Store a lead that was assigned at `start` and called `after` that."""
    lead = LeadFactory(**fields)
    tell(lead, EvidenceKind.ASSIGNED, start, rep_id=RepFactory().pk)
    if after is not None:
        tell(lead, EvidenceKind.OUTREACH, start + after, payload={"channel": "call"})
    return lead


def compared(change=TWO_HOURS, *, since=TUESDAY - DAY, until=TUESDAY + 9 * DAY, **options):
    """Compare what was with a changed promise, a fortnight after Tuesday."""
    at = TUESDAY + 14 * DAY
    terms = services.current_terms(at=at)
    after = changed(terms, change=change)
    asked = {"kinds": [change.kind], "zone": ZONE, "at": at} | options
    return compare(since=since, until=until, before=terms, after=after, **asked)


def test_a_shorter_promise_has_more_breaches(promise):
    contacted(HOUR)
    contacted(3 * HOUR)
    contacted(5 * HOUR)

    found = compared()

    assert (found.total.was.breaches, found.total.would.breaches) == (1, 2)
    assert [(row.old_status, row.new_status) for row in found.differing] == [("met", "met_late")]


def test_what_was_agrees_with_the_stored_clocks(promise):
    leads = [contacted(after) for after in (HOUR, 3 * HOUR, 5 * HOUR, None)]
    services.refold(lead_ids=[lead.pk for lead in leads], at=TUESDAY + 14 * DAY)

    found = compared()

    assert found.total.was.breaches == Breach.objects.count() == 2
    assert found.total.was.met == Clock.objects.filter(status=ClockStatus.MET).count() == 2


def test_nothing_is_stored(promise):
    lead = contacted(3 * HOUR)
    services.refold(lead_ids=[lead.pk], at=TUESDAY + DAY)
    before = list(Clock.objects.values()), list(Breach.objects.values()), Evidence.objects.count()

    compared()

    assert before == (
        list(Clock.objects.values()), list(Breach.objects.values()), Evidence.objects.count(),
    )  # fmt: skip


def test_the_same_promise_changes_nothing(promise):
    contacted(3 * HOUR)

    found = compared(Change(kind=ClockKind.FIRST_CONTACT, amount=4, unit="business_hours"))

    assert found.total.was == found.total.would
    assert found.differing == []


def test_other_hours_move_the_due_time(promise):
    short = NEW_YORK | {"weekly": {"tue": [["10:00", "11:00"]], "wed": [["09:00", "17:00"]]}}
    calendar = CalendarVersionFactory(spec=short).calendar
    contacted(5 * HOUR)
    change = Change(
        kind=ClockKind.FIRST_CONTACT, amount=4, unit="business_hours", calendar=calendar.pk
    )

    (row,) = compared(change).differing

    assert (row.old_status, row.new_status) == ("met_late", "met")
    assert row.new_due == (TUESDAY + DAY + 2 * HOUR).astimezone(UTC)


def test_a_pause_counts_under_both(promise):
    lead = contacted(None)
    tell(lead, EvidenceKind.PAUSED, TUESDAY + HOUR, payload={"reason": "waiting_on_marketing"})
    tell(lead, EvidenceKind.RESUMED, TUESDAY + 3 * HOUR)
    tell(lead, EvidenceKind.OUTREACH, TUESDAY + 3.5 * HOUR, payload={"channel": "call"})

    found = compared()

    assert (found.total.was.met, found.total.would.met) == (1, 1)


def test_an_excused_miss_stays_excused(promise):
    lead = contacted(5 * HOUR)
    tell(
        lead, EvidenceKind.EXCUSED, TUESDAY + DAY,
        payload={"reason": "outage", "clock": "first_contact"},
    )  # fmt: skip

    found = compared()

    assert (found.total.was.excused, found.total.would.excused) == (1, 1)
    assert found.total.would.breaches == 0


def test_clocks_count_by_the_day_they_began(promise):
    contacted(5 * HOUR, start=TUESDAY)
    contacted(5 * HOUR, start=TUESDAY + 30 * DAY)

    assert compared().total.was.judged == 1


@pytest.mark.parametrize("fields", [{"is_test": True}, {"voided_at": TUESDAY}])
def test_leads_that_do_not_count_are_left_out(promise, fields):
    contacted(5 * HOUR, **fields)

    assert compared().leads == 0


def test_groups_add_up_to_the_total(promise):
    for after in (HOUR, 3 * HOUR, 5 * HOUR):
        contacted(after)

    found = compared()

    assert sum(pair.would.breaches for pair in found.by_rep.values()) == 2
    assert sum(pair.would.breaches for pair in found.by_month.values()) == 2


def test_the_answer_does_not_depend_on_the_chunks(promise, monkeypatch):
    for after in (HOUR, 3 * HOUR, 5 * HOUR):
        contacted(after)
    whole = compared()
    monkeypatch.setattr(what_if, "CHUNK", 1)

    assert compared() == whole


def test_a_chunk_costs_two_statements(promise):
    for after in (HOUR, 3 * HOUR, 5 * HOUR):
        contacted(after)
    at = TUESDAY + 14 * DAY
    terms = services.current_terms(at=at)

    with CaptureQueriesContext(connection) as captured:
        compare(
            kinds=[ClockKind.FIRST_CONTACT], since=TUESDAY - DAY, until=at, before=terms,
            after=changed(terms, change=TWO_HOURS), zone=ZONE, at=at,
        )  # fmt: skip

    assert len(captured) == 3


def test_too_many_leads_are_refused_before_any_is_folded(promise):
    contacted(HOUR)
    contacted(HOUR)

    with pytest.raises(SpanTooLargeError, match="More than 1 leads"):
        compared(most=1)


def test_an_allowance_beyond_the_calendar_is_refused(promise):
    contacted(HOUR)

    with pytest.raises(NoWorkingTimeError):
        compared(Change(kind=ClockKind.FIRST_CONTACT, amount=9_000, unit="business_hours"))


def test_the_age_of_a_lead_counts_by_its_handoff():
    commitment_in_force(kind=ClockKind.LEAD_AGE, unit="calendar_hours", allowance_amount=72)
    lead = LeadFactory()
    tell(lead, EvidenceKind.CAPTURED, TUESDAY - 2 * DAY)
    tell(lead, EvidenceKind.ASSIGNED, TUESDAY, rep_id=RepFactory().pk)

    found = compared(Change(kind=ClockKind.LEAD_AGE, amount=24, unit="calendar_hours"))

    assert (found.total.was.breaches, found.total.would.breaches) == (0, 1)


def test_differing_clocks_lead_to_the_stored_ones(promise):
    lead = contacted(3 * HOUR)
    services.refold(lead_ids=[lead.pk], at=TUESDAY + DAY)

    (row,) = what_if.with_clocks(compared().differing)

    assert row.clock_id == Clock.objects.get().pk
