"""Calendars: what is refused, what is questioned, and that running clocks keep their hours."""

from datetime import date, timedelta

import pytest

from definitions.choices import DocumentKind
from definitions.content import Sla
from definitions.defaults import default_content
from definitions.models import Activation, Withdrawal
from sla import openings, services
from sla.choices import EvidenceKind
from sla.clock import BusinessCalendar, NoWorkingTimeError
from sla.models import Calendar, CalendarVersion, Clock
from sla.selectors.reach import refused_allowances
from tests.factories.people import OrganizationFactory, person
from tests.factories.pipeline import LeadFactory
from tests.factories.sla import (
    NEW_YORK,
    TUESDAY,
    CalendarVersionFactory,
    commitment_in_force,
)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def hours(**fields):
    return NEW_YORK | fields


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param(hours(weekly={}), "no open time", id="never open"),
        pytest.param(
            hours(weekly={}, exceptions={"2026-03-03": [["09:00", "10:00"]]}),
            "no open time in any week",
            id="open once",
        ),
        pytest.param(hours(weekly={"mon": [["09:00", "00:00"]]}), "24:00", id="ends at 00:00"),
        pytest.param(hours(weekly={"mon": [["17:00", "09:00"]]}), "end after", id="backwards"),
        pytest.param(hours(weekly={"mon": [["9", "17:00"]]}), "not a time", id="no time"),
        pytest.param(hours(weekly={"mon": [["09:60", "17:00"]]}), "not a time", id="minute 60"),
        pytest.param(hours(weekly={"lun": [["09:00", "17:00"]]}), "unknown week", id="weekday"),
        pytest.param(hours(timezone="Mars/Olympus"), "time zone", id="zone"),
        pytest.param(hours(holidays=["26-12-2026"]), "not a date", id="date"),
    ],
)
def test_calendar_is_refused(spec, words):
    with pytest.raises(openings.CalendarError, match=words):
        openings.validate(spec)


@pytest.mark.parametrize(
    ("weekly", "count"),
    [
        pytest.param({"mon": [["09:00", "24:00"]]}, 0, id="24:00 is fine"),
        pytest.param({"mon": [["09:00", "23:59"]]}, 1, id="23:59 closes for a minute"),
        pytest.param({"sun": [["02:00", "12:00"]]}, 1, id="opens when clocks change"),
        pytest.param({"sun": [["00:00", "24:00"]]}, 0, id="open all Sunday"),
    ],
)
def test_calendar_is_questioned(weekly, count):
    assert len(openings.validate(hours(weekly=weekly))) == count


def test_overlapping_and_touching_ranges_are_one():
    ranges = [["09:00", "12:00"], ["11:00", "13:00"], ["13:00", "17:00"]]
    calendar = BusinessCalendar.from_dict(hours(weekly={"tue": ranges}))

    assert calendar.open_intervals(TUESDAY - DAY, TUESDAY + DAY) == [
        (TUESDAY - HOUR, TUESDAY + 7 * HOUR)
    ]


def test_holiday_beats_an_exception():
    spec = hours(holidays=["2026-03-03"], exceptions={"2026-03-03": [["09:00", "17:00"]]})

    assert not BusinessCalendar.from_dict(spec).is_open(TUESDAY)


def test_an_allowance_beyond_the_horizon_is_an_error():
    calendar = BusinessCalendar.from_dict(hours(weekly={"tue": [["09:00", "09:01"]]}))

    with pytest.raises(NoWorkingTimeError):
        calendar.add(TUESDAY, HOUR)
    with pytest.raises(NoWorkingTimeError):
        calendar.end_of_business_day(TUESDAY, 80)


def test_naive_instants_are_refused():
    with pytest.raises(ValueError, match="aware"):
        BusinessCalendar.from_dict(NEW_YORK).add(TUESDAY.replace(tzinfo=None), HOUR)


