"""The shared business-time vectors, when the folder with the shared data is beside the project."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sla.clock import BusinessCalendar

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "clock"
FILES = ("edge.json", "peer.json", "random.json")


def vectors():
    if not FOLDER.is_dir():
        return [pytest.param(None, marks=pytest.mark.skip(reason="shared data is absent"))]
    return [
        pytest.param(vector, id=vector["id"])
        for name in FILES
        for vector in json.loads((FOLDER / name).read_text())["vectors"]
    ]


def answer(vector):
    calendar = BusinessCalendar.from_dict(vector["calendar"])
    start = datetime.fromisoformat(vector["start"])
    match vector:
        case {"kind": "is_open"}:
            return calendar.is_open(start)
        case {"kind": "between", "end": end}:
            return calendar.between(start, datetime.fromisoformat(end)).total_seconds()
        case {"amount_seconds": seconds}:
            backward = vector.get("direction") == "backward"
            return calendar.add(start, timedelta(seconds=seconds), backward=backward)
        case {"amount_days": days, "unit_semantics": "business_days_end_of_day"}:
            return calendar.end_of_business_day(start, days)
        case {"amount_days": days, "unit_semantics": "business_days_same_time"}:
            return calendar.same_time(start, days)
    raise AssertionError(f"unknown vector {vector}")


@pytest.mark.parametrize("vector", vectors())
def test_calendar_gives_the_shared_vector(vector):
    expected = vector["expected"]
    if isinstance(expected, str):
        expected = datetime.fromisoformat(expected)

    assert answer(vector) == expected
