"""What one person does to one lead: accept, reject, log, assign and the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.timesince import timesince

from definitions.choices import DocumentKind
from definitions.selectors import definitions_of, version_in_use
from pipeline import stages
from pipeline.choices import Designation, Origin, Stage
from pipeline.models import Activity, Assignment, Lead, Transition
from pipeline.selectors.actors import actor_of, names_of
from pipeline.selectors.clocks import office_hours
from pipeline.services.activities import record_activities, record_dispositions
from pipeline.services.assignments import assign_rounds
from pipeline.services.errors import RoleRefusedError, StaleLeadError, refusal, refused_assignment
from pipeline.services.moves import move_rounds
from pipeline.services.rows import (
    ActivityRow,
    AssignmentResult,
    AssignmentRow,
    DispositionRow,
    Move,
    Refusal,
    Status,
)
from sla.services import current_terms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from pipeline.choices import ActivityKind, ActivityOutcome
    from revops.people.models import Rep, User

LATE = timedelta(hours=1)
LATEST_DAYS = 5
JUST_NOW = timedelta(minutes=1)


@transaction.atomic
def accept_lead(*, lead: Lead, by: User, at: datetime, seen: int | None = None) -> Transition:
    """Take `lead` on for sales; one that waits among the unassigned goes to who accepts it.

    Args:
        lead: The lead; its row is locked and read again before the check.
        by: The person who decides.
        at: When sales decided.
        seen: Id of the transition the person saw as the current one; None asks for no check.

    Returns:
        The stored transition.

    Raises:
        StageChangeRefusedError: The lead's stage does not allow it.
        StaleLeadError: Somebody changed the lead since.
        RoleRefusedError: The definitions do not name the role.
    """
    rep = getattr(by, "rep", None)
    is_free = Lead.objects.filter(pk=lead.pk, owner__isnull=True, stage=Stage.MQL).exists()
    if rep is not None and is_free:
        _check_role(to=Stage.ACCEPTED, by=by, at=at)
        row = AssignmentRow(lead_id=lead.pk, rep_id=rep.pk, rule="accepted_it")
        _assign(row=row, by=by, at=at)
        seen = None
    return make_move(move=Move(lead_id=lead.pk, to=Stage.ACCEPTED), seen=seen, by=by, at=at)


@transaction.atomic
def reject_lead(
    *,
    lead: Lead,
    reason: str,
    by: User,
    at: datetime,
    note: str = "",
    recycle_on: date | None = None,
    seen: int | None = None,
) -> Transition:
    """Turn `lead` down for `reason`; its clocks follow from the evidence.

    Args:
        lead: The lead; its row is locked and read again before the check.
        reason: Code of an entry of the reject list in use.
        by: The person who decides.
        at: When sales decided.
        note: Free text; some reasons need it.
        recycle_on: When to try again; "not now" needs it.
        seen: Id of the transition the person saw as the current one; None asks for no check.

    Returns:
        The stored transition.

    Raises:
        StageChangeRefusedError: The lead's stage does not allow it.
        StaleLeadError: Somebody changed the lead since.
        RequirementError: No reason of the list, or it asks for more than was given.
        RoleRefusedError: The definitions do not name the role.
    """
    move = Move(
        lead_id=lead.pk, to=Stage.REJECTED, reason=reason, note=note, recycle_on=recycle_on
    )
    return make_move(move=move, seen=seen, by=by, at=at)


@transaction.atomic
def recycle_lead(
    *,
    lead: Lead,
    reason: str,
    recycle_on: date | None,
    by: User,
    at: datetime,
    note: str = "",
    seen: int | None = None,
) -> Transition:
    """Give `lead` back to marketing until `recycle_on`; raises as `reject_lead`."""
    move = Move(
        lead_id=lead.pk, to=Stage.RECYCLED, reason=reason, note=note, recycle_on=recycle_on
    )
    return make_move(move=move, seen=seen, by=by, at=at)


@transaction.atomic
def disqualify_lead(
    *, lead: Lead, reason: str, by: User, at: datetime, note: str = "", seen: int | None = None
) -> Transition:
    """End the round of `lead` for good; raises as `reject_lead`."""
    move = Move(lead_id=lead.pk, to=Stage.DISQUALIFIED, reason=reason, note=note)
    return make_move(move=move, seen=seen, by=by, at=at)


@transaction.atomic
def void_lead(
    *, lead: Lead, reason: str, by: User, at: datetime, note: str = "", seen: int | None = None
) -> Transition:
    """Take the round of `lead` out of every number: a test or a duplicate; raises as reject."""
    move = Move(lead_id=lead.pk, to=Stage.VOID, reason=reason, note=note)
    return make_move(move=move, seen=seen, by=by, at=at)


@transaction.atomic
def mark_sql(
    *,
    lead: Lead,
    checklist: Mapping[str, bool],
    by: User,
    at: datetime,
    note: str = "",
    seen: int | None = None,
) -> Transition:
    """Say that `lead` passed discovery; one not accepted yet is accepted with it, marked implied.

    Args:
        lead: The lead; its row is locked and read again before the check.
        checklist: The discovery checklist of the definitions, each line confirmed or not.
        by: The person who decides.
        at: When sales decided.
        note: Free text.
        seen: Id of the transition the person saw as the current one; None asks for no check.

    Returns:
        The stored transition.

    Raises:
        RequirementError: A line of the checklist is open.
        StageChangeRefusedError: The lead's stage does not allow it.
        StaleLeadError: Somebody changed the lead since.
    """
    move = Move(lead_id=lead.pk, to=Stage.SQL, checklist=checklist, note=note)
    return make_move(move=move, seen=seen, by=by, at=at)


@transaction.atomic
def designate_mql(*, lead: Lead, reason: str, by: User, at: datetime) -> Transition:
    """Make `lead` an MQL by hand; it is marked manual in every number, and assigned.

    Args:
        lead: The lead.
        reason: Why, in the person's words; kept as a note.
        by: A person whose role the definition names.
        at: When it was decided.

    Returns:
        The stored transition.

    Raises:
        RequirementError: No reason was given.
        RoleRefusedError: The definitions do not name the role.
        StageChangeRefusedError: The lead is in a round already.
    """
    if not reason.strip():
        raise refusal(code=Refusal.NOTE_REQUIRED, message="Say why this lead qualifies.")
    move = Move(lead_id=lead.pk, to=Stage.MQL, note=reason, designation=Designation.MANUAL)
    stored = make_move(move=move, seen=None, by=by, at=at)
    assign_rounds(
        rows=[AssignmentRow(lead_id=lead.pk)], actor=actor_of(by), origin=Origin.FORM, at=at
    )
    return stored


@transaction.atomic
def log_contact(
    *,
    lead: Lead,
    kind: ActivityKind,
    outcome: ActivityOutcome | None,
    by: User,
    at: datetime,
    occurred_at: datetime | None = None,
    note: str = "",
) -> Activity:
    """Store an attempt to reach `lead`; it accepts nothing and decides nothing.

    Args:
        lead: The lead.
        kind: Call, mail, message or meeting.
        outcome: What came of it.
        by: The person who tried.
        at: The instant of the call.
        occurred_at: When it happened, if not just now.
        note: Free text.

    Returns:
        The stored activity.

    Raises:
        RequirementError: `occurred_at` lies in the future, or too far back to be typed in.
    """
    if occurred_at is not None:
        _check_backdating(occurred_at=occurred_at, note=note, by=by, at=at)
    rep = getattr(by, "rep", None)
    row = ActivityRow(
        lead_id=lead.pk,
        kind=kind,
        outcome=outcome,
        occurred_at=occurred_at,
        rep_id=rep.pk if rep else lead.owner_id,
        note=note,
    )
    (result,) = record_activities(rows=[row], actor=actor_of(by), origin=Origin.FORM, at=at, by=by)
    if result.code is not None:
        raise refusal(code=result.code, message=result.message)
    return Activity.objects.get(pk=stored_id(result.activity_id))


@transaction.atomic
def mark_working(*, lead: Lead, by: User, at: datetime, note: str = "") -> Lead:
    """Log that `lead` is being worked: the outcome promise is kept, the stage stays.

    Raises:
        StageChangeRefusedError: The lead is in no stage that is worked.
    """
    (result,) = record_dispositions(
        rows=[DispositionRow(lead_id=lead.pk, note=note)],
        actor=actor_of(by),
        origin=Origin.FORM,
        at=at,
        by=by,
    )
    if result.code is not None:
        raise refusal(code=result.code, message=result.message)
    return Lead.objects.get(pk=lead.pk)


@transaction.atomic
def assign_lead(*, lead: Lead, rep: Rep | None, by: User, at: datetime) -> Assignment:
    """Give `lead` to `rep`, or to the next in turn; who is away is refused.

    Args:
        lead: The lead.
        rep: The person wanted; None draws the next of the round robin.
        by: The person who decides.
        at: When it was decided.

    Returns:
        The stored assignment; without a rep when nobody is there.

    Raises:
        StageChangeRefusedError: The lead cannot be assigned, or has that owner already.
        RepAwayError: `rep` is away; the error names who covers.
    """
    result = _assign(
        row=AssignmentRow(lead_id=lead.pk, rep_id=rep.pk if rep else None), by=by, at=at
    )
    if result.status == Status.UNCHANGED:
        raise refusal(code=Refusal.STAGE, message=f"{lead} has that owner already.")
    return Assignment.objects.get(pk=stored_id(result.assignment_id))


def _assign(*, row: AssignmentRow, by: User, at: datetime) -> AssignmentResult:
    """Assign one lead and turn a refusal into its exception."""
    (result,) = assign_rounds(rows=[row], actor=actor_of(by), origin=Origin.FORM, at=at)
    if result.code is not None:
        raise refused_assignment(result)
    return result


def _check_backdating(*, occurred_at: datetime, note: str, by: User, at: datetime) -> None:
    """Refuse what was typed in too long after it happened. Source: sla-clock R11.

    From one business hour on it needs a note that says why; after five business days only an
    integration or RevOps may tell it.
    """
    hours = office_hours(terms=current_terms(at=at), at=at)
    if hours is None or occurred_at >= at:
        return
    is_old = hours.end_of_business_day(occurred_at, LATEST_DAYS) < at
    if is_old and not by.has_perm("pipeline.correct_contact"):
        raise refusal(
            code=Refusal.TOO_LATE,
            message="This was more than five business days ago. Ask RevOps to enter it.",
        )
    if hours.between(occurred_at, at) >= LATE and not note.strip():
        raise refusal(code=Refusal.NOTE_REQUIRED, message="Say in a note why it is entered late.")


def make_move(*, move: Move, seen: int | None, by: User, at: datetime) -> Transition:
    """Make one move and turn a refusal into its exception."""
    _check_role(to=move.to, by=by, at=at)
    if seen is not None:
        _check_fresh(lead_id=move.lead_id, seen=seen, at=at)
    (result,) = move_rounds(moves=[move], actor=actor_of(by), origin=Origin.FORM, at=at, by=by)
    if result.code is not None:
        raise refusal(code=result.code, message=result.message)
    if result.status == Status.UNCHANGED:
        raise refusal(code=Refusal.STAGE, message=f"The lead is {stages.words(move.to)} already.")
    return Transition.objects.get(pk=stored_id(result.transition_id))


def _check_role(*, to: Stage, by: User, at: datetime) -> None:
    """Refuse a person whose role the definitions in use do not name for the move."""
    current = version_in_use(kind=DocumentKind.DEFINITIONS, at=at)
    rule = definitions_of(current.version).transition(to=to)
    if rule is not None and by.role not in rule.roles:
        raise RoleRefusedError(
            f"The definitions leave this decision to others ({rule.decided_by.label}).",
            code=Refusal.ROLE,
        )


def _check_fresh(*, lead_id: int, seen: int, at: datetime) -> None:
    """Refuse when the round's current transition is not the one that was seen.

    The lead is locked first, so that nobody moves it between this check and the move.
    """
    lead = Lead.objects.select_for_update(no_key=True).get(pk=lead_id)
    current = lead.rounds.select_related("current_transition").order_by("number").last()
    standing = current.current_transition if current else None
    if standing is None or standing.pk == seen:
        return
    name = names_of([standing.actor])[standing.actor]
    word = Stage(standing.to_stage).label
    when = "just now"
    if at - standing.recorded_at >= JUST_NOW:
        when = f"{timesince(standing.recorded_at, at).split(',')[0]} ago"
    raise StaleLeadError(f"{word} by {name} {when}.", code=Refusal.STALE)


def stored_id(pk: int | None) -> int:
    """Return the id of a result that was created.

    Raises:
        ValueError: There is none; the service that was called has a mistake.
    """
    if pk is None:
        raise ValueError("a created row has no id")
    return pk
