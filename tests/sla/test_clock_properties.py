"""The calendar against a walker that knows nothing but one minute after another."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.clock import BusinessCalendar

MINUTE = timedelta(minutes=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "America/Sao_Paulo",
)
# Changes of the clock, a skipped day, a midnight change, and ordinary weeks.
ANCHORS = (
    datetime(2026, 3, 8, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 4, 5, tzinfo=UTC),
    datetime(2026, 10, 4, tzinfo=UTC),
    datetime(2011, 12, 30, tzinfo=UTC),
    datetime(2018, 11, 4, tzinfo=UTC),
    datetime(2026, 2, 13, tzinfo=UTC),
)
SHAPES = (
    [["09:00", "17:00"]],
    [["08:30", "12:15"], ["13:00", "18:45"]],
    [["00:00", "24:00"]],
    [["22:00", "24:00"], ["00:00", "06:00"]],
    [["01:30", "02:45"]],
    [["23:00", "23:59"]],
    [],
)


def minutes_of(text):
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def open_by_wall_clock(spec, at):
    local = at.astimezone(ZoneInfo(spec["timezone"]))
    day = local.date().isoformat()
    if day in spec["holidays"]:
        return False
    ranges = spec["exceptions"].get(day, spec["weekly"].get(DAYS[local.weekday()], []))
    minute = local.hour * 60 + local.minute
    return any(minutes_of(low) <= minute < minutes_of(high) for low, high in ranges)


def drawn_calendar(draw, anchor):
    weekly = {day: draw.choice(SHAPES) for day in DAYS}
    weekly[draw.choice(DAYS)] = [["09:00", "17:00"]]
    near = [(anchor + timedelta(days=draw.randint(-4, 4))).date().isoformat() for _ in range(3)]
    return {
        "timezone": draw.choice(ZONES),
        "weekly": weekly,
        "holidays": near[:1],
        "exceptions": {near[1]: draw.choice(SHAPES), near[2]: [["10:00", "11:00"]]},
    }


@pytest.mark.parametrize("seed", range(40))
def test_sums_equal_those_of_a_minute_walker(seed):
    draw = random.Random(seed)
    anchor = ANCHORS[seed % len(ANCHORS)]
    spec = drawn_calendar(draw, anchor)
    calendar = BusinessCalendar.from_dict(spec)
    first = anchor - timedelta(days=3)
    minutes = [first + MINUTE * step for step in range(6 * 1440)]
    opened = [open_by_wall_clock(spec, at) for at in minutes]
    worked = [0]
    for is_open in opened:
        worked.append(worked[-1] + is_open)

    for _ in range(50):
        low, high = sorted(draw.sample(range(len(minutes)), 2))
        assert calendar.is_open(minutes[low]) is opened[low]
        total = worked[high] - worked[low]
        assert calendar.between(minutes[low], minutes[high]) == MINUTE * total
        assert calendar.between(minutes[high], minutes[low]) == -MINUTE * total
        if total:
            earliest = next(
                index for index in range(low, high + 1) if worked[index] - worked[low] == total
            )
            assert calendar.add(minutes[low], MINUTE * total) == minutes[earliest]
            latest = next(
                index for index in range(high, low - 1, -1) if worked[high] - worked[index] == 1
            )
            assert calendar.add(minutes[high], -MINUTE) == minutes[latest]
        following = next((index for index in range(low, len(minutes)) if opened[index]), None)
        if following is not None:
            assert calendar.add(minutes[low], timedelta(0)) == minutes[following]


CALENDARS = [
    BusinessCalendar.from_dict(
        {"timezone": zone, "weekly": dict.fromkeys(DAYS[number % 3 :], SHAPES[number % 5])}
    )
    for number, zone in enumerate(ZONES)
]


@settings(max_examples=500, deadline=None)
@given(
    calendar=st.sampled_from(CALENDARS),
    start=st.datetimes(
        min_value=datetime(2010, 1, 1),  # noqa: DTZ001  (hypothesis adds the zone)
        max_value=datetime(2040, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    amount=st.timedeltas(timedelta(microseconds=1), timedelta(hours=40)),
)
def test_time_added_is_the_time_between(calendar, start, amount):
    later = calendar.add(start, amount)
    earlier = calendar.add(start, -amount)

    assert calendar.between(start, later) == amount
    assert calendar.between(earlier, start) == amount
    assert (
        sum((high - low for low, high in calendar.open_intervals(start, later)), timedelta(0))
        == amount
    )
