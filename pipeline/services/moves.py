"""Moving rounds from stage to stage: the one writer of transitions, for one lead or thousands."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from definitions.selectors import definitions_of
from pipeline import stages
from pipeline.choices import Designation, Origin, Stage
from pipeline.models import Activity, LeadNote, Round, Transition
from pipeline.selectors.handoff import missing_at_handoff
from pipeline.services import evidence
from pipeline.services.board import draw_round_ids, load_board, save_board
from pipeline.services.planning import Plan, plan_move
from pipeline.services.rows import MoveResult, Status
from pipeline.services.rulebook import Rulebook
from revops.outbox.services import Notice, announce

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pipeline.services.board import Board
    from pipeline.services.planning import PlannedStep
    from pipeline.services.rows import Move
    from revops.people.models import User

COLLAPSE = timedelta(minutes=15)
"""Two attempts on one channel closer than this are one (decisions 9)."""
NOTICES = {
    Stage.ACCEPTED: "lead.accepted",
    Stage.REJECTED: "lead.rejected",
    Stage.RECYCLED: "lead.recycled",
}


@transaction.atomic
def move_rounds(
    *,
    moves: Sequence[Move],
    actor: str,
    origin: Origin,
    at: datetime,
    by: User | None = None,
    is_history: bool = False,
) -> list[MoveResult]:
    """Move rounds; every stage change of the product is written here.

    The number of statements does not depend on the number of moves. A refused move changes
    nothing and does not keep the others from being stored.

    Args:
        moves: What happened; several moves of one lead are allowed.
        actor: `user:<id>`, `key:<id>` or `system:<job>`.
        origin: By which way the facts entered.
        at: The instant of the call; `occurred_at` of moves that state none.
        by: The person who acts; the author of notes.
        is_history: The moves were made in another system: they are stored in the order of
            their instants, contradictions are flagged and requirements are not asked again.

    Returns:
        One result per move, in order.
    """
    if not moves:
        return []
    board = load_board(lead_ids=[move.lead_id for move in moves])
    plan = Plan(
        board=board,
        rulebook=Rulebook(),
        origin=origin,
        at=at,
        is_history=is_history,
        attempts={} if is_history else count_attempts(moves=moves, board=board),
        round_ids=draw_round_ids(
            sum(1 for move in moves if move.to == Stage.MQL or move.starts_round)
        ),
    )
    order = list(range(len(moves)))
    if is_history:
        order = sorted(order, key=lambda index: _time_order(moves[index], at=at))
    planned = {index: plan_move(plan, moves[index]) for index in order}
    rows = _insert(plan, actor=actor, at=at, by=by)
    results = [_with_id(planned[index], rows) for index in range(len(moves))]
    touched = {result.lead_id for result in results if result.status == Status.CREATED}
    if touched:
        save_board(board, lead_ids=touched, at=at)
        _tell(plan, rows, actor=actor, at=at)
    return results


def _time_order(move: Move, *, at: datetime) -> tuple[datetime, int]:
    return move.occurred_at or at, stages.RANK[move.to]


def count_attempts(*, moves: Sequence[Move], board: Board) -> Mapping[int, int]:
    """Count the distinct human attempts of the leads' current rounds, one statement.

    Only moves that need a reason are looked at: a reason may ask for a number of attempts.
    """
    wanted = {move.lead_id for move in moves if move.to in stages.GIVEN_BACK}
    if not wanted:
        return {}
    counts: Counter[int] = Counter()
    last: dict[tuple[int, str], datetime] = {}
    rows = (
        Activity.objects.filter(lead__in=wanted, is_automatic=False, voided_at__isnull=True)
        .order_by("lead_id", "occurred_at", "pk")
        .values_list("lead_id", "kind", "occurred_at")
    )
    for lead_id, kind, occurred_at in rows:
        current = board.latest_round(lead_id)
        begins = None if current is None else current.assigned_at or current.mql_at
        if begins is not None and occurred_at < begins:
            continue
        before = last.get((lead_id, kind))
        if before is None or occurred_at - before >= COLLAPSE:
            counts[lead_id] += 1
            last[lead_id, kind] = occurred_at
    return counts


def _insert(plan: Plan, *, actor: str, at: datetime, by: User | None) -> dict[int, Transition]:
    """Insert rounds, transitions and notes; return the transitions by the keys of the plan."""
    Round.objects.bulk_create(plan.new_rounds)
    rows = [
        Transition(
            round=step.round,
            from_stage=step.from_stage,
            to_stage=step.to_stage,
            occurred_at=step.occurred_at,
            recorded_at=at,
            actor=actor,
            rep_id=step.move.rep_id or step.round.rep_id,
            origin=plan.origin,
            is_implied=step.is_implied,
            definitions_version_id=step.entry.version_id,
            reason=step.reason,
            reason_purpose=step.reason.purpose if step.reason else "",
            checklist={} if step.is_implied else _checklist(step.move),
        )
        for step in plan.steps
    ]
    Transition.objects.bulk_create(rows)
    by_key = {step.key: row for step, row in zip(plan.steps, rows, strict=True)}
    for current in {step.round.pk for step in plan.steps}:
        plan.board.steps[current] = [
            replace(step, id=by_key[step.id].pk) if step.id in by_key else step
            for step in plan.board.steps[current]
        ]
    LeadNote.objects.bulk_create(
        LeadNote(
            lead_id=step.move.lead_id,
            transition=by_key[step.key],
            text=step.move.note.strip(),
            author=by,
            written_at=at,
        )
        for step in plan.steps
        if step.move.note.strip() and not step.is_implied
    )
    return by_key


def _checklist(move: Move) -> dict[str, object]:
    """Return what was confirmed; yes and no only, because append-only rows hold no free text."""
    told: dict[str, object] = {code: bool(value) for code, value in move.checklist.items()}
    if move.recycle_on is not None:
        told["recycle_on"] = move.recycle_on.isoformat()
    return told


def _with_id(result: MoveResult, rows: Mapping[int, Transition]) -> MoveResult:
    if result.transition_id is None:
        return result
    return replace(result, transition_id=rows[result.transition_id].pk)


def _tell(plan: Plan, rows: Mapping[int, Transition], *, actor: str, at: datetime) -> None:
    """Write evidence and notices of the stored steps and refold the leads' clocks."""
    facts, notices, lead_ids = [], [], set()
    missing = _missing(plan)
    for step in plan.steps:
        row, lead = rows[step.key], plan.board.leads[step.move.lead_id]
        lead_ids.add(lead.pk)
        fact = evidence.of_transition(
            row=row,
            lead=lead,
            round_number=step.round.number,
            reason=step.reason.code if step.reason else "",
            qualified=_qualified(plan, step),
            missing=missing.get(step.key, ()),
        )
        if fact is not None:
            facts.append(fact)
        kind = NOTICES.get(step.to_stage)
        if kind and not plan.is_history:
            payload = {"lead": lead.pk, "round": step.round.pk, "transition": row.pk}
            notices.append(Notice(key=f"{kind}:{row.pk}", kind=kind, payload=payload))
    evidence.tell(facts=facts, lead_ids=lead_ids, actor=actor, at=at)
    if notices:
        announce(notices=notices, at=at)


def _qualified(plan: Plan, step: PlannedStep) -> dict[str, int | None]:
    """Return the fit of a round that became an MQL by somebody's word, not by the definition.

    In history a fit of nothing is one that nobody scored.
    """
    if step.to_stage != Stage.MQL or step.move.designation == Designation.SCORED:
        return {}
    fit = step.round.fit_score
    rule = definitions_of(step.entry).mql
    return evidence.fit_of_mql(
        fit=(fit or None) if plan.is_history else fit, threshold=rule.fit_threshold
    )


def _missing(plan: Plan) -> dict[int, list[str]]:
    """Return what lacked at the handoffs that name no person, by step; at most two statements."""
    steps = [s for s in plan.steps if s.to_stage == Stage.ASSIGNED and not s.is_implied]
    if not steps:
        return {}
    found = missing_at_handoff(
        handoffs=[(step.round, step.occurred_at) for step in steps],
        schedule=plan.rulebook.schedule,
    )
    return {step.key: codes for step, codes in zip(steps, found, strict=True)}