def test_open_dates_are_listed_half_open():
    calendar = BusinessCalendar.from_dict(NEW_YORK)

    assert calendar.open_dates(date(2026, 2, 13), date(2026, 2, 18)) == [
        date(2026, 2, 13),
        date(2026, 2, 17),
    ]


@pytest.mark.django_db
def test_default_calendar_is_written_once_in_the_company_zone():
    OrganizationFactory()

    first = services.ensure_default_calendar(at=TUESDAY)
    again = services.ensure_default_calendar(at=TUESDAY + DAY)

    assert first == again
    assert CalendarVersion.objects.get().spec["timezone"] == "America/New_York"
    assert Calendar.history.count() == 1


@pytest.mark.django_db
def test_a_change_leaves_running_clocks_and_moves_new_ones():
    commitment = commitment_in_force()
    early, late = LeadFactory(), LeadFactory()
    tell(early, EvidenceKind.ASSIGNED, TUESDAY)

    closed = NEW_YORK["holidays"] + ["2026-03-03"]
    services.change_calendar(
        calendar=commitment.calendar,
        spec=hours(holidays=closed),
        by=person("rita"),
        at=TUESDAY + HOUR,
    )
    tell(late, EvidenceKind.ASSIGNED, TUESDAY + HOUR)
    services.refold(lead_ids=[early.pk, late.pk], at=TUESDAY + HOUR)

    due = dict(Clock.objects.values_list("lead_id", "due_at"))
    assert due[early.pk] == TUESDAY + 4 * HOUR
    assert due[late.pk] == TUESDAY + DAY + 3 * HOUR


@pytest.mark.django_db
def test_only_revops_changes_a_calendar():
    commitment = commitment_in_force()

    with pytest.raises(services.CalendarRefusedError):
        services.change_calendar(
            calendar=commitment.calendar, spec=NEW_YORK, by=person("sam"), at=TUESDAY
        )


@pytest.mark.django_db
def test_a_withdrawn_sla_is_followed_by_the_one_before():
    commitment_in_force(allowance_amount=4)
    commitment_in_force(allowance_amount=2)
    newer = Activation.objects.filter(kind=DocumentKind.SLA).latest("effective_from")
    Withdrawal.objects.create(
        activation=newer,
        reason="wrong number",
        withdrawn_at=TUESDAY,
        withdrawn_by=person("rita"),
        actor="system:test",
    )
    before, after = LeadFactory(), LeadFactory()

    tell(before, EvidenceKind.ASSIGNED, TUESDAY - HOUR)
    tell(after, EvidenceKind.ASSIGNED, TUESDAY)

    due = dict(Clock.objects.values_list("lead_id", "due_at"))
    assert (due[before.pk], due[after.pk]) == (TUESDAY + HOUR, TUESDAY + 4 * HOUR)


def tell(lead, kind, at, **fields):
    services.record_evidence(
        lead_id=lead.pk, kind=kind, occurred_at=at, actor="system:test", at=at, **fields
    )


@pytest.mark.django_db
def test_hours_in_which_a_promise_never_falls_due_are_refused():
    commitment = commitment_in_force()
    narrow = NEW_YORK | {"weekly": {"mon": [["09:00", "09:01"]]}}

    with pytest.raises(services.CalendarRefusedError, match="Too little open time: First contact"):
        services.add_calendar_version(
            calendar=commitment.calendar, spec=narrow, actor="system:test", at=TUESDAY
        )

    assert commitment.calendar.versions.count() == 1


@pytest.mark.django_db
def test_a_draft_that_promises_more_time_than_there_is_cannot_be_signed():
    CalendarVersionFactory()
    document = Sla.model_validate(default_content(DocumentKind.SLA))
    contact = document.commitments["first_contact"].model_copy(update={"allowance_amount": 9_999})
    changed = document.model_copy(
        update={"commitments": {**document.commitments, "first_contact": contact}}
    )

    found = refused_allowances(document=changed, at=TUESDAY)

    assert {finding.clause for finding in found} == {"commitments/first_contact"}
    assert refused_allowances(document=document, at=TUESDAY) == []
