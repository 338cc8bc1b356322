"""The words in which the examples of the clock rules are written."""

from tests.sla import scenarios

NYC = {
    "timezone": "America/New_York",
    "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": ["2026-02-16", "2026-05-25"],
    "exceptions": {},
}
FIRST_CONTACT = {
    "clock": "first_contact",
    "start": "assigned",
    "stop": "outreach",
    "amount": 4,
    "unit": "business_hours",
}
OWNER = FIRST_CONTACT | {"scope": "owner"}
REVIEW = {"clock": "sal_review", "start": "mql", "amount": 2, "unit": "business_days"}
ATTEMPTS = {
    "clock": "attempts",
    "start": "assigned",
    "count": 3,
    "amount": 7,
    "unit": "calendar_days",
    "collapse_minutes": 15,
}
DISPOSITION = {"clock": "disposition", "start": "outreach", "amount": 2, "unit": "business_days"}
FINAL = {"clock": "final_disposition", "start": "assigned", "amount": 14, "unit": "calendar_days"}
FEEDBACK = {
    "clock": "marketing_feedback",
    "start": "sales_feedback",
    "stop": "marketing_reply",
    "amount": 5,
    "unit": "business_days",
}
AGE = {"clock": "lead_age_at_handoff", "unit": "calendar_hours", "max": 72}


def local(text):
    """Return `02-06 15:00` as the ISO instant of 2026 in New York."""
    summer = "03-08 03:00" <= text < "11-01 02:00"
    day, clock = text.split(" ")
    clock = clock if clock.count(":") == 2 else f"{clock}:00"
    return f"2026-{day}T{clock}{'-04:00' if summer else '-05:00'}"


def event(kind, at, recorded=None, **rest):
    return {"type": kind, "occurred_at": local(at), "recorded_at": local(recorded or at)} | rest


def tick(at, **rest):
    return {"type": "tick", "at": local(at)} | rest


def judged(policy, *events):
    return scenarios.run({"calendar": NYC, "policy": policy, "events": list(events)})


def assert_has(answer, expected):
    assert {key: answer[key] for key in expected} == expected
