"""How a month of MQLs goes, by the business days of the promise's calendar."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from sla.clock import BusinessCalendar
from sla.fold import pace
from tests.factories.sla import NEW_YORK

HOURS = BusinessCalendar.from_dict(NEW_YORK)


def stand(counted, day, hour):
    at = datetime(2026, 2, day, hour, tzinfo=ZoneInfo("America/New_York"))
    return pace(month=date(2026, 2, 1), target=120, counted=counted, calendar=HOURS, at=at)


@pytest.mark.parametrize(
    ("counted", "day", "hour", "words"),
    [
        pytest.param(0, 1, 12, "0 so far", id="no business day has gone"),
        pytest.param(4, 2, 16, "4 so far", id="the first is not over"),
        pytest.param(55, 17, 8, "55 of 63 expected by today, at risk", id="below nine tenths"),
        pytest.param(57, 17, 8, "57 of 63 expected by today", id="at nine tenths"),
        pytest.param(70, 17, 8, "70 of 63 expected by today", id="ahead"),
    ],
)
def test_pace_is_said_in_business_days(counted, day, hour, words):
    assert stand(counted, day, hour).words == words


def test_a_holiday_is_no_day_of_the_pace():
    before, after = stand(55, 16, 8), stand(55, 17, 8)

    assert (before.elapsed_days, after.elapsed_days, after.business_days) == (10, 10, 19)


def test_where_there_is_little_room_the_pace_is_said_short():
    assert stand(55, 17, 8).short == "55 of 63, at risk"
    assert stand(70, 17, 8).short == "70 of 63 by today"
