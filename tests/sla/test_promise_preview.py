"""What a promise means on the calendar, while it is still being written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from definitions import services
from sla.choices import ClockKind, Unit
from sla.clock import BusinessCalendar
from sla.selectors.preview import dues
from sla.services import ensure_default_calendar
from tests.factories.definitions import NOON
from tests.factories.people import OrganizationFactory, person

WEEKDAYS = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
CALENDAR = BusinessCalendar.from_dict(
    {"timezone": "Europe/Berlin", "weekly": WEEKDAYS, "holidays": [], "exceptions": {}}
)
AT = datetime(2026, 3, 3, 15, tzinfo=UTC)
PREVIEW = "/promises/sla/preview/commitments/first_contact/"


@pytest.mark.parametrize(
    ("unit", "amount", "expected"),
    [
        pytest.param(
            Unit.BUSINESS_HOURS,
            4,
            ["Tue 10:00 \u2192 due Tue 14:00", "Fri 16:30 \u2192 due Mon 12:30",
             "Sat 11:00 \u2192 due Mon 13:00"],
            id="business hours",
        ),
        pytest.param(
            Unit.BUSINESS_DAYS,
            1,
            ["Tue 10:00 \u2192 due Wed 17:00", "Fri 16:30 \u2192 due Mon 17:00",
             "Sat 11:00 \u2192 due Tue 17:00"],
            id="business days",
        ),
        pytest.param(
            Unit.CALENDAR_HOURS,
            24,
            ["Tue 10:00 \u2192 due Wed 10:00", "Fri 16:30 \u2192 due Sat 16:30",
             "Sat 11:00 \u2192 due Sun 11:00"],
            id="calendar hours",
        ),
        pytest.param(
            Unit.CALENDAR_DAYS,
            7,
            ["Tue 10:00 \u2192 due by the end of Tue 17 Mar",
             "Fri 16:30 \u2192 due by the end of Fri 20 Mar",
             "Sat 11:00 \u2192 due by the end of Sat 21 Mar"],
            id="calendar days",
        ),
        pytest.param(
            Unit.BUSINESS_HOURS,
            10_000,
            ["Tue 10:00 \u2192 due later than the calendar reaches",
             "Fri 16:30 \u2192 due later than the calendar reaches",
             "Sat 11:00 \u2192 due later than the calendar reaches"],
            id="past the horizon",
        ),
    ],
)  # fmt: skip
def test_three_typical_starts(unit, amount, expected):
    found = dues(kind=ClockKind.FIRST_CONTACT, unit=unit, amount=amount, calendar=CALENDAR, at=AT)

    assert [one.sentence for one in found] == [f"Assigned {words}" for words in expected]


@pytest.fixture
def rita(db, client):
    OrganizationFactory()
    services.install_defaults(at=NOON)
    ensure_default_calendar(at=NOON)
    rita = person("rita")
    client.force_login(rita, backend="revops.people.backends.RoleBackend")
    return rita


PROMISE = {"body-kind": "first_contact", "body-unit": "business_hours",
           "body-allowance_amount": "4"}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({}, "Assigned Fri 16:30 \u2192 due Mon 12:30", id="hours"),
        pytest.param({"body-unit": "per_month"}, "first to the last day of a month", id="volume"),
        pytest.param(
            {"body-unit": "at_handoff", "body-allowance_amount": ""},
            "judged once, in the moment a lead is first assigned",
            id="gate",
        ),
        pytest.param({"body-allowance_amount": ""}, "how much time is allowed", id="empty"),
        pytest.param({"body-allowance_amount": "9" * 40}, "how much time is allowed", id="huge"),
        pytest.param({"body-unit": "fortnights"}, "what the time is counted in", id="no unit"),
        pytest.param({"body-kind": "whim"}, "what the time is counted in", id="no kind"),
    ],
)
def test_preview_follows_the_form(changes, words, client, rita):
    answer = client.post(PREVIEW, {**PROMISE, **changes})

    assert answer.status_code == 200
    assert words in answer.content.decode()


@pytest.mark.parametrize("key", ["mara", "sam", "vera", "ed"])
def test_only_revops_previews(key, client, rita):
    client.force_login(person(key), backend="revops.people.backends.RoleBackend")

    assert client.post(PREVIEW, PROMISE).status_code == 403


def test_other_addresses_are_not_found(client, rita):
    assert client.post("/promises/definitions/preview/mql/", PROMISE).status_code == 404
    assert client.post("/promises/sla/preview/purpose/", PROMISE).status_code == 404
