"""Who gets a lead: in turn, never to somebody away, and always with a reason why."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipeline.choices import Origin, Stage
from pipeline.models import Assignment, Lead, Round
from pipeline.services.assignments import assign_rounds
from pipeline.services.reconcile import reconcile_rounds
from pipeline.services.rows import AssignmentRow, Refusal, Status
from revops.outbox.models import Message
from revops.people.models import Absence
from sla.models import Evidence
from tests.factories.pipeline import (
    DAY,
    HOUR,
    NOON,
    CompanyFactory,
    LeadFactory,
    RepFactory,
    assigned,
    moved,
    mql,
)

pytestmark = pytest.mark.usefixtures("agreement")


def assign(*rows, at=NOON + HOUR):
    return assign_rounds(rows=rows, actor="system:test", origin=Origin.JOB, at=at)


def away(rep, *, cover=None):
    Absence.objects.create(
        rep=rep, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 10), cover=cover
    )


def test_an_assignment_moves_the_round_and_tells_everybody():
    lead, rep = mql(), RepFactory()

    (result,) = assign(AssignmentRow(lead_id=lead.pk, rep_id=rep.pk))

    current = Round.objects.get(lead=lead)
    assert (current.stage, current.rep, current.assigned_at) == (Stage.ASSIGNED, rep, NOON + HOUR)
    assert Lead.objects.get(pk=lead.pk).owner == rep
    told = Evidence.objects.get(source="assignment", source_id=str(result.assignment_id))
    assert (told.kind, told.rep) == ("assigned", rep)
    assert Message.objects.filter(kind="lead.assigned").exists()


def test_the_next_in_turn_gets_the_lead():
    reps = {RepFactory().pk, RepFactory().pk}
    leads = [mql(), mql()]

    results = assign(*(AssignmentRow(lead_id=lead.pk) for lead in leads))

    assert {result.rep_id for result in results} == reps


def test_the_owner_of_the_account_wins():
    RepFactory()
    owner = RepFactory(takes_leads=False)
    lead = mql(company=CompanyFactory(owner=owner))

    (result,) = assign(AssignmentRow(lead_id=lead.pk))

    assert result.rep_id == owner.pk
    assert Assignment.objects.get().why["rule"] == "account_owner"


def test_who_is_away_is_replaced_by_the_cover_of_the_cover():
    absent, second, present = RepFactory(), RepFactory(), RepFactory()
    away(absent, cover=second)
    away(second, cover=present)
    lead = mql(company=CompanyFactory(owner=absent))

    (result,) = assign(AssignmentRow(lead_id=lead.pk))

    why = Assignment.objects.get().why
    assert result.rep_id == present.pk
    assert why["rule"] == "cover"
    assert [skipped["rep"] for skipped in why["skipped"]] == [absent.pk, second.pk]


def test_the_backup_stands_in_where_an_absence_names_no_cover():
    present, third = RepFactory(), RepFactory(takes_leads=False)
    second = RepFactory(backup=third)
    absent = RepFactory(backup=present)
    away(absent, cover=second)
    away(second)
    lead = mql(company=CompanyFactory(owner=absent))

    (result,) = assign(AssignmentRow(lead_id=lead.pk))

    assert result.rep_id == third.pk
    assert Assignment.objects.get().why["rule"] == "cover"


def test_who_is_away_is_refused_by_hand_and_the_cover_named():
    cover = RepFactory(name="Bo Lin")
    absent = RepFactory(name="Ana Ruiz", backup=cover)
    away(absent)

    (result,) = assign(AssignmentRow(lead_id=mql().pk, rep_id=absent.pk))

    assert (result.code, result.cover_id) == (Refusal.REP_AWAY, cover.pk)
    assert result.message == "Ana Ruiz is away. Bo Lin covers."
    assert not Assignment.objects.exists()


def test_two_who_cover_each_other_do_not_loop():
    one, other = RepFactory(takes_leads=False), RepFactory(takes_leads=False)
    away(one, cover=other)
    away(other, cover=one)
    lead = mql(company=CompanyFactory(owner=one))

    (result,) = assign(AssignmentRow(lead_id=lead.pk))

    assert result.rep_id is None
    assert Assignment.objects.get().why == {
        "rule": "nobody_there",
        "skipped": [{"rep": one.pk, "why": "away"}, {"rep": other.pk, "why": "away"}],
    }


def test_where_the_owner_and_the_cover_are_away_the_next_in_turn_takes_the_account():
    owner, cover = RepFactory(takes_leads=False), RepFactory(takes_leads=False)
    present = RepFactory()
    away(owner, cover=cover)
    away(cover, cover=owner)
    lead = mql(company=CompanyFactory(owner=owner))

    assign(AssignmentRow(lead_id=lead.pk))

    assert Assignment.objects.get().rep == present
    assert Assignment.objects.get().why == {
        "rule": "round_robin",
        "skipped": [{"rep": owner.pk, "why": "away"}, {"rep": cover.pk, "why": "away"}],
    }


def test_an_owner_who_left_is_passed_over():
    owner, present = RepFactory(is_active=False), RepFactory()
    lead = mql(company=CompanyFactory(owner=owner))

    assign(AssignmentRow(lead_id=lead.pk))

    assert Assignment.objects.get().rep == present
    assert Assignment.objects.get().why["skipped"] == [{"rep": owner.pk, "why": "left"}]


def test_who_left_cannot_be_chosen():
    rep = RepFactory(is_active=False)

    (result,) = assign(AssignmentRow(lead_id=mql().pk, rep_id=rep.pk))

    assert result.code == Refusal.UNKNOWN_REP


def test_the_draw_decides_only_for_leads_that_need_it():
    reps = [RepFactory(), RepFactory()]
    owner = RepFactory(takes_leads=False)
    owned, *others = (
        mql(company=CompanyFactory(owner=owner)),
        mql(),
        mql(company=CompanyFactory(owner=owner)),
        mql(),
    )

    results = assign(*(AssignmentRow(lead_id=lead.pk) for lead in (owned, *others)))

    assert [results[0].rep_id, results[2].rep_id] == [owner.pk, owner.pk]
    assert {results[1].rep_id, results[3].rep_id} == {rep.pk for rep in reps}


def test_a_lead_nobody_can_take_waits_and_its_routing_clock_runs_on():
    absent = RepFactory()
    away(absent)
    lead = mql()

    (result,) = assign(AssignmentRow(lead_id=lead.pk))

    current = Round.objects.get(lead=lead)
    assert (result.status, result.rep_id) == (Status.CREATED, None)
    assert (current.stage, current.assigned_at) == (Stage.MQL, None)
    waiting = Assignment.objects.get()
    assert waiting.to_queue
    assert waiting.why == {
        "rule": "nobody_there", "skipped": [{"rep": absent.pk, "why": "away"}],
    }  # fmt: skip
    assert not Evidence.objects.filter(kind="assigned").exists()


def test_handing_over_keeps_the_stage_and_the_first_assignment():
    first, second = RepFactory(), RepFactory()
    lead = moved(assigned(first), Stage.ACCEPTED)

    assign(AssignmentRow(lead_id=lead.pk, rep_id=second.pk))

    current = Round.objects.get(lead=lead)
    assert (current.stage, current.rep, current.assigned_at) == (Stage.ACCEPTED, second, NOON)


def test_assigning_to_the_owner_again_changes_nothing():
    rep = RepFactory()
    lead = assigned(rep)

    (result,) = assign(AssignmentRow(lead_id=lead.pk, rep_id=rep.pk))

    assert result.status == Status.UNCHANGED
    assert Assignment.objects.count() == 1


def test_recorded_history_is_stored_as_it_was_once():
    lead = mql()
    row = AssignmentRow(lead_id=lead.pk, assigned_at=NOON + HOUR, is_recorded=True)
    assign(row, at=NOON + DAY)

    (again,) = assign(row, at=NOON + DAY)

    current = Round.objects.get(lead=lead)
    assert again.status == Status.UNCHANGED
    assert (current.stage, current.rep, current.assigned_at) == (
        Stage.ASSIGNED, None, NOON + HOUR,
    )  # fmt: skip
    assert reconcile_rounds(at=NOON + 2 * DAY) == []


@pytest.mark.parametrize(
    ("build", "code"),
    [
        pytest.param(LeadFactory, Refusal.NO_ROUND, id="still in nurture"),
        pytest.param(
            lambda: moved(mql(), Stage.REJECTED, reason="no_need"), Refusal.STAGE, id="closed"
        ),
    ],
)
def test_an_assignment_is_refused(build, code):
    RepFactory()
    lead = build()

    (result,) = assign(AssignmentRow(lead_id=lead.pk))

    assert result.code == code


def in_turn(_number):
    return AssignmentRow(lead_id=mql().pk)


def of_an_account(number):
    owner = RepFactory(takes_leads=False)
    if number % 2:
        away(owner)
    return AssignmentRow(lead_id=mql(company=CompanyFactory(owner=owner)).pk)


def chosen(_number):
    return AssignmentRow(lead_id=mql().pk, rep_id=RepFactory().pk)


def handed_over(number):
    rep = RepFactory()
    lead = assigned(rep)
    away(rep, cover=RepFactory() if number % 2 else None)
    return AssignmentRow(lead_id=lead.pk, holder_id=rep.pk, rule="handed_over")


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param([in_turn], id="in turn"),
        pytest.param([chosen], id="chosen"),
        pytest.param([handed_over], id="handed over"),
        pytest.param([in_turn, of_an_account, chosen], id="all kinds"),
    ],
)
def test_the_number_of_statements_does_not_depend_on_the_number_of_leads(kinds):
    RepFactory()
    counts = []

    for number in (1, 8):
        rows = [build(each) for build in kinds for each in range(number)]
        with CaptureQueriesContext(connection) as captured:
            results = assign(*rows)
        assert {result.status for result in results} == {Status.CREATED}
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_who_gets_a_lead_is_asked_in_three_statements():
    RepFactory()
    rows = [build(each) for build in (in_turn, of_an_account, chosen) for each in range(4)]

    with CaptureQueriesContext(connection) as captured:
        assign(*rows)

    asked = [query["sql"] for query in captured if 'FROM "people_rep"' in query["sql"]]
    asked += [query["sql"] for query in captured if "FROM pipeline_seats" in query["sql"]]
    asked += [query["sql"] for query in captured if "pipeline_account_rep" in query["sql"]]
    assert len(asked) == 3
