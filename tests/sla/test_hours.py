"""Hours in words: what people may type, what they read, and what changed."""

from datetime import date

import pytest

from sla import hours, openings
from sla.openings import CalendarError
from tests.factories.sla import NEW_YORK


def parsed(**fields):
    return openings.parse(NEW_YORK | fields)


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        pytest.param("09:00-17:00", [["09:00", "17:00"]], id="plain"),
        pytest.param("9-17", [["09:00", "17:00"]], id="hours only"),
        pytest.param("9.30 to 17", [["09:30", "17:00"]], id="point and to"),
        pytest.param(
            "9 \u2013 12:30; 13:30\u201417", [["09:00", "12:30"], ["13:30", "17:00"]], id="split"
        ),
        pytest.param("00:00-24:00", [["00:00", "24:00"]], id="whole day"),
        pytest.param("", [], id="nothing"),
        pytest.param(" Closed ", [], id="closed"),
    ],
)
def test_ranges_are_read_as_people_type_them(text, ranges):
    assert hours.read_ranges(text) == ranges


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("09:00", "not a range", id="one time"),
        pytest.param("9-17-19", "not a", id="three times"),
        pytest.param("09:00-00:00", "24:00", id="ends at 00:00"),
        pytest.param("17:00-09:00", "end after", id="backwards"),
        pytest.param("09:00-25:00", "not a time", id="hour 25"),
        pytest.param("09:60-10:00", "not a time", id="minute 60"),
        pytest.param("nine-five", "not a time", id="words"),
        pytest.param("-", "not a range", id="a dash"),
        pytest.param(",".join(["1-2"] * 7), "at most 6", id="too many"),
    ],
)
def test_other_text_is_refused_in_words(text, words):
    with pytest.raises(CalendarError, match=words):
        hours.read_ranges(text)


def test_neighbouring_days_with_the_same_hours_are_read_as_one():
    week = hours.week(parsed(weekly=NEW_YORK["weekly"] | {"sat": [["10:00", "14:00"]]}))

    assert [(row.days, row.hours) for row in week] == [
        ("Mon\u2013Fri", "09:00\u201317:00"),
        ("Sat", "10:00\u201314:00"),
        ("Sun", "closed"),
    ]
    assert week[0].blocks == ((540, 480),)


def test_one_form_of_equal_hours():
    overlapping = NEW_YORK["weekly"] | {"mon": [["09:00", "13:00"], ["12:00", "17:00"]]}

    assert hours.canonical(NEW_YORK | {"weekly": overlapping}) == hours.canonical(NEW_YORK)


def test_differences_say_what_changed():
    old = parsed(exceptions={"2026-03-04": [["09:00", "12:00"]]})
    new = parsed(
        timezone="Europe/London",
        weekly=NEW_YORK["weekly"] | {"mon": [["09:00", "12:00"]]},
        holidays=["2026-02-16", {"date": "2026-12-25", "name": "Christmas Day"}],
        exceptions={"2026-03-05": []},
    )  # fmt: skip

    assert hours.differences(old, new) == [
        "Zone: Europe/London, before America/New_York",
        "Mon: 09:00\u201312:00, before 09:00\u201317:00",
        "Holidays added: Fri 25 Dec 2026 (Christmas Day)",
        "Holidays removed: Mon 25 May 2026",
        "Wed 4 Mar 2026: as usual, before 09:00\u201312:00",
        "Thu 5 Mar 2026: closed, before as usual",
    ]
    assert hours.differences(old, old) == []


def test_dates_that_differ_come_in_order_and_a_holiday_hides_its_exception():
    found = hours.odd_dates(
        parsed(
            holidays=[{"date": "2026-12-25", "name": "Christmas Day"}],
            exceptions={"2026-12-24": [["09:00", "12:00"]], "2026-12-25": [["09:00", "12:00"]]},
        )
    )

    assert [(row.on, row.words) for row in found] == [
        (date(2026, 12, 24), "Thu 24 Dec 2026, 09:00\u201312:00"),
        (date(2026, 12, 25), "Fri 25 Dec 2026, Christmas Day"),
    ]
