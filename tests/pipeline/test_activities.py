"""Attempts: a person's count, automatic ones do not, and a repeated row is one row."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipeline.choices import ActivityKind, ActivityOutcome, Origin
from pipeline.models import Activity, Round
from pipeline.services.activities import record_activities, record_dispositions
from pipeline.services.rows import ActivityRow, DispositionRow, Refusal, Status
from sla.models import Evidence
from tests.factories.pipeline import DAY, HOUR, MINUTE, NOON, LeadFactory, RepFactory, assigned

pytestmark = pytest.mark.usefixtures("agreement")


def record(*rows, at=NOON + DAY):
    return record_activities(rows=rows, actor="key:1", origin=Origin.API, at=at)


def call(lead, **fields):
    return ActivityRow(
        **{"lead_id": lead.pk, "kind": ActivityKind.CALL, "occurred_at": NOON + HOUR} | fields
    )


def test_an_attempt_sets_the_first_of_its_kind():
    lead = assigned(RepFactory())

    record(
        call(lead),
        call(lead, occurred_at=NOON + 2 * HOUR, outcome=ActivityOutcome.CONNECTED),
        call(lead, occurred_at=NOON + 3 * HOUR, outcome=ActivityOutcome.MEETING_BOOKED),
    )

    current = Round.objects.get(lead=lead)
    assert current.first_attempt_at == NOON + HOUR
    assert current.connected_at == NOON + 2 * HOUR
    assert current.meeting_at == NOON + 3 * HOUR


def test_an_automatic_mail_is_shown_and_counts_for_nothing():
    lead = assigned(RepFactory())

    record(call(lead, kind=ActivityKind.EMAIL, is_automatic=True))

    assert Activity.objects.get().is_automatic
    assert Round.objects.get(lead=lead).first_attempt_at is None
    assert Evidence.objects.get(kind="outreach").payload["automatic"] is True


def test_a_row_known_by_its_source_is_left_alone():
    lead = assigned(RepFactory())
    row = call(lead, source="dialer", external_id="c-1")
    (first,) = record(row)

    second, third = record(row, call(lead, source="dialer", external_id="c-2"))

    assert (second.status, second.activity_id) == (Status.UNCHANGED, first.activity_id)
    assert third.status == Status.CREATED
    assert Activity.objects.count() == 2


def test_a_row_twice_in_one_call_is_one_row():
    lead = assigned(RepFactory())
    row = call(lead, source="dialer", external_id="c-1")

    first, second = record(row, row)

    assert (first.status, second.status) == (Status.CREATED, Status.UNCHANGED)
    assert first.activity_id == second.activity_id


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        pytest.param({"lead_id": 10**9}, Refusal.UNKNOWN_LEAD, id="unknown lead"),
        pytest.param({"rep_id": 10**9}, Refusal.UNKNOWN_REP, id="unknown rep"),
        pytest.param({"occurred_at": NOON + DAY + 5 * MINUTE}, Refusal.FUTURE, id="future"),
    ],
)
def test_a_bad_row_is_refused_alone(fields, code):
    lead = assigned(RepFactory())

    bad, good = record(call(lead, **fields), call(lead))

    assert (bad.status, bad.code) == (Status.REFUSED, code)
    assert good.status == Status.CREATED


def test_working_said_twice_for_one_instant_is_one_fact():
    lead = assigned(RepFactory())
    row = DispositionRow(lead_id=lead.pk, occurred_at=NOON + HOUR)

    for _ in range(2):
        record_dispositions(rows=[row], actor="key:1", origin=Origin.API, at=NOON + DAY)

    assert Evidence.objects.filter(payload__value="working").count() == 1


def test_a_lead_in_nurture_is_not_worked():
    lead = LeadFactory()

    (result,) = record_dispositions(
        rows=[DispositionRow(lead_id=lead.pk)], actor="key:1", origin=Origin.API, at=NOON
    )

    assert result.code == Refusal.STAGE


def test_the_number_of_statements_does_not_depend_on_the_number_of_rows():
    lead = assigned(RepFactory())
    record(call(lead))
    counts = []

    for start, count in ((1, 1), (10, 20)):
        rows = [
            call(
                lead, occurred_at=NOON + (start + number) * MINUTE, external_id=f"{start}-{number}"
            )
            for number in range(count)
        ]
        with CaptureQueriesContext(connection) as captured:
            record(*rows)
        counts.append(len(captured))

    assert counts[0] == counts[1]
