"""Taking back: a compensating row, and both rows stay."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from pipeline import stages
from pipeline.choices import Origin, Stage
from pipeline.models import Activity, Assignment, Lead, Round, Transition
from pipeline.selectors.actors import actor_of
from pipeline.services import evidence
from pipeline.services.board import Handover, load_board, save_board
from pipeline.services.errors import refusal
from pipeline.services.rows import Refusal
from pipeline.services.voids import take_back

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipeline.services.board import Board
    from revops.people.models import User

WINDOW = timedelta(minutes=15)
UNDOABLE = frozenset({Stage.ACCEPTED, Stage.SQL}) | stages.GIVEN_BACK


@transaction.atomic
def undo_move(*, transition: Transition, by: User, at: datetime) -> Lead:
    """Take back what `by` decided on a lead within the last 15 minutes.

    Stages that were implied by the same decision are taken back with it.

    Args:
        transition: The round's current transition.
        by: The person who made it.
        at: The instant.

    Returns:
        The stored lead, where it was before.

    Raises:
        UndoRefusedError: It is too late, somebody else's, or something followed.
    """
    lead_id = transition.round.lead_id
    Lead.objects.select_for_update(no_key=True).get(pk=lead_id)
    current = Round.objects.get(pk=transition.round_id)
    _check_own(actor=transition.actor, recorded_at=transition.recorded_at, by=by, at=at)
    if Stage(transition.to_stage) not in UNDOABLE or current.current_transition_id != (
        transition.pk
    ):
        raise refusal(code=Refusal.NOT_UNDOABLE, message="Something else followed already.")
    implied = Transition.objects.filter(
        round=current,
        is_implied=True,
        actor=transition.actor,
        recorded_at=transition.recorded_at,
        undone_by__isnull=True,
    ).values_list("pk", flat=True)
    undo_moves(transition_ids=[*implied, transition.pk], actor=actor_of(by), at=at)
    return Lead.objects.get(pk=lead_id)


@transaction.atomic
def undo_moves(*, transition_ids: Sequence[int], actor: str, at: datetime) -> int:
    """Take back transitions, such as those that voided the rounds of an undone import.

    The number of statements does not depend on the number of transitions. One that was taken
    back before is left as it is.

    Returns:
        How many were taken back.
    """
    lead_ids = list(
        Round.objects.filter(transitions__in=transition_ids).values_list("lead", flat=True)
    )
    board = load_board(lead_ids=lead_ids)
    found = list(
        Transition.objects.filter(pk__in=transition_ids, undone_by__isnull=True)
        .exclude(origin=Origin.UNDO)
        .select_related("round")
        .order_by("-pk")
    )
    rows = _compensate(found, actor=actor, at=at)
    Transition.objects.bulk_create(rows)
    for row in rows:
        board.steps[row.round_id].append(
            stages.Step(row.pk, Stage(row.to_stage), at, undoes=row.undoes_id)
        )
    facts = [
        evidence.taken_back(
            source=evidence.TRANSITION, source_id=undone.pk, lead_id=undone.round.lead_id, at=at
        )
        for undone in found
    ]
    touched = {undone.round.lead_id for undone in found}
    if touched:
        _restore_recycle_dates(board, undone=found)
        save_board(board, lead_ids=touched, at=at)
        evidence.tell(facts=facts, lead_ids=touched, actor=actor, at=at)
    return len(rows)


def _restore_recycle_dates(board: Board, *, undone: Sequence[Transition]) -> None:
    """Take back the days to try again that went with what was undone; one statement at most."""
    dated = {row.round_id for row in undone if "recycle_on" in row.checklist}
    if not dated:
        return
    standing = Transition.objects.filter(
        round__in=dated, checklist__has_key="recycle_on", undone_by__isnull=True
    ).order_by("occurred_at", "pk")
    left = {row.round_id: date.fromisoformat(row.checklist["recycle_on"]) for row in standing}
    for rounds in board.rounds.values():
        for current in rounds:
            if current.pk in dated:
                current.recycle_on = left.get(current.pk)


def _compensate(found: Sequence[Transition], *, actor: str, at: datetime) -> list[Transition]:
    """Return the rows that lead back, each with the reason the earlier stage was given."""
    earlier = _reasons_of(found)
    rows = []
    for undone in found:
        reason = earlier.get((undone.round_id, undone.from_stage))
        version_id = reason.definitions_version_id if reason else undone.definitions_version_id
        rows.append(
            Transition(
                round_id=undone.round_id,
                from_stage=undone.to_stage,
                to_stage=undone.from_stage,
                occurred_at=at,
                recorded_at=at,
                actor=actor,
                rep_id=undone.rep_id,
                origin=Origin.UNDO,
                definitions_version_id=version_id,
                reason_id=reason.reason_id if reason else None,
                reason_purpose=reason.reason_purpose if reason else "",
                undoes=undone,
            )
        )
    return rows


def _reasons_of(undone: Sequence[Transition]) -> dict[tuple[int, str], Transition]:
    """Return the latest reasoned transition of each round by the stage it led to."""
    reasoned = Transition.objects.filter(
        round__in={row.round_id for row in undone}, reason__isnull=False
    ).order_by("pk")
    return {(row.round_id, row.to_stage): row for row in reasoned}


@transaction.atomic
def undo_assignment(*, assignment: Assignment, by: User, at: datetime) -> Lead:
    """Give a lead back to whom it belonged before `by` assigned it; raises as `undo_move`."""
    lead_id = assignment.round.lead_id
    board = load_board(lead_ids=[lead_id])
    _check_own(actor=assignment.actor, recorded_at=assignment.recorded_at, by=by, at=at)
    handovers = board.handovers[assignment.round_id]
    undone = {handover.undoes for handover in handovers}
    standing = [row for row in handovers if row.undoes is None and row.id not in undone]
    standing.sort(key=lambda row: (row.assigned_at, row.id))
    current = Round.objects.select_related("current_transition").get(pk=assignment.round_id)
    moved = current.current_transition
    if not standing or standing[-1].id != assignment.pk or current.stage not in {
        Stage.ASSIGNED, Stage.MQL,
    }:  # fmt: skip
        raise refusal(code=Refusal.NOT_UNDOABLE, message="Something else followed already.")
    before = standing[-2].rep_id if len(standing) > 1 else None
    row = Assignment.objects.create(
        round=current,
        rep_id=before,
        assigned_at=at,
        recorded_at=at,
        actor=actor_of(by),
        why={"rule": "undo"},
        undoes=assignment,
    )
    board.handovers[current.pk].append(Handover(row.pk, before, at, undoes=assignment.pk))
    # Without anybody before, nobody is the rep any more.
    for known in board.rounds[lead_id]:
        if known.pk == current.pk and before is None:
            known.rep_id = None
    save_board(board, lead_ids=[lead_id], at=at)
    fact = evidence.taken_back(
        source=evidence.ASSIGNMENT, source_id=assignment.pk, lead_id=lead_id, at=at
    )
    evidence.tell(facts=[fact], lead_ids=[lead_id], actor=actor_of(by), at=at)
    if (
        moved is not None
        and moved.to_stage == Stage.ASSIGNED
        and (moved.recorded_at == assignment.recorded_at)
    ):
        undo_moves(transition_ids=[moved.pk], actor=actor_of(by), at=at)
    return Lead.objects.get(pk=lead_id)


@transaction.atomic
def undo_contact(*, activity: Activity, by: User, at: datetime) -> Lead:
    """Take back a logged contact; it counts for nothing any more. Raises as `undo_move`."""
    lead = Lead.objects.select_for_update(no_key=True).get(pk=activity.lead_id)
    found = Activity.objects.select_for_update(no_key=True).get(pk=activity.pk)
    _check_own(actor=found.actor, recorded_at=found.recorded_at, by=by, at=at)
    if found.voided_at is not None:
        raise refusal(code=Refusal.NOT_UNDOABLE, message="It was taken back before.")
    take_back(found, lead=lead, actor=actor_of(by), at=at)
    return lead


def _check_own(*, actor: str, recorded_at: datetime, by: User, at: datetime) -> None:
    if actor != actor_of(by):
        raise refusal(code=Refusal.NOT_UNDOABLE, message="Only who did it can undo it.")
    if at - recorded_at > WINDOW:
        raise refusal(
            code=Refusal.NOT_UNDOABLE, message="It can be undone for 15 minutes; they are over."
        )
