"""What the database itself refuses, as the application's role: the last line behind every path."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection

from definitions.models import Reason, Version
from pipeline.choices import Origin, Outcome, Stage
from pipeline.models import Assignment, Lead, Opportunity, OpportunityChange, Round, Transition
from revops.audit.models import AppendOnlyError
from tests.factories.pipeline import HOUR, NOON, RepFactory, accepted, assigned, moved, mql

pytestmark = pytest.mark.usefixtures("agreement")


def settle():
    """Check now what is checked at the end of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def execute(statement):
    """Run SQL as the application's role, with everything checked at once."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
    settle()


def reason_of(code, purpose="reject"):
    return Reason.objects.get(purpose=purpose, code=code)


def transition(lead, **fields):
    """Insert a transition past every service; return it."""
    current = Round.objects.get(lead=lead)
    defaults = {
        "round": current,
        "from_stage": current.stage,
        "to_stage": Stage.REJECTED,
        "occurred_at": NOON + HOUR,
        "recorded_at": NOON + HOUR,
        "actor": "user:1",
        "origin": Origin.FORM,
        "definitions_version_id": current.definitions_version_id,
        "reason": None,
        "reason_purpose": "",
    }
    return Transition.objects.create(**(defaults | fields))


@pytest.mark.parametrize("stage", [Stage.REJECTED, Stage.RECYCLED, Stage.DISQUALIFIED])
def test_an_orm_update_cannot_close_a_round(stage):
    lead = mql()

    Round.objects.filter(lead=lead).update(stage=stage)
    Lead.objects.filter(pk=lead.pk).update(stage=stage)

    with pytest.raises(IntegrityError, match="pipeline_round_stage_is_that_of_its_transition"):
        settle()


def test_an_orm_update_cannot_reject_a_lead():
    lead = mql()

    Lead.objects.filter(pk=lead.pk).update(stage=Stage.REJECTED)

    with pytest.raises(IntegrityError, match="is rejected while its round is mql"):
        settle()


def test_a_saved_model_cannot_reject_a_lead():
    lead = mql()
    lead.stage = Stage.REJECTED
    lead.save(update_fields=["stage"])

    with pytest.raises(IntegrityError):
        settle()


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE pipeline_lead SET stage = 'rejected' WHERE id = {lead}", id="lead"),
        pytest.param(
            "UPDATE pipeline_round SET stage = 'rejected' WHERE lead_id = {lead}", id="round"
        ),
        pytest.param(
            "UPDATE pipeline_round SET stage = 'rejected', current_transition_id = NULL"
            " WHERE lead_id = {lead}",
            id="round without a transition",
        ),
        pytest.param(
            "WITH r AS (UPDATE pipeline_round SET stage = 'rejected' WHERE lead_id = {lead})"
            " UPDATE pipeline_lead SET stage = 'rejected' WHERE id = {lead}",
            id="both at once",
        ),
        pytest.param("UPDATE pipeline_transition SET to_stage = 'rejected'", id="a past row"),
        pytest.param("DELETE FROM pipeline_transition", id="deleting the past"),
        pytest.param("TRUNCATE pipeline_transition CASCADE", id="emptying the past"),
    ],
)
def test_raw_sql_cannot_reject(statement):
    lead = mql()

    with pytest.raises(DatabaseError):
        execute(statement.format(lead=lead.pk))


def test_a_reject_row_without_a_reason_is_refused():
    lead = mql()

    with pytest.raises(IntegrityError, match="pipeline_transition_reason_iff_needed"):
        transition(lead)


def test_a_reject_row_with_a_closed_lost_reason_is_refused():
    lead, reason = mql(), reason_of("price", "closed_lost")

    with pytest.raises(IntegrityError, match="pipeline_transition_reason_from_its_list"):
        transition(lead, reason=reason, reason_purpose="closed_lost")


def test_a_reason_cannot_pass_for_one_of_another_list():
    lead, reason = mql(), reason_of("price", "closed_lost")

    with pytest.raises(IntegrityError, match="pipeline_transition_reason_of_version_and_list"):
        transition(lead, reason=reason, reason_purpose="reject")


def test_a_reason_for_history_is_refused_outside_imports():
    lead, reason = mql(), reason_of("not_recorded")

    with pytest.raises(IntegrityError, match="only for imported history"):
        transition(lead, reason=reason, reason_purpose="reject")


def test_a_reason_of_a_version_not_in_use_is_refused():
    lead = mql()
    newer = Version.objects.create(
        kind="definitions",
        number=2,
        content={},
        canonical_text="{}",
        sha256="b" * 64,
        frozen_at=NOON,
        actor="system:test",
    )
    retired = Reason.objects.create(
        version=newer, purpose="reject", code="gone", label="Gone", meaning="Gone", position=1
    )

    with pytest.raises(IntegrityError, match="not of the definitions in use"):
        transition(lead, reason=retired, reason_purpose="reject", definitions_version_id=newer.pk)


def test_an_undo_cannot_smuggle_in_a_reject():
    lead, reason = accepted(RepFactory()), reason_of("no_need")
    row = Round.objects.get(lead=lead).current_transition

    with pytest.raises(IntegrityError, match="an undo cannot bring a reason of its own"):
        transition(lead, reason=reason, reason_purpose="reject", origin=Origin.UNDO, undoes=row)


@pytest.mark.parametrize("table", [Transition, Assignment])
def test_the_past_is_not_rewritten(table):
    assigned(RepFactory())

    with pytest.raises((AppendOnlyError, DatabaseError)):
        table.objects.update(actor="user:2")


def test_an_illegal_move_is_refused():
    lead = mql()

    with pytest.raises(IntegrityError, match="pipeline_transition_pair_is_allowed"):
        transition(lead, from_stage=Stage.MQL, to_stage=Stage.WON)


def test_a_transition_needs_an_actor():
    lead = mql()

    with pytest.raises(IntegrityError, match="pipeline_transition_actor_is_named"):
        transition(lead, to_stage=Stage.ASSIGNED, actor="")


def test_an_assignment_needs_an_actor():
    current = Round.objects.get(lead=mql())

    with pytest.raises(IntegrityError, match="pipeline_assignment_actor_is_named"):
        Assignment.objects.create(round=current, assigned_at=NOON, recorded_at=NOON, actor="")


def deal(**fields):
    version_id = reason_of("price", "closed_lost").version_id
    defaults = {
        "source_system": "crm",
        "external_id": "1",
        "recorded_at": NOON,
        "closed_at": NOON,
        "definitions_version_id": version_id,
        "origin": Origin.FORM,
    }
    return Opportunity.objects.create(**(defaults | fields))


def test_a_lost_deal_needs_a_reason():
    with pytest.raises(IntegrityError, match="pipeline_opportunity_lost_iff_reason"):
        deal(outcome=Outcome.LOST)


def test_a_lost_deal_takes_no_reject_reason():
    with pytest.raises(IntegrityError, match="pipeline_opportunity_reason_of_version_and_list"):
        deal(
            outcome=Outcome.LOST,
            lost_reason=reason_of("no_need"),
            lost_reason_purpose="closed_lost",
        )


def test_a_won_deal_cannot_be_updated_to_lost_without_a_reason():
    won = deal(outcome=Outcome.WON)

    with pytest.raises(IntegrityError, match="pipeline_opportunity_lost_iff_reason"):
        Opportunity.objects.filter(pk=won.pk).update(outcome=Outcome.LOST)


def test_a_change_to_lost_takes_no_reason_of_another_list():
    won, reason = deal(outcome=Outcome.WON), reason_of("no_need")

    with pytest.raises(IntegrityError, match="the reason is of another list"):
        OpportunityChange.objects.create(
            opportunity=won,
            kind="lost",
            occurred_at=NOON,
            recorded_at=NOON,
            actor="user:1",
            origin=Origin.FORM,
            reason=reason,
            definitions_version_id=reason.version_id,
        )


def test_a_moved_lead_satisfies_every_constraint():
    moved(accepted(RepFactory()), Stage.REJECTED, reason="no_need", at=NOON + HOUR)

    settle()

    assert Transition.objects.filter(to_stage=Stage.REJECTED).count() == 1
