"""Reading absences from calendar files: days, repetitions, and everything hostile."""

from __future__ import annotations

import time
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revops.people.absences.ical import CalendarFileError, Event, Fault, read_calendar

ZONE = ZoneInfo("America/New_York")
TODAY = date(2026, 6, 1)


def ics(*events, method=""):
    """A calendar of events, each given as lines."""
    told = [f"METHOD:{method}"] if method else []
    for event in events:
        told += ["BEGIN:VEVENT", *event, "END:VEVENT"]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *told, "END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()


def whole(first="20260608", after="20260613", *more, uid="a@x"):
    """An event of whole days."""
    return [f"UID:{uid}", f"DTSTART;VALUE=DATE:{first}", f"DTEND;VALUE=DATE:{after}", *more]


def timed(begins, ends, *more):
    return ["UID:a@x", f"DTSTART{begins}", f"DTEND{ends}", *more]


def read(*events, **options):
    return read_calendar(ics(*events, **options), zone=ZONE, today=TODAY)


def test_whole_days_are_taken_half_open():
    (event,) = read(whole())

    assert (event.starts_on, event.ends_on) == (date(2026, 6, 8), date(2026, 6, 13))
    assert (event.source_id, event.remarks) == ("a@x", ())


@pytest.mark.parametrize(
    ("begins", "ends", "days"),
    [
        pytest.param(
            ";TZID=America/New_York:20260608T090000", ";TZID=America/New_York:20260608T170000",
            (date(2026, 6, 8), date(2026, 6, 9)), id="a day in the zone",
        ),
        pytest.param(
            ":20260608T220000Z", ":20260609T060000Z", (date(2026, 6, 8), date(2026, 6, 10)),
            id="in UTC, over a local midnight",
        ),
        pytest.param(
            ":20260608T130000", ":20260610T000000", (date(2026, 6, 8), date(2026, 6, 10)),
            id="floating, to midnight",
        ),
    ],
)  # fmt: skip
def test_times_become_whole_days_and_say_so(begins, ends, days):
    (event,) = read(timed(begins, ends))

    assert (event.starts_on, event.ends_on) == days
    assert "taken as whole days" in event.remarks[0]


def test_a_series_is_taken_for_a_year_without_what_was_taken_out():
    events = read(
        whole("20260605", "20260606", "RRULE:FREQ=WEEKLY;INTERVAL=2",
              "EXDATE;VALUE=DATE:20260619")
    )  # fmt: skip

    assert events[0].source_id == "a@x#20260605"
    assert [event.starts_on for event in events[:2]] == [date(2026, 6, 5), date(2026, 7, 3)]
    assert events[-1].starts_on <= date(2027, 6, 2)
    assert "taken up to 2 Jun 2027" in events[0].remarks[-1]


def test_a_series_with_an_end_is_taken_whole():
    events = read(whole("20260605", "20260606", "RRULE:FREQ=MONTHLY;BYDAY=1FR;COUNT=3"))

    assert [event.starts_on.isoformat() for event in events] == [
        "2026-06-05", "2026-07-03", "2026-08-07",
    ]  # fmt: skip


def test_a_moved_occurrence_takes_the_place_of_the_one_of_its_series():
    events = read(
        whole("20260605", "20260606", "RRULE:FREQ=WEEKLY;COUNT=2"),
        whole("20260613", "20260614", "RECURRENCE-ID;VALUE=DATE:20260612"),
    )

    days = {event.source_id: event.starts_on.day for event in events}
    assert days == {"a@x#20260605": 5, "a@x#20260612": 13}


@pytest.mark.parametrize(
    ("event", "method"),
    [
        pytest.param(whole("20260608", "20260613", "STATUS:CANCELLED"), "", id="by its status"),
        pytest.param(whole(), "CANCEL", id="by the file"),
    ],
)
def test_a_cancelled_event_is_marked(event, method):
    (event,) = read(event, method=method)

    assert event.is_cancelled


