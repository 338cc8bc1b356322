"""Business time: scalar and vector sums against other libraries, and whether they are right."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bench.harness import AT_LEAST, AT_MOST, Line, Ratio, seconds
from sla import fold
from sla.clock import BusinessCalendar

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
    """Measure G1.1 to G1.4 and the speed of the fold."""
    calendar = BusinessCalendar.from_dict(HOURS)
    draw = random.Random(1)  # noqa: S311 (no secret)
    starts = [
        START + timedelta(seconds=draw.randrange(300 * 86_400)) for _ in range(SCALAR_ROWS[scale])
    ]
    lines = [*scalar(calendar, starts, rounds=rounds)]
    lines += [vector(calendar, rounds=rounds), flat(calendar, rounds=rounds)]
    lines += [mismatches(draws=SCALAR_ROWS[scale]), folding(calendar, rounds=rounds)]
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
    try:
        import numpy as np  # noqa: PLC0415
    except ImportError:
        ratio.note = "numpy is not installed"
        return ratio.line()
    from bench.vector import VectorCalendar  # noqa: PLC0415

    draw = np.random.default_rng(1)
    base = int(START.timestamp()) * 1_000_000
    instants = base + draw.integers(0, 300 * 86_400_000_000, VECTOR_ROWS)
    days = instants.astype("datetime64[us]").astype("datetime64[D]")
    table = VectorCalendar(calendar, start=START, end=START + timedelta(days=400))
    amount = 4 * 3600 * 1_000_000
    busdays = np.busdaycalendar(holidays=HOURS["holidays"])
    for _ in range(rounds):
        floor = seconds(
            lambda: np.busday_offset(days, 1, roll="forward", busdaycal=busdays), repeat=3
        )
        ours = seconds(lambda: table.add(instants, amount), repeat=3)
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


def folding(calendar: BusinessCalendar, *, rounds: int) -> Line:
    """Return clocks folded per second: leads with an assignment, a call and a rejection."""
    rate = Ratio("fold", "clocks folded per second, in thousands", AT_LEAST, 10)
    terms = fold.Terms(
        agreements=[
            fold.Agreement(
                version=1,
                effective_from=START - YEARS,
                enforced=True,
                promises=tuple(
                    fold.Promise(
                        key=kind,
                        kind=kind,
                        unit=unit,
                        version=1,
                        amount=amount,
                        count=3,
                        calendar=1,
                    )
                    for kind, unit, amount in (
                        ("first_contact", "business_hours", 4),
                        ("sal_review", "business_days", 2),
                        ("attempts", "calendar_days", 7),
                        ("disposition", "business_days", 2),
                        ("final_disposition", "calendar_days", 14),
                    )
                ),
            )
        ],
        calendars=[
            fold.CalendarVersion(key=1, calendar=1, effective_from=START - YEARS, hours=calendar)
        ],
    )
    facts = [
        fold.Fact(
            key=4 * lead + place,
            lead=lead,
            kind=kind,
            occurred_at=START + timedelta(hours=lead % 5_000, minutes=70 * place),
            recorded_at=START + timedelta(hours=lead % 5_000, minutes=70 * place),
            payload={"value": "rejected", "reason": "not_icp"} if kind == "disposition" else {},
        )
        for lead in range(500)
        for place, kind in enumerate(("mql", "assigned", "outreach", "disposition"))
    ]
    clocks = len(fold.fold(facts=facts, terms=terms, at=START + YEARS))
    for _ in range(rounds):
        took = seconds(lambda: fold.fold(facts=facts, terms=terms, at=START + YEARS))
        rate.add(clocks / took / 1000, floor=took)
    return rate.line()
