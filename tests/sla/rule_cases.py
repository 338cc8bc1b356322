"""The examples of the clock rules as scenarios."""

from tests.sla.rule_words import (
    AGE,
    ATTEMPTS,
    DISPOSITION,
    FEEDBACK,
    FINAL,
    FIRST_CONTACT,
    REVIEW,
    event,
    local,
    tick,
)

CASES_OF_TIME = {
    "R1 a call after closing is in time": (
        FIRST_CONTACT,
        [event("assigned", "02-03 13:00"), event("outreach", "02-03 17:20")],
        {"due_at": local("02-03 17:00"), "breach_at": local("02-04 09:00"), "status": "met"},
    ),
    "R1 an evening before a long weekend": (
        FIRST_CONTACT,
        [event("assigned", "02-13 19:30")],
        {"due_at": local("02-17 13:00"), "status": "pending"},
    ),
    "R1 one second late is late": (
        FIRST_CONTACT,
        [event("assigned", "02-06 15:00"), event("outreach", "02-09 11:00:01")],
        {"status": "met_late", "late_business_seconds": 1, "breach_rows": 1},
    ),
    "R1 a sequence is not a contact": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            event("outreach", "02-06 15:01", channel="sequence"),
            tick("02-09 11:01"),
        ],
        {"status": "breached_open"},
    ),
    "R1 twenty-four calendar hours": (
        FIRST_CONTACT | {"amount": 24, "unit": "calendar_hours"},
        [event("assigned", "02-06 15:00"), event("outreach", "02-07 15:00")],
        {"due_at": local("02-07 15:00"), "breach_at": local("02-07 15:00"), "status": "met"},
    ),
    "R2 after closing counts from the next day": (
        REVIEW,
        [event("mql", "02-12 18:20")],
        {"due_at": local("02-18 17:00")},
    ),
    "R2 a second before closing": (
        REVIEW,
        [event("mql", "02-02 16:59:59")],
        {"due_at": local("02-04 17:00")},
    ),
    "R2 at closing": (REVIEW, [event("mql", "02-02 17:00")], {"due_at": local("02-05 17:00")}),
    "R2 met until the next opening": (
        REVIEW,
        [event("mql", "02-07 11:00"), event("sal_accepted", "02-12 08:59:59")],
        {"due_at": local("02-11 17:00"), "status": "met"},
    ),
    "R2 the next opening is late": (
        REVIEW,
        [event("mql", "02-07 11:00"), event("sal_accepted", "02-12 09:00")],
        {"status": "met_late"},
    ),
    "R2 a rejection without reason is refused and stops nothing": (
        REVIEW,
        [event("mql", "02-07 11:00"), event("sal_rejected", "02-09 10:00", reason=None)],
        {"status": "pending", "api": "refused (422)", "events_stored": 1},
    ),
    "R2 a rejection with reason stops": (
        REVIEW,
        [event("mql", "02-07 11:00"), event("sal_rejected", "02-09 10:00", reason="not_icp")],
        {"status": "met"},
    ),
    "R3 seven wall-clock days over the change of clocks": (
        ATTEMPTS,
        [event("assigned", "03-06 15:00")],
        {"due_at": local("03-14 00:00")},
    ),
    "R3 the first contact does not count unless agreed": (
        ATTEMPTS | {"includes_first": False},
        [
            event("assigned", "02-06 15:00"),
            event("outreach", "02-09 10:00", channel="call"),
            event("outreach", "02-10 10:00", channel="email"),
            event("outreach", "02-11 10:00", channel="call"),
            tick("02-14 00:00:01"),
        ],
        {"status": "breached_open", "attempts_counted": 2},
    ),
    "R3 collapse measures from the last counted attempt": (
        ATTEMPTS,
        [
            event("assigned", "02-06 15:00"),
            event("outreach", "02-09 10:00", channel="call"),
            event("outreach", "02-09 10:14", channel="call"),
            event("outreach", "02-09 10:15", channel="call"),
        ],
        {"status": "pending", "attempts_counted": 2},
    ),
    "R3 at midnight it is too late": (
        ATTEMPTS | {"count": 1},
        [event("assigned", "02-06 15:00"), event("outreach", "02-14 00:00")],
        {"status": "met_late"},
    ),
    "R3 a conversation meets it early": (
        ATTEMPTS,
        [
            event("assigned", "02-06 15:00"),
            event("outreach", "02-09 10:00", channel="call", outcome="connected"),
        ],
        {"status": "met"},
    ),
    "R3 accepting does not cancel": (
        ATTEMPTS,
        [event("assigned", "02-06 15:00"), event("sal_accepted", "02-09 10:00")],
        {"status": "pending"},
    ),
    "R3 an SQL cancels": (
        ATTEMPTS,
        [event("assigned", "02-06 15:00"), event("disposition", "02-09 10:00", value="sql")],
        {"status": "cancelled", "cancel_reason": "terminal_disposition"},
    ),
    "R4 an outcome is due two days after the first outreach": (
        DISPOSITION,
        [event("assigned", "02-06 15:00"), event("outreach", "02-10 11:00")],
        {"due_at": local("02-12 17:00"), "status": "pending"},
    ),
    "R4 working is an outcome": (
        DISPOSITION,
        [
            event("assigned", "02-06 15:00"),
            event("outreach", "02-10 11:00"),
            event("disposition", "02-12 16:00", value="working"),
        ],
        {"status": "met"},
    ),
    "R4 without outreach it never starts": (
        DISPOSITION,
        [event("assigned", "02-06 15:00"), tick("02-20 12:00")],
        {"status": "not_started", "breach_rows": 0},
    ),
    "R4 accepted is not final": (
        FINAL,
        [event("assigned", "02-06 15:00"), event("disposition", "02-09 10:00", value="accepted")],
        {"due_at": local("02-21 00:00"), "status": "pending"},
    ),
    "R4 judged by when it happened, not by when the job ran": (
        DISPOSITION,
        [
            event("outreach", "02-10 11:00"),
            event("disposition", "02-13 10:00", value="working"),
        ],
        {"status": "met_late", "breach_rows": 1, "late_business_seconds": 3600},
    ),
    "R5 five business days over a holiday": (
        FEEDBACK,
        [event("sales_feedback", "02-12 16:30")],
        {"due_at": local("02-20 17:00"), "status": "pending"},
    ),
    "R5 a reply stops it": (
        FEEDBACK,
        [event("sales_feedback", "02-12 16:30"), event("marketing_reply", "02-20 17:30")],
        {"status": "met"},
    ),
    "R6 elapsed hours over the change of clocks": (
        AGE,
        [event("captured", "03-06 12:00"), event("assigned", "03-09 12:30")],
        {"age_seconds": 257400, "status": "met"},
    ),
    "R6 an unknown age is not zero": (
        AGE,
        [event("assigned", "03-09 12:30")],
        {"age_seconds": None, "status": "unknown", "breach_rows": 0},
    ),
    "R7 a pause of days moves the due date by open dates": (
        DISPOSITION,
        [
            event("outreach", "02-10 11:00"),
            event("paused", "02-11 10:00", reason="waiting_on_marketing"),
            event("resumed", "02-13 14:00"),
        ],
        {"due_at": local("02-17 17:00"), "status": "pending"},
    ),
    "R7 a pause outside business hours changes nothing": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            event("paused", "02-06 18:00", reason="waiting_on_marketing"),
            event("resumed", "02-08 12:00"),
        ],
        {"due_at": local("02-09 11:00")},
    ),
    "R7 a running pause breaches nothing": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            event("paused", "02-06 16:00", reason="waiting_on_marketing"),
            tick("02-10 12:00"),
        ],
        {"status": "pending", "breach_at": None},
    ),
    "R7 a pause ends by itself at its cap": (
        FIRST_CONTACT,
        [
            event("assigned", "02-02 15:00"),
            event("paused", "02-02 16:00", reason="waiting_on_marketing"),
            tick("02-20 12:00"),
        ],
        {"due_at": local("02-18 12:00"), "status": "breached_open"},
    ),
    "R7 a pause after the miss washes nothing": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            tick("02-09 11:01"),
            event("paused", "02-09 12:00", reason="waiting_on_marketing"),
            event("resumed", "02-10 12:00"),
        ],
        {"due_at": local("02-09 11:00"), "status": "breached_open", "breach_rows": 1},
    ),
}

