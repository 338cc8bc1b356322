"""What one person does to one lead: the stored outcome, the refusal, the second call."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.choices import ActivityKind, ActivityOutcome, Designation, Stage
from pipeline.models import Activity, Assignment, Lead, LeadNote, Round, Transition
from pipeline.services import lifecycle, undo
from pipeline.services.errors import (
    RequirementError,
    RoleRefusedError,
    StageChangeRefusedError,
    StaleLeadError,
    UndoRefusedError,
)
from pipeline.services.reconcile import reconcile_rounds
from sla.models import Evidence
from tests.factories.people import person
from tests.factories.pipeline import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    LeadFactory,
    RepFactory,
    accepted,
    assigned,
    mql,
)

pytestmark = pytest.mark.usefixtures("agreement")
CONFIRMED = dict.fromkeys(("budget", "authority", "need", "timeline"), True)


def stage_of(lead):
    return Lead.objects.get(pk=lead.pk).stage


def seen(lead):
    return Round.objects.get(lead=lead).current_transition_id


def contacted(lead, by, *, minutes):
    return lifecycle.log_contact(
        lead=lead,
        kind=ActivityKind.CALL,
        outcome=ActivityOutcome.NO_ANSWER,
        by=by,
        at=NOON + minutes * MINUTE,
    )


def test_accepting_takes_the_lead_on(sam):
    lead = assigned(sam.rep)

    stored = lifecycle.accept_lead(lead=lead, by=sam, at=NOON + HOUR, seen=seen(lead))

    current = Round.objects.get(lead=lead)
    assert (current.stage, current.accepted_at) == (Stage.ACCEPTED, NOON + HOUR)
    assert (stored.actor, stored.rep) == (f"user:{sam.pk}", sam.rep)


def test_accepting_twice_is_refused(sam):
    lead = accepted(sam.rep)

    with pytest.raises(StageChangeRefusedError, match="already accepted"):
        lifecycle.accept_lead(lead=lead, by=sam, at=NOON + HOUR)


def test_accepting_a_free_lead_takes_it_from_the_unassigned(sam):
    lead = mql()

    lifecycle.accept_lead(lead=lead, by=sam, at=NOON + HOUR, seen=seen(lead))

    assert Lead.objects.get(pk=lead.pk).owner == sam.rep
    assert Assignment.objects.get(round__lead=lead).why["rule"] == "accepted_it"


def test_marketing_cannot_accept_by_the_definitions():
    lead, mara = mql(), person("mara")

    with pytest.raises(RoleRefusedError, match="Sales"):
        lifecycle.accept_lead(lead=lead, by=mara, at=NOON + HOUR)


def test_rejecting_needs_a_reason_of_the_list(sam):
    lead = assigned(sam.rep)

    with pytest.raises(RequirementError, match="Choose a reason"):
        lifecycle.reject_lead(lead=lead, reason=" ", by=sam, at=NOON + HOUR)
    assert stage_of(lead) == Stage.ASSIGNED


def test_unreachable_is_refused_below_the_agreed_attempts(sam):
    lead = assigned(sam.rep)
    contacted(lead, sam, minutes=10)
    contacted(lead, sam, minutes=12)
    contacted(lead, sam, minutes=60)

    with pytest.raises(RequirementError, match="3 attempts; 2 logged"):
        lifecycle.reject_lead(lead=lead, reason="unreachable", by=sam, at=NOON + DAY)


def test_unreachable_is_accepted_after_the_agreed_attempts(sam):
    lead = assigned(sam.rep)
    for minutes in (10, 60, 120):
        contacted(lead, sam, minutes=minutes)

    lifecycle.reject_lead(lead=lead, reason="unreachable", by=sam, at=NOON + DAY)

    assert stage_of(lead) == Stage.REJECTED


def test_not_now_keeps_the_date(sam):
    lead = assigned(sam.rep)

    lifecycle.reject_lead(
        lead=lead, reason="not_now", recycle_on=date(2026, 9, 1), by=sam, at=NOON + HOUR
    )

    assert Round.objects.get(lead=lead).recycle_on == date(2026, 9, 1)


def test_a_stale_form_learns_who_was_faster(sam):
    lead, vera = assigned(sam.rep), person("vera")
    before = seen(lead)
    lifecycle.reject_lead(lead=lead, reason="no_need", by=vera, at=NOON + HOUR)

    with pytest.raises(StaleLeadError, match=r"Rejected by Vera Okoro 2.minutes ago"):
        lifecycle.accept_lead(lead=lead, by=sam, at=NOON + HOUR + 2 * MINUTE, seen=before)


def test_marketing_recycles_what_sales_rejected(sam):
    lead, mara = assigned(sam.rep), person("mara")
    lifecycle.reject_lead(lead=lead, reason="no_need", by=sam, at=NOON + HOUR)

    lifecycle.recycle_lead(
        lead=lead, reason="not_ready", recycle_on=date(2026, 9, 1), by=mara, at=NOON + DAY
    )

    current = Round.objects.get(lead=lead)
    assert (current.stage, current.first_decision) == (Stage.RECYCLED, Stage.REJECTED)


def test_disqualifying_ends_the_round(sam):
    lead = accepted(sam.rep)

    lifecycle.disqualify_lead(lead=lead, reason="vendor", by=sam, at=NOON + HOUR)

    current = Round.objects.get(lead=lead)
    assert (current.stage, current.disqualified_at) == (Stage.DISQUALIFIED, NOON + HOUR)


def test_a_duplicate_counts_nowhere():
    lead, rita = mql(), person("rita")

    lifecycle.void_lead(lead=lead, reason="duplicate", by=rita, at=NOON + HOUR)

    assert not Round.objects.counted().filter(lead=lead).exists()


def test_an_sql_keeps_what_was_confirmed(sam):
    lead = accepted(sam.rep)

    stored = lifecycle.mark_sql(lead=lead, checklist=CONFIRMED, by=sam, at=NOON + HOUR)

    assert stored.checklist == CONFIRMED


def test_an_open_line_of_the_checklist_is_named(sam):
    lead = accepted(sam.rep)

    with pytest.raises(RequirementError, match="Timeline"):
        lifecycle.mark_sql(
            lead=lead, checklist=CONFIRMED | {"timeline": False}, by=sam, at=NOON + HOUR
        )


def test_a_lead_designated_by_hand_is_marked_and_assigned(sam):
    lead, mara = LeadFactory(), person("mara")

    lifecycle.designate_mql(lead=lead, reason="Met the CEO", by=mara, at=NOON)

    current = Round.objects.get(lead=lead)
    assert (current.designation, current.stage) == (Designation.MANUAL, Stage.ASSIGNED)
    assert LeadNote.objects.get(lead=lead).text == "Met the CEO"


def test_designating_needs_a_reason():
    with pytest.raises(RequirementError):
        lifecycle.designate_mql(lead=LeadFactory(), reason="", by=person("mara"), at=NOON)


def test_a_first_contact_does_not_accept(sam):
    lead = assigned(sam.rep)

    stored = contacted(lead, sam, minutes=30)

    current = Round.objects.get(lead=lead)
    assert (current.stage, current.first_attempt_at) == (Stage.ASSIGNED, NOON + 30 * MINUTE)
    assert Evidence.objects.filter(kind="outreach", source_id=str(stored.pk)).exists()


def test_an_attempt_before_the_assignment_is_kept_and_does_not_count(sam):
    lead = assigned(sam.rep, at=NOON)

    lifecycle.log_contact(
        lead=lead,
        kind=ActivityKind.CALL,
        outcome=ActivityOutcome.CONNECTED,
        by=sam,
        at=NOON + HOUR,
        occurred_at=NOON - HOUR,
        note="called before it was mine",
    )

    assert Round.objects.get(lead=lead).first_attempt_at is None
    assert Activity.objects.filter(lead=lead).count() == 1


def test_working_leaves_the_stage_and_tells_the_clocks(sam):
    lead = assigned(sam.rep)

    lifecycle.mark_working(lead=lead, by=sam, at=NOON + HOUR)

    assert stage_of(lead) == Stage.ASSIGNED
    assert Evidence.objects.filter(lead=lead, payload__value="working").count() == 1


def test_a_closed_lead_is_not_worked(sam):
    lead = assigned(sam.rep)
    lifecycle.reject_lead(lead=lead, reason="no_need", by=sam, at=NOON + HOUR)

    with pytest.raises(StageChangeRefusedError):
        lifecycle.mark_working(lead=lead, by=sam, at=NOON + DAY)


def test_undo_takes_an_accept_back_and_keeps_both_rows(sam):
    lead = assigned(sam.rep)
    stored = lifecycle.accept_lead(lead=lead, by=sam, at=NOON + HOUR)

    undo.undo_move(transition=stored, by=sam, at=NOON + HOUR + MINUTE)

    current = Round.objects.get(lead=lead)
    assert (current.stage, current.accepted_at, current.decided_at) == (Stage.ASSIGNED, None, None)
    assert stored.undone_by.origin == "undo"
    assert Evidence.objects.filter(lead=lead, kind="voided").count() == 1
    assert reconcile_rounds(at=NOON + DAY) == []


def test_undo_of_a_recycle_leads_back_to_the_reject_with_its_reason(sam):
    lead, mara = assigned(sam.rep), person("mara")
    lifecycle.reject_lead(lead=lead, reason="no_need", by=sam, at=NOON + HOUR)
    stored = lifecycle.recycle_lead(
        lead=lead, reason="not_ready", recycle_on=date(2026, 9, 1), by=mara, at=NOON + 2 * HOUR
    )

    undo.undo_move(transition=stored, by=mara, at=NOON + 2 * HOUR + MINUTE)

    assert stage_of(lead) == Stage.REJECTED
    assert stored.undone_by.reason.code == "no_need"


def test_an_undone_accept_can_be_made_again(sam):
    lead = assigned(sam.rep)
    stored = lifecycle.accept_lead(lead=lead, by=sam, at=NOON + HOUR)
    undo.undo_move(transition=stored, by=sam, at=NOON + HOUR + MINUTE)

    lifecycle.accept_lead(lead=lead, by=sam, at=NOON + HOUR + 2 * MINUTE)

    assert Round.objects.get(lead=lead).accepted_at == NOON + HOUR + 2 * MINUTE


@pytest.mark.parametrize(
    ("who", "minutes", "message"),
    [
        pytest.param("vera", 1, "Only who did it", id="somebody else"),
        pytest.param("sam", 16, "15 minutes", id="too late"),
    ],
)
def test_undo_is_refused(sam, who, minutes, message):
    lead = assigned(sam.rep)
    stored = lifecycle.accept_lead(lead=lead, by=sam, at=NOON)
    by = sam if who == "sam" else person(who)

    with pytest.raises(UndoRefusedError, match=message):
        undo.undo_move(transition=stored, by=by, at=NOON + minutes * MINUTE)


def test_undo_twice_is_refused(sam):
    lead = assigned(sam.rep)
    stored = lifecycle.accept_lead(lead=lead, by=sam, at=NOON)
    undo.undo_move(transition=stored, by=sam, at=NOON + MINUTE)

    with pytest.raises(UndoRefusedError):
        undo.undo_move(transition=stored, by=sam, at=NOON + 2 * MINUTE)


def test_undo_takes_a_contact_back(sam):
    lead = assigned(sam.rep)
    stored = contacted(lead, sam, minutes=5)

    undo.undo_contact(activity=stored, by=sam, at=NOON + 6 * MINUTE)

    assert Round.objects.get(lead=lead).first_attempt_at is None


def test_undo_gives_an_assignment_back(sam):
    lead, vera = assigned(sam.rep), person("vera")
    stored = lifecycle.assign_lead(lead=lead, rep=RepFactory(name="Dana"), by=vera, at=NOON + HOUR)

    undo.undo_assignment(assignment=stored, by=vera, at=NOON + HOUR + MINUTE)

    assert Lead.objects.get(pk=lead.pk).owner == sam.rep
    assert Round.objects.get(lead=lead).assigned_at == NOON


def test_undo_of_the_first_assignment_leaves_the_lead_waiting(sam):
    lead, vera = mql(), person("vera")
    stored = lifecycle.assign_lead(lead=lead, rep=sam.rep, by=vera, at=NOON + HOUR)

    undo.undo_assignment(assignment=stored, by=vera, at=NOON + HOUR + MINUTE)

    lead.refresh_from_db()
    assert (lead.stage, lead.owner) == (Stage.MQL, None)
    assert Round.objects.get(lead=lead).assigned_at is None


def test_every_fact_names_who_did_it(sam):
    lead = assigned(sam.rep)
    contacted(lead, sam, minutes=5)
    lifecycle.accept_lead(lead=lead, by=sam, at=NOON + HOUR)

    told = [
        *Transition.objects.values_list("actor", flat=True),
        *Assignment.objects.values_list("actor", flat=True),
        *Activity.objects.values_list("actor", flat=True),
        *Evidence.objects.values_list("actor", flat=True),
    ]

    assert all(actor.startswith(("user:", "system:")) for actor in told)


@pytest.mark.parametrize(
    ("back", "note", "message"),
    [
        pytest.param(2 * HOUR, "", "why it is entered late", id="an hour late without a word"),
        pytest.param(9 * DAY, "forgot", "Ask RevOps", id="more than five business days"),
    ],
)
def test_a_contact_typed_in_late_is_refused(sam, back, note, message):
    lead = assigned(sam.rep, at=NOON - 20 * DAY)

    with pytest.raises(RequirementError, match=message):
        lifecycle.log_contact(
            lead=lead,
            kind=ActivityKind.CALL,
            outcome=ActivityOutcome.CONNECTED,
            by=sam,
            at=NOON + 3 * HOUR,
            occurred_at=NOON + 3 * HOUR - back,
            note=note,
        )


@pytest.mark.parametrize(
    ("back", "note"),
    [
        pytest.param(30 * MINUTE, "", id="half an hour"),
        pytest.param(2 * HOUR, "was on the road", id="with a note"),
        pytest.param(16 * HOUR, "", id="yesterday evening"),
    ],
)
def test_a_contact_typed_in_soon_is_stored_with_its_time(sam, back, note):
    lead = assigned(sam.rep, at=NOON - DAY)
    at = NOON - 30 * MINUTE

    stored = lifecycle.log_contact(
        lead=lead,
        kind=ActivityKind.CALL,
        outcome=ActivityOutcome.CONNECTED,
        by=sam,
        at=at,
        occurred_at=at - back,
        note=note,
    )

    assert (stored.occurred_at, stored.recorded_at) == (at - back, at)