def test_people_are_named_by_attendees_and_else_by_the_organiser():
    attended, organised = read(
        whole("20260608", "20260609", "ATTENDEE;CN=Sam:MAILTO:Sam@Example.com",
              "ATTENDEE:mailto:bo@example.com", "ORGANIZER:mailto:hr@example.com"),
        whole("20260608", "20260609", "ORGANIZER:mailto:hr@example.com", uid="b"),
    )  # fmt: skip

    assert attended.mails == ("sam@example.com", "bo@example.com")
    assert organised.mails == ("hr@example.com",)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        pytest.param(["DTSTART;VALUE=DATE:20260608"], "no UID", id="without UID"),
        pytest.param(["UID:a", "SUMMARY:x"], "DTSTART is missing", id="without beginning"),
        pytest.param(["UID:a", "DTSTART:20260608T090000"], "no end", id="without end"),
        pytest.param(["UID:a", "DTSTART:soon"], "cannot be read", id="broken beginning"),
        pytest.param(whole("20260613", "20260608"), "ends before", id="backwards"),
        pytest.param(whole("20260608", "20290608"), "two years", id="too long"),
        pytest.param(whole("00010101", "00010102"), "1970 to 2099", id="year 1"),
        pytest.param(whole("99991230", "99991231"), "1970 to 2099", id="year 9999"),
        pytest.param(
            timed(":20260608T090000Z", ":20260608T100000Z"), "four hours", id="a meeting"
        ),
        pytest.param(
            timed(";TZID=Mars/Olympus:20260608T090000", ";TZID=Mars/Olympus:20260608T180000"),
            "Mars/Olympus is not known", id="unknown zone",
        ),
        pytest.param(
            whole("20260605", "20260606", "RRULE:FREQ=SECONDLY"), "not read", id="secondly"
        ),
        pytest.param(
            whole("20260605", "20260606", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "not read",
            id="a rule that never matches",
        ),
        pytest.param(
            whole("20260605", "20260606", "RRULE:FREQ=DAILY;INTERVAL=0"), "cannot be",
            id="interval 0",
        ),
        pytest.param(
            whole("20260605", "20260606", "RRULE:FREQ=DAILY"), "working hours", id="daily"
        ),
        pytest.param(
            whole("20000605", "20000606", "RRULE:FREQ=WEEKLY"), "ten years", id="from long ago"
        ),
        pytest.param(
            whole("20200605", "20200606", "RRULE:FREQ=WEEKLY;COUNT=2"), "is over", id="over"
        ),
        pytest.param(
            whole("20260605", "20260606", "RDATE;VALUE=DATE:20260705"), "listed days",
            id="rdate",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_an_absence_is_refused_by_itself(event, words):
    fault, good = read(event, whole(uid="good"))

    assert isinstance(fault, Fault)
    assert words in fault.why
    assert isinstance(good, Event)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b" \r\n ", "empty", id="blank"),
        pytest.param(b"name,from,to\r\n", "no iCalendar", id="csv"),
        pytest.param(b"\x89PNG\r\n\x1a\n\xff\xd8", "not UTF-8", id="picture"),
        pytest.param("BEGIN:VCALENDAR\r\n".encode("utf-16"), "not UTF-8", id="utf-16"),
        pytest.param(b"BEGIN:VCALENDAR\r\n\0", "no iCalendar", id="nul"),
        pytest.param(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "to its end", id="cut off"),
        pytest.param(b"BEGIN:VCALENDAR\r\n" * 40_000, "deeply", id="nested"),
        pytest.param(b"BEGIN:VCALENDAR\r\n" + b"x" * (1024 * 1024), "1 MB", id="one long line"),
        pytest.param(b"BEGIN:VCALENDAR\r\n" + b"\r\n" * 60_000, "lines", id="blank lines"),
        pytest.param(ics(*[["UID:a"]] * 12_000), "300 events", id="12,000 events"),
        pytest.param(
            ics(*[whole("20260605", "20260606", "RRULE:FREQ=WEEKLY", uid=str(n))
                  for n in range(200)]),
            "300 absences", id="repetitions of repetitions",
        ),
    ],
)  # fmt: skip
def test_what_is_no_calendar_is_refused_in_a_moment(raw, words):
    began = time.monotonic()

    with pytest.raises(CalendarFileError, match=words):
        read_calendar(raw, zone=ZONE, today=TODAY)

    assert time.monotonic() - began < 5


def test_definitions_of_zones_are_not_read():
    bomb = [
        "BEGIN:VTIMEZONE", "TZID:Bomb", "BEGIN:STANDARD", "DTSTART:19000101T000000",
        "RRULE:FREQ=SECONDLY", "TZOFFSETFROM:+0000", "TZOFFSETTO:+0100", "END:STANDARD",
        "END:VTIMEZONE",
    ]  # fmt: skip
    raw = ics(whole()).replace(b"BEGIN:VEVENT", "\r\n".join([*bomb, "BEGIN:VEVENT"]).encode())

    (event,) = read_calendar(raw, zone=ZONE, today=TODAY)

    assert event.starts_on == date(2026, 6, 8)


NAMES = st.sampled_from(
    ["UID", "DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "RECURRENCE-ID", "ATTENDEE",
     "STATUS", "DTSTART;VALUE=DATE", "DTEND;TZID=Europe/Berlin", "RDATE", "X-A;B=C"]
)  # fmt: skip
VALUES = st.one_of(
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30),
    st.sampled_from(
        ["20260608", "20260609T120000Z", "20261301", "P1D", "-P1D", "PT99999999H", "PT0S",
         "FREQ=WEEKLY;COUNT=9999999999999999999", "FREQ=YEARLY;INTERVAL=999",
         "FREQ=WEEKLY;UNTIL=1",
         "FREQ=MONTHLY;BYDAY=9MO", "FREQ=;COUNT=", "99991231", "00000000"]
    ),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.tuples(NAMES, VALUES), max_size=6), max_size=4))
def test_any_event_is_an_absence_or_a_fault(told):
    events = [[f"{name}:{value}" for name, value in lines] for lines in told]

    try:
        found = read(*events)
    except CalendarFileError:
        return

    assert all(isinstance(one, Event | Fault) for one in found)
    assert all(one.starts_on < one.ends_on for one in found if isinstance(one, Event))
