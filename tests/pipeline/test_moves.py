"""The one writer of transitions: outcomes, refusals per row, history in any order."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipeline.choices import Designation, Origin, QualityFlag, Stage
from pipeline.models import Lead, LeadNote, Round, Transition
from pipeline.services.moves import move_rounds
from pipeline.services.reconcile import reconcile_rounds
from pipeline.services.rows import Move, Refusal, Status
from revops.outbox.models import Message
from sla.models import Evidence
from tests.factories.pipeline import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    LeadFactory,
    RepFactory,
    assigned,
    mql,
)

pytestmark = pytest.mark.usefixtures("agreement")


def run(*moves, at=NOON + 30 * DAY, is_history=False, origin=Origin.FORM):
    return move_rounds(
        moves=moves, actor="system:test", origin=origin, at=at, is_history=is_history
    )


def refused(move):
    (result,) = run(move)
    assert result.status == Status.REFUSED
    assert result.message
    return result.code


def test_an_mql_begins_the_first_round():
    lead = LeadFactory(fit_score=80, intent_score=60)

    (result,) = run(Move(lead_id=lead.pk, to=Stage.MQL), at=NOON)

    current = Round.objects.get(lead=lead)
    lead.refresh_from_db()
    assert result.status == Status.CREATED
    assert (current.number, current.stage, current.mql_at) == (1, Stage.MQL, NOON)
    assert current.current_transition_id == result.transition_id
    assert (current.fit_score, lead.stage) == (80, Stage.MQL)


def test_a_reject_keeps_reason_version_and_note():
    lead = mql()

    (result,) = run(Move(lead_id=lead.pk, to=Stage.REJECTED, reason="no_need", note=" Happy "))

    row = Transition.objects.get(pk=result.transition_id)
    assert (row.reason.code, row.reason_purpose) == ("no_need", "reject")
    assert row.definitions_version_id == row.reason.version_id
    assert LeadNote.objects.get(transition=row).text == "Happy"
    assert Lead.objects.get(pk=lead.pk).stage == Stage.REJECTED


def test_a_reject_tells_clocks_and_outbox_in_the_same_transaction():
    lead = mql()

    (result,) = run(Move(lead_id=lead.pk, to=Stage.REJECTED, reason="no_need"))

    told = Evidence.objects.get(source="transition", source_id=str(result.transition_id))
    assert (told.kind, told.payload["value"], told.payload["reason"]) == (
        "disposition", "rejected", "no_need",
    )  # fmt: skip
    assert Message.objects.get(kind="lead.rejected", channel="app").payload["lead"] == lead.pk


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        pytest.param({"reason": ""}, Refusal.REASON_REQUIRED, id="no reason"),
        pytest.param({"reason": "   "}, Refusal.REASON_REQUIRED, id="spaces"),
        pytest.param({"reason": "made_up"}, Refusal.REASON_UNKNOWN, id="invented"),
        pytest.param({"reason": "price"}, Refusal.REASON_UNKNOWN, id="another list's"),
        pytest.param({"reason": "not_recorded"}, Refusal.REASON_HISTORY_ONLY, id="history only"),
        pytest.param({"reason": "other"}, Refusal.NOTE_REQUIRED, id="other without text"),
        pytest.param({"reason": "not_now"}, Refusal.DATE_REQUIRED, id="not now without a date"),
        pytest.param({"reason": "unreachable"}, Refusal.ATTEMPTS_REQUIRED, id="unreachable"),
    ],
)
def test_a_reject_is_refused(fields, code):
    lead = mql()

    assert refused(Move(lead_id=lead.pk, to=Stage.REJECTED, **fields)) == code
    assert Lead.objects.get(pk=lead.pk).stage == Stage.MQL


def test_sql_asks_for_the_whole_checklist():
    lead = mql()
    move = Move(lead_id=lead.pk, to=Stage.SQL, checklist={"budget": True, "need": True})

    assert refused(move) == Refusal.CHECKLIST_REQUIRED


def test_sql_implies_the_accept_at_the_same_instant():
    lead = assigned(RepFactory())
    confirmed = dict.fromkeys(("budget", "authority", "need", "timeline"), True)

    run(Move(lead_id=lead.pk, to=Stage.SQL, checklist=confirmed), at=NOON + HOUR)

    current = Round.objects.get(lead=lead)
    implied = Transition.objects.get(round=current, to_stage=Stage.ACCEPTED)
    assert implied.is_implied
    assert (current.accepted_at, current.sql_at) == (NOON + HOUR, NOON + HOUR)
    assert current.first_decision == Stage.ACCEPTED


def test_a_second_accept_is_refused():
    lead = assigned(RepFactory())
    run(Move(lead_id=lead.pk, to=Stage.ACCEPTED), at=NOON + DAY)

    assert refused(Move(lead_id=lead.pk, to=Stage.ACCEPTED)) == Refusal.STAGE


def test_a_lead_in_nurture_cannot_be_rejected():
    lead = LeadFactory()

    assert refused(Move(lead_id=lead.pk, to=Stage.REJECTED, reason="no_need")) == Refusal.NO_ROUND


def test_the_future_is_refused_and_a_skewed_clock_forgiven():
    lead = mql()
    at = NOON + DAY
    late = Move(lead_id=lead.pk, to=Stage.ACCEPTED, occurred_at=at + 3 * MINUTE)
    skewed = Move(lead_id=lead.pk, to=Stage.ACCEPTED, occurred_at=at + MINUTE)

    first, second = run(late, skewed, at=at)

    assert first.code == Refusal.FUTURE
    assert Transition.objects.get(pk=second.transition_id).occurred_at == at


def test_a_stale_form_is_refused():
    lead = mql()
    seen = Round.objects.get(lead=lead).current_transition_id
    run(Move(lead_id=lead.pk, to=Stage.REJECTED, reason="no_need"))
    move = Move(lead_id=lead.pk, to=Stage.RECYCLED, expected_transition_id=seen)

    assert refused(move) == Refusal.STALE


def test_one_bad_row_keeps_no_other_from_being_stored():
    good, bad = mql(), mql()

    results = run(
        Move(lead_id=bad.pk, to=Stage.REJECTED),
        Move(lead_id=good.pk, to=Stage.REJECTED, reason="no_need"),
        Move(lead_id=10**9, to=Stage.ACCEPTED),
    )

    assert [result.code for result in results] == [
        Refusal.REASON_REQUIRED, None, Refusal.UNKNOWN_LEAD,
    ]  # fmt: skip
    assert Lead.objects.get(pk=good.pk).stage == Stage.REJECTED


def test_a_recycled_lead_that_qualifies_later_begins_a_second_round():
    lead = mql()
    recycled = Move(
        lead_id=lead.pk, to=Stage.RECYCLED, reason="not_ready", recycle_on=date(2026, 6, 1)
    )
    run(recycled, at=NOON + HOUR)

    run(Move(lead_id=lead.pk, to=Stage.MQL), at=NOON + 3 * DAY)

    first, second = Round.objects.filter(lead=lead).order_by("number")
    assert (first.stage, first.recycle_on) == (Stage.RECYCLED, date(2026, 6, 1))
    assert (second.number, second.stage, second.mql_at) == (2, Stage.MQL, NOON + 3 * DAY)


def test_qualifying_again_within_a_day_of_recycling_goes_on_with_the_old_round():
    lead = mql()
    recycled = Move(
        lead_id=lead.pk, to=Stage.RECYCLED, reason="not_ready", recycle_on=date(2026, 6, 1)
    )
    run(recycled, at=NOON + HOUR)

    run(Move(lead_id=lead.pk, to=Stage.MQL), at=NOON + 20 * HOUR)

    current = Round.objects.get(lead=lead)
    assert (current.stage, current.mql_at) == (Stage.MQL, NOON)


HISTORY = (
    (Stage.MQL, NOON),
    (Stage.ACCEPTED, NOON + DAY),
    (Stage.SQL, NOON + 2 * DAY),
    (Stage.WON, NOON + 9 * DAY),
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))), ids=str)
def test_history_in_any_order_gives_the_same_round(order):
    lead = LeadFactory()

    for index in order:
        to, occurred_at = HISTORY[index]
        run(
            Move(lead_id=lead.pk, to=to, occurred_at=occurred_at, starts_round=True),
            is_history=True,
            origin=Origin.IMPORT,
        )

    current = Round.objects.get(lead=lead)
    assert current.stage == Stage.WON
    assert (current.mql_at, current.accepted_at, current.sql_at, current.won_at) == tuple(
        at for _, at in HISTORY
    )
    assert reconcile_rounds(at=NOON + 60 * DAY) == []


def test_won_before_the_mql_is_kept_and_flagged():
    lead = LeadFactory()
    run(
        Move(lead_id=lead.pk, to=Stage.WON, occurred_at=NOON - DAY, starts_round=True),
        Move(lead_id=lead.pk, to=Stage.MQL, occurred_at=NOON),
        is_history=True,
        origin=Origin.IMPORT,
    )

    current = Round.objects.get(lead=lead)
    lead.refresh_from_db()
    assert (current.stage, current.won_at, current.mql_at) == (Stage.WON, NOON - DAY, NOON)
    assert lead.quality_flags == [QualityFlag.OUT_OF_ORDER]


def test_importing_the_same_history_again_changes_nothing():
    lead = mql()
    moves = [
        Move(lead_id=lead.pk, to=Stage.REJECTED, occurred_at=NOON + HOUR),
        Move(lead_id=lead.pk, to=Stage.ACCEPTED, occurred_at=NOON + DAY),
    ]
    first = run(*moves, is_history=True, origin=Origin.IMPORT)

    second = run(*moves, is_history=True, origin=Origin.IMPORT)

    assert [result.status for result in first] == [Status.CREATED, Status.CREATED]
    assert first[0].flags == (QualityFlag.REASON_MISSING,)
    assert [result.status for result in second] == [Status.UNCHANGED, Status.UNCHANGED]
    assert Lead.objects.get(pk=lead.pk).stage == Stage.ACCEPTED


def test_a_lead_of_sales_owes_no_mql():
    lead = LeadFactory(source_group="outbound")
    move = Move(lead_id=lead.pk, to=Stage.WON, starts_round=True, designation=Designation.OUTBOUND)

    run(move, is_history=True, origin=Origin.IMPORT)

    current = Round.objects.get(lead=lead)
    assert (current.stage, current.mql_at, current.sql_at) == (Stage.WON, None, None)
    assert current.opportunity_at is not None


def test_the_number_of_statements_does_not_depend_on_the_number_of_moves():
    one, many = [mql()], [mql() for _ in range(9)]
    counts = []

    for leads in (one, many):
        moves = [Move(lead_id=lead.pk, to=Stage.REJECTED, reason="no_need") for lead in leads]
        with CaptureQueriesContext(connection) as captured:
            run(*moves)
        counts.append(len(captured))

    assert counts[0] == counts[1]