CASES_OF_CHANGE = {
    "R9 a new holiday does not move a running clock": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            event("calendar_holiday_added", "02-08 12:00", date="2026-02-09"),
        ],
        {"due_at": local("02-09 11:00")},
    ),
    "R9 a re-plan does, and keeps the old due time": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            event("calendar_holiday_added", "02-08 12:00", date="2026-02-09"),
            event("replan", "02-08 12:05", by="revops", reason="snow day"),
        ],
        {"due_at": local("02-10 11:00"), "previous_due_at": local("02-09 11:00")},
    ),
    "R10 a start after the change follows the new version": (
        FIRST_CONTACT,
        [event("policy_version", "02-06 14:00", amount=2), event("assigned", "02-06 15:00")],
        {"due_at": local("02-06 17:00"), "policy_version": 2},
    ),
    "R11 a call posted late takes the breach back": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            tick("02-09 11:01"),
            event("outreach", "02-09 10:52", "02-09 13:20", source="dialer", source_id="c-1"),
        ],
        {
            "status": "met",
            "business_seconds": 13920,
            "breach_rows": 1,
            "breach_rescinded": True,
        },
    ),
    "R11 a voided call brings it back": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            tick("02-09 11:01"),
            event("outreach", "02-09 10:52", "02-09 13:20", source="dialer", source_id="c-1"),
            event("void", "02-10 09:30", source_id="c-1"),
        ],
        {
            "due_at": local("02-09 11:00"),
            "status": "breached_open",
            "breach_rows": 1,
            "breach_rescinded": False,
        },
    ),
    "R11 a void may arrive first": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            event("void", "02-09 09:00", source="dialer", source_id="c-1"),
            event("outreach", "02-09 10:00", "02-09 10:30", source="dialer", source_id="c-1"),
            tick("02-09 11:01"),
        ],
        {"status": "breached_open"},
    ),
    "R11 a contact before the assignment stops nothing": (
        FIRST_CONTACT,
        [event("outreach", "02-06 14:00"), event("assigned", "02-06 15:00")],
        {"status": "pending"},
    ),
    "R12 given up after the miss": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            event("disposition", "02-09 12:00", value="rejected", reason="not_icp"),
        ],
        {"status": "breached_closed", "breach_rows": 1},
    ),
    "R12 given up in time": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            event("disposition", "02-09 10:00", value="rejected", reason="not_icp"),
        ],
        {"status": "cancelled", "breach_rows": 0},
    ),
    "R13 another body under the same id is refused": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            event("outreach", "02-09 09:10", source="crm", source_id="a"),
            event("outreach", "02-09 09:40", source="crm", source_id="a"),
        ],
        {"status": "met", "api": "refused (409)", "events_stored": 2},
    ),
    "R15 the survivor takes the earliest start and stop": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00", lead="A"),
            event("assigned", "02-09 09:30", lead="B"),
            event("outreach", "02-09 10:00", lead="B"),
            event("merge", "02-09 10:30", **{"from": "B", "into": "A"}),
        ],
        {"breach_rows": 0},
    ),
    "R16 a requalification within a day reopens the cycle": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            event("recycled", "02-06 16:00"),
            event("mql", "02-07 12:00"),
            event("assigned", "02-07 12:05"),
            tick("02-09 11:01"),
        ],
        {"due_at": local("02-09 11:00"), "status": "breached_open", "cancel_reason": None},
    ),
    "R16 a call of the first cycle cannot stop the second": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00", cycle=1),
            event("recycled", "02-10 10:00"),
            event("mql", "05-22 10:00", cycle=2),
            event("assigned", "05-22 15:30", cycle=2),
            event("outreach", "05-22 16:00", cycle=1),
        ],
        {"due_at": local("05-26 11:30"), "status": "pending"},
    ),
    "R17 four hours over the change of clocks": (
        FIRST_CONTACT,
        [event("assigned", "03-06 15:00")],
        {"due_at": local("03-09 11:00")},
    ),
    "R18 the pace of a month": (
        {"clock": "monthly_mql_volume", "target": 120, "month": "2026-02"},
        [tick("02-17 08:00", mql_count=55)],
        {
            "business_days_in_month": 19,
            "business_days_elapsed": 10,
            "expected_by_now": 63.2,
            "status": "at_risk",
        },
    ),
    "R18 the last evening is February": (
        {"clock": "monthly_mql_volume", "target": 1, "month": "2026-02"},
        [event("mql", "02-28 23:30"), tick("03-04 17:00:01")],
        {"counted_in": "2026-02", "status": "met", "due_at": local("03-01 00:00")},
    ),
    "R18 a month below the promise is missed when it closes": (
        {"clock": "monthly_mql_volume", "target": 2, "month": "2026-02"},
        [
            event("mql", "02-27 23:30", lead="A"),
            event("mql", "02-27 23:30", lead="B"),
            event("recall", "03-02 10:00", lead="B", reason="duplicate"),
            tick("03-04 17:00:01"),
        ],
        {"status": "breached_closed", "breach_rows": 1},
    ),
    "a recall cancels what still runs": (
        FIRST_CONTACT,
        [event("assigned", "02-06 15:00"), event("recall", "02-06 16:00", reason="test")],
        {"status": "cancelled", "cancel_reason": "recalled"},
    ),
    "an excuse keeps the row": (
        FIRST_CONTACT,
        [
            event("assigned", "02-06 15:00"),
            tick("02-09 11:01"),
            event("excuse", "02-10 10:00", reason="phones were down"),
        ],
        {"status": "excused", "breach_rows": 1, "breach_rescinded": False},
    ),
}

CASES = CASES_OF_TIME | CASES_OF_CHANGE
