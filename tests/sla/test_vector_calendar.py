"""The sums on arrays against the scalar calendar, which is the authority."""

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from sla.clock import HORIZON, BusinessCalendar, NoWorkingTimeError
from sla.vector import (
    BeyondTableError,
    VectorCalendar,
    datetimes_of,
    instants_of,
    seconds_of,
    vector_of,
)
from tests.sla.test_clock_properties import ANCHORS, SHAPES, ZONES, drawn_calendar

DAY = timedelta(days=1)
ROWS = 300


def drawn_instants(draw, anchor):
    """Instants around a change of the clock, many of them at hours that open or close."""
    first = anchor - 5 * DAY
    whole = [first + draw.randrange(10 * 96) * timedelta(minutes=15) for _ in range(ROWS // 2)]
    odd = [first + timedelta(microseconds=draw.randrange(10 * 86_400 * 10**6)) for _ in whole]
    return whole + odd


def drawn(seed):
    draw = random.Random(seed)
    anchor = ANCHORS[seed % len(ANCHORS)]
    calendar = BusinessCalendar.from_dict(drawn_calendar(draw, anchor))
    starts = drawn_instants(draw, anchor)
    # A table of its own, so that neither form profits from what the other one expanded.
    arrays = VectorCalendar(
        BusinessCalendar(calendar.hours), start=min(starts), end=max(starts) + 30 * DAY
    )
    return draw, calendar, arrays, starts


@pytest.mark.parametrize("seed", range(40))
def test_arrays_add_what_the_calendar_adds(seed):
    draw, calendar, arrays, starts = drawn(seed)
    amount = timedelta(microseconds=draw.randrange(1, 20 * 3600 * 10**6))

    found = arrays.add(instants_of(starts), amount)

    assert datetimes_of(found) == [calendar.add(start, amount) for start in starts]


@pytest.mark.parametrize("seed", range(40))
def test_arrays_open_and_measure_as_the_calendar_does(seed):
    draw, calendar, arrays, starts = drawn(seed)
    ends = draw.sample(starts, len(starts))

    opened = arrays.opening(instants_of(starts))
    lengths = arrays.between(instants_of(starts), instants_of(ends))

    assert datetimes_of(opened) == [calendar.opening(start) for start in starts]
    assert lengths.tolist() == [
        calendar.between(start, end) for start, end in zip(starts, ends, strict=True)
    ]
    assert seconds_of(lengths) == [length // timedelta(seconds=1) for length in lengths.tolist()]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("days", [0, 1, 14])
def test_arrays_end_days_as_the_calendar_does(seed, days):
    _, calendar, arrays, starts = drawn(seed)

    business = arrays.end_of_business_day(instants_of(starts), days)
    elapsed = arrays.end_of_calendar_day(instants_of(starts), days)

    assert datetimes_of(business) == [calendar.end_of_business_day(at, days) for at in starts]
    assert datetimes_of(elapsed) == [calendar.end_of_calendar_day(at, days) for at in starts]


@pytest.mark.parametrize("percent", [1, 33, 75, 99])
def test_arrays_round_shares_as_the_calendar_does(percent):
    calendar = BusinessCalendar.from_dict({"timezone": ZONES[0], "weekly": {"mon": SHAPES[0]}})
    arrays = VectorCalendar(calendar, start=ANCHORS[0], end=ANCHORS[0])
    amounts = [timedelta(microseconds=number) for number in range(400)]

    found = arrays.share(np.array(amounts, dtype="timedelta64[us]"), percent)

    assert found.tolist() == [calendar.share(amount, percent) for amount in amounts]


def test_arrays_find_places_in_hours_with_a_gap_of_a_minute():
    calendar = BusinessCalendar.from_dict(
        {"timezone": ZONES[2], "weekly": {day: [["00:00", "23:59"]] for day in ("mon", "tue")}}
    )
    first = datetime(2000, 1, 1, tzinfo=UTC)
    starts = [first + number * timedelta(hours=37) for number in range(4_000)]
    arrays = VectorCalendar(calendar, start=first, end=starts[-1])

    found = arrays.add(instants_of(starts), timedelta(hours=5))

    assert datetimes_of(found) == [calendar.add(start, timedelta(hours=5)) for start in starts]


def test_arrays_decline_what_lies_beyond_the_horizon():
    calendar = BusinessCalendar.from_dict(
        {"timezone": "UTC", "exceptions": {"2026-03-02": SHAPES[0], "2028-03-02": SHAPES[0]}}
    )
    start = datetime(2026, 3, 2, 10, tzinfo=UTC)
    arrays = VectorCalendar(calendar, start=start, end=start + timedelta(microseconds=HORIZON))

    with pytest.raises(NoWorkingTimeError):
        calendar.add(start, timedelta(hours=8))
    with pytest.raises(BeyondTableError):
        arrays.add(instants_of([start]), timedelta(hours=8))
    with pytest.raises(BeyondTableError):
        arrays.opening(instants_of([start + 30 * DAY]))
    with pytest.raises(BeyondTableError):
        arrays.end_of_business_day(instants_of([start]), 1)


def test_arrays_are_kept_while_they_cover_what_is_asked_for():
    calendar = BusinessCalendar.from_dict({"timezone": ZONES[0], "weekly": {"mon": SHAPES[0]}})
    kept = vector_of(calendar, start=ANCHORS[0], end=ANCHORS[0] + DAY)

    assert vector_of(calendar, start=ANCHORS[0], end=ANCHORS[0] + DAY) is kept
    assert vector_of(calendar, start=ANCHORS[0], end=ANCHORS[0] + 90 * DAY) is not kept
