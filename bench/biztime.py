"""Business time: scalar and vector sums against other libraries, and whether they are right."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.harness import AT_LEAST, AT_MOST, Line, Ratio, seconds
from sla.clock import BusinessCalendar
from sla.vector import VectorCalendar

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2026, 1, 1, tzinfo=UTC)
YEARS = timedelta(days=4 * 365)
HOURS = {
    "timezone": "America/New_York",
    "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": ["2026-02-16", "2026-05-25", "2026-11-26", "2026-12-25"],
    "exceptions": {},
}
FOUR_HOURS = timedelta(hours=4)
VECTOR_ROWS = 100_000
SCALAR_ROWS = {"s": 2_000, "m": 5_000, "l": 20_000}


def run(*, scale: str, rounds: int) -> list[Line]:
    """Measure G1.1 to G1.4."""
    calendar = BusinessCalendar.from_dict(HOURS)
    draw = random.Random(1)  # noqa: S311 (no secret)
    starts = [
        START + timedelta(seconds=draw.randrange(300 * 86_400)) for _ in range(SCALAR_ROWS[scale])
    ]
    lines = [*scalar(calendar, starts, rounds=rounds)]
    lines += [vector(calendar, rounds=rounds), flat(calendar, rounds=rounds)]
    lines.append(mismatches(draws=SCALAR_ROWS[scale]))
    return lines


def scalar(calendar: BusinessCalendar, starts: list[datetime], *, rounds: int) -> list[Line]:
    """Return how many times faster one `add` is than each peer's."""
    found = []
    for title, target, make in (
        ("scalar add against businesstimedelta", 40, businesstimedelta_add),
        ("scalar add against pandas CustomBusinessHour", 20, pandas_add),
    ):
        ratio = Ratio("G1.1", title, AT_LEAST, target)
        try:
            peer = make()
        except ImportError as error:
            ratio.note = f"{error.name} is not installed"
            found.append(ratio.line())
            continue
        few = starts[:200]
        for _ in range(rounds):
            theirs = seconds(lambda: [peer(start) for start in few]) / len(few)  # noqa: B023
            ours = seconds(lambda: [calendar.add(start, FOUR_HOURS) for start in starts])
            ratio.add(theirs / (ours / len(starts)), floor=ours)
        found.append(ratio.line())
    return found


def businesstimedelta_add() -> Callable[[datetime], Any]:
    """Return the peer's sum of four business hours."""
    import businesstimedelta  # noqa: PLC0415
    import pytz  # noqa: PLC0415

    rule = businesstimedelta.WorkDayRule(
        start_time=datetime(2026, 1, 1, 9).time(),  # noqa: DTZ001
        end_time=datetime(2026, 1, 1, 17).time(),  # noqa: DTZ001
        working_days=[0, 1, 2, 3, 4],
        tz=pytz.timezone("America/New_York"),
    )
    closed = [date.fromisoformat(day) for day in HOURS["holidays"]] + [date(2029, 1, 1)]
    rules = businesstimedelta.Rules(
        [rule, businesstimedelta.HolidayRule(closed, tz=pytz.timezone("America/New_York"))]
    )
    amount = businesstimedelta.BusinessTimeDelta(rules, hours=4)
    return lambda start: start + amount


def pandas_add() -> Callable[[datetime], Any]:
    """Return the peer's sum of four business hours."""
    import pandas as pd  # type: ignore[import-untyped] # noqa: PLC0415

    offset = pd.offsets.CustomBusinessHour(
        n=4, start="09:00", end="17:00", holidays=HOURS["holidays"]
    )
    zone = HOURS["timezone"]
    return lambda start: pd.Timestamp(start).tz_convert(zone).tz_localize(None) + offset


def vector(calendar: BusinessCalendar, *, rounds: int) -> Line:
    """Return the time of a vector sum per time of numpy's day offset."""
    ratio = Ratio("G1.2", "vector add against numpy busday_offset, 100,000 rows", AT_MOST, 4)
    draw = np.random.default_rng(1)
    base = int(START.timestamp()) * 1_000_000
    instants = (base + draw.integers(0, 300 * 86_400_000_000, VECTOR_ROWS)).view("datetime64[us]")
    days = instants.astype("datetime64[D]")
    table = VectorCalendar(calendar, start=START, end=START + timedelta(days=400))
    busdays = np.busdaycalendar(holidays=HOURS["holidays"])
    for _ in range(rounds):
        floor = seconds(
            lambda: np.busday_offset(days, 1, roll="forward", busdaycal=busdays), repeat=3
        )
        ours = seconds(lambda: table.add(instants, FOUR_HOURS), repeat=3)
        ratio.add(ours / floor, floor=floor)
    return ratio.line()


def flat(calendar: BusinessCalendar, *, rounds: int) -> Line:
    """Return the time of `between` over four years per time over one day."""
    ratio = Ratio("G1.3", "between over four years against one day", AT_MOST, 1.5)
    calendar.between(START, START + YEARS)
    day = timedelta(days=1)
    for _ in range(rounds):
        floor = seconds(lambda: calendar.between(START, START + day), repeat=20_000)
        ours = seconds(lambda: calendar.between(START, START + YEARS), repeat=20_000)
        ratio.add(ours / floor, floor=floor)
    return ratio.line()


def mismatches(*, draws: int) -> Line:
    """Return how often adding and measuring disagree, over zones with every kind of change."""
    draw = random.Random(2)  # noqa: S311 (no secret)
    wrong = 0
    for zone in ("America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Europe/Berlin"):
        calendar = BusinessCalendar.from_dict(
            {"timezone": zone, "weekly": {day: [["00:30", "23:00"]] for day in HOURS["weekly"]}}
        )
        for _ in range(draws // 4):
            start = START + timedelta(seconds=draw.randrange(700 * 86_400))
            amount = timedelta(seconds=draw.randrange(1, 200 * 3600))
            wrong += calendar.between(start, calendar.add(start, amount)) != amount
    return Line("G1.4", f"between(a, add(a, n)) != n in {draws:,} draws", AT_MOST, 0, float(wrong))
