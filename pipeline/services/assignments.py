"""Giving leads to people: who is next, who is away, and why it became this one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction

from pipeline import stages
from pipeline.choices import Designation, Origin, SourceGroup, Stage
from pipeline.models import Assignment, Company, Round, Transition
from pipeline.selectors.handoff import missing_at_handoff
from pipeline.selectors.handover import HELD
from pipeline.services import evidence
from pipeline.services.board import Handover, draw_round_ids, load_board, save_board
from pipeline.services.planning import RefusedError, instant
from pipeline.services.roster import Found, read_roster
from pipeline.services.rows import AssignmentResult, AssignmentRow, Refusal, Status
from pipeline.services.rulebook import Rulebook
from revops.outbox.services import Notice, announce

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from pipeline.services.board import Board
    from pipeline.services.roster import Roster

ASSIGNABLE = frozenset(
    {Stage.NURTURE, Stage.MQL, Stage.ASSIGNED, Stage.ACCEPTED, Stage.SQL, Stage.OPPORTUNITY}
)


class AwayError(RefusedError):
    """The person chosen is away; `cover_id` stands in, None where nobody does."""

    def __init__(self, *, name: str, cover_id: int | None, cover: str) -> None:
        self.cover_id = cover_id
        offer = f"{cover} covers." if cover else "Nobody covers; choose somebody else."
        super().__init__(Refusal.REP_AWAY, f"{name} is away. {offer}")


@dataclass
class Assigning:
    """What one call collects before it writes."""

    board: Board
    rulebook: Rulebook
    roster: Roster
    wanted: Sequence[int | None]
    round_ids: Iterator[int]
    actor: str
    origin: Origin
    at: datetime
    rounds: list[Round] = field(default_factory=list)
    planned: dict[int, Planned] = field(default_factory=dict)


@dataclass
class Planned:
    """One assignment to insert, and the transition that goes with it where there is one."""

    row: AssignmentRow
    round: Round
    assignment: Assignment
    transition: Transition | None


@transaction.atomic
def assign_rounds(
    *,
    rows: Sequence[AssignmentRow],
    actor: str,
    origin: Origin,
    at: datetime,
) -> list[AssignmentResult]:
    """Give leads to reps; for an owner who is away the cover steps in, and where nobody is there
    the lead waits among the unassigned. A person who was chosen and is away is refused.

    The number of statements does not depend on the number of rows.

    Args:
        rows: The leads, with the rep or none for the next in turn.
        actor: `user:<id>`, `key:<id>` or `system:<job>`.
        origin: By which way they entered.
        at: The instant of the call; `assigned_at` of rows that state none.

    Returns:
        One result per row, in order.
    """  # noqa: D205 - the sentence needs two lines
    if not rows:
        return []
    board = load_board(lead_ids=[row.lead_id for row in rows])
    owners = _account_owners(board)
    wanted = [row.rep_id or row.holder_id or owners.get(row.lead_id) for row in rows]
    call = Assigning(
        board=board,
        rulebook=Rulebook(),
        roster=read_roster(rows=rows, wanted=wanted, at=at),
        wanted=wanted,
        round_ids=draw_round_ids(
            sum(1 for row in rows if row.is_recorded and not board.rounds.get(row.lead_id))
        ),
        actor=actor,
        origin=origin,
        at=at,
    )
    results = [_assign(call, index, row) for index, row in enumerate(rows)]
    _store(call)
    return [_with_id(result, call.planned.get(index)) for index, result in enumerate(results)]


def _account_owners(board: Board) -> dict[int, int]:
    """Return the owner of each lead's account by lead; an existing owner wins."""
    companies = {lead.company_id for lead in board.leads.values() if lead.company_id}
    owners = dict(
        Company.objects.filter(pk__in=companies, owner__isnull=False).values_list("pk", "owner_id")
    )
    return {
        lead.pk: owners[lead.company_id]
        for lead in board.leads.values()
        if lead.company_id in owners
    }


def _assign(call: Assigning, index: int, row: AssignmentRow) -> AssignmentResult:
    try:
        return _plan(call, index, row)
    except RefusedError as refusal:
        cover_id = refusal.cover_id if isinstance(refusal, AwayError) else None
        return AssignmentResult(
            status=Status.REFUSED,
            lead_id=row.lead_id,
            cover_id=cover_id,
            code=refusal.code,
            message=str(refusal),
        )


def _plan(call: Assigning, index: int, row: AssignmentRow) -> AssignmentResult:
    lead = call.board.leads.get(row.lead_id)
    if lead is None:
        raise RefusedError(Refusal.UNKNOWN_LEAD, "There is no such lead.")
    assigned_at = instant(stated=row.assigned_at, at=call.at)
    entry = call.rulebook.entry_at(assigned_at)
    if entry is None:
        raise RefusedError(Refusal.NO_DEFINITIONS, "No definitions were in use then.")
    current = call.board.round_at(lead_id=lead.pk, at=assigned_at)
    if current is None:
        if not row.is_recorded:
            raise RefusedError(Refusal.NO_ROUND, f"{lead} is still in nurture.")
        current = _begin_round(call, lead_id=lead.pk, version_id=entry.version_id)
    stage = Stage(call.board.projection(current).stage)
    if not row.is_recorded and stage not in ASSIGNABLE:
        raise RefusedError(Refusal.STAGE, f"{lead} is {stages.words(stage)}, not to be assigned.")
    if row.holder_id is not None and not (lead.owner_id == row.holder_id and stage in HELD):
        return AssignmentResult(status=Status.UNCHANGED, lead_id=lead.pk, rep_id=lead.owner_id)
    rep_id, why = _choose(call, row=row, wanted=call.wanted[index])
    if row.holder_id is not None and rep_id is None:
        return AssignmentResult(status=Status.UNCHANGED, lead_id=lead.pk, rep_id=lead.owner_id)
    if _is_known(call, row=row, current=current, rep_id=rep_id, assigned_at=assigned_at):
        return AssignmentResult(status=Status.UNCHANGED, lead_id=lead.pk, rep_id=rep_id)
    is_queued = rep_id is None and not row.is_recorded
    assignment = Assignment(
        round=current,
        rep_id=rep_id,
        assigned_at=assigned_at,
        recorded_at=call.at,
        actor=call.actor,
        why=why,
        to_queue=is_queued,
    )
    # Keys below zero hold the place of ids that the database has not given yet.
    call.board.handovers[current.pk].append(
        Handover(-1 - index, rep_id, assigned_at, to_queue=is_queued)
    )
    step = None
    if not is_queued:
        step = _first_step(call, index, assignment=assignment, version_id=entry.version_id)
    call.planned[index] = Planned(row, current, assignment, step)
    return AssignmentResult(status=Status.CREATED, lead_id=lead.pk, rep_id=rep_id)


def _first_step(
    call: Assigning, index: int, *, assignment: Assignment, version_id: int
) -> Transition | None:
    """Plan the transition that goes with the first assignment; None for a later one."""
    current, assigned_at = assignment.round, assignment.assigned_at
    before = stages.before(at=assigned_at, steps=call.board.steps[current.pk])
    if before not in {Stage.NURTURE, Stage.MQL}:
        return None
    call.board.steps[current.pk].append(stages.Step(-1 - index, Stage.ASSIGNED, assigned_at))
    return Transition(
        round=current,
        from_stage=before,
        to_stage=Stage.ASSIGNED,
        occurred_at=assigned_at,
        recorded_at=call.at,
        actor=call.actor,
        rep_id=assignment.rep_id,
        origin=call.origin,
        definitions_version_id=version_id,
    )


def _begin_round(call: Assigning, *, lead_id: int, version_id: int) -> Round:
    """Begin the round of a lead that was given to sales without ever qualifying."""
    lead = call.board.leads[lead_id]
    is_sales = lead.source_group == SourceGroup.OUTBOUND
    begun = Round(
        pk=next(call.round_ids),
        lead=lead,
        number=1,
        designation=Designation.OUTBOUND if is_sales else Designation.IMPORTED,
        definitions_version_id=version_id,
        fit_score=lead.fit_score,
        intent_score=lead.intent_score,
    )
    call.board.rounds[lead_id].append(begun)
    call.rounds.append(begun)
    return begun


def _choose(
    call: Assigning, *, row: AssignmentRow, wanted: int | None
) -> tuple[int | None, dict[str, Any]]:
    """Return who gets the lead, and why."""
    if row.is_recorded:
        return row.rep_id, {"rule": row.rule or "recorded"}
    roster = call.roster
    if row.rep_id is not None and row.rep_id not in roster.logins:
        raise RefusedError(Refusal.UNKNOWN_REP, "This person takes no leads.")
    found = roster.stand_ins[wanted] if wanted is not None else Found()
    if row.rep_id is not None and found.rep_id != row.rep_id:
        raise AwayError(
            name=roster.names[row.rep_id],
            cover_id=found.rep_id,
            cover=roster.names.get(found.rep_id or 0, ""),
        )
    if found.rep_id is None:
        turn = next(roster.turns, Found())
        found = Found(turn.rep_id, turn.rule, found.skipped + turn.skipped)
    rule = found.rule
    if row.holder_id is not None:
        rule = row.rule
    elif rule not in {"cover", "nobody_there"}:
        rule = row.rule or ("chosen" if row.rep_id is not None else rule)
    why = {"rule": rule, "skipped": list(found.skipped)}
    return found.rep_id, why if row.absence_id is None else why | {"absence": row.absence_id}


def _is_known(
    call: Assigning,
    *,
    row: AssignmentRow,
    current: Round,
    rep_id: int | None,
    assigned_at: datetime,
) -> bool:
    """Return whether the assignment is stored already, or the lead already is where it goes."""
    handovers = call.board.handovers[current.pk]
    undone = {handover.undoes for handover in handovers}
    standing = [
        handover for handover in handovers if handover.undoes is None and handover.id not in undone
    ]
    if row.is_recorded:
        return any(
            handover.assigned_at == assigned_at and handover.rep_id == rep_id
            for handover in standing
        )
    standing.sort(key=lambda handover: (handover.assigned_at, handover.id))
    return bool(standing) and standing[-1].rep_id == rep_id


def _store(call: Assigning) -> None:
    """Insert what was planned, save the leads and tell the clocks."""
    planned = list(call.planned.values())
    if not planned:
        return
    Round.objects.bulk_create(call.rounds)
    Assignment.objects.bulk_create(plan.assignment for plan in planned)
    Transition.objects.bulk_create(
        plan.transition for plan in planned if plan.transition is not None
    )
    for round_id in {plan.round.pk for plan in planned}:
        _replace_keys(call, round_id=round_id)
    lead_ids = {plan.row.lead_id for plan in planned}
    save_board(call.board, lead_ids=lead_ids, at=call.at)
    to_people = [plan for plan in planned if not plan.assignment.to_queue]
    missing = missing_at_handoff(
        handoffs=[(plan.round, plan.assignment.assigned_at) for plan in to_people],
        schedule=call.rulebook.schedule,
    )
    facts = [
        evidence.of_assignment(
            row=plan.assignment,
            lead_id=plan.row.lead_id,
            round_number=plan.round.number,
            missing=codes,
        )
        for plan, codes in zip(to_people, missing, strict=True)
    ]
    evidence.tell(facts=facts, lead_ids=lead_ids, actor=call.actor, at=call.at)
    _announce(call, plans=(plan for plan in to_people if not plan.row.is_recorded))


def _replace_keys(call: Assigning, *, round_id: int) -> None:
    """Put the stored ids where the plan held places."""
    board = call.board
    board.handovers[round_id] = [
        Handover(
            call.planned[-1 - known.id].assignment.pk if known.id < 0 else known.id,
            known.rep_id,
            known.assigned_at,
            known.to_queue,
            known.undoes,
        )
        for known in board.handovers[round_id]
    ]
    board.steps[round_id] = [
        stages.Step(_step_id(call, known.id), known.to, known.occurred_at, known.is_implied,
                    known.undoes)
        for known in board.steps[round_id]
    ]  # fmt: skip


def _step_id(call: Assigning, known: int) -> int:
    if known >= 0:
        return known
    step = call.planned[-1 - known].transition
    if step is None:  # planned together with the key
        raise AssertionError(known)
    return int(step.pk)


def _announce(call: Assigning, *, plans: Iterable[Planned]) -> None:
    notices = [
        Notice(
            key=f"lead.assigned:{plan.assignment.pk}",
            kind="lead.assigned",
            payload={
                "lead": plan.row.lead_id,
                "round": plan.round.pk,
                "rep": plan.assignment.rep_id,
                "assignment": plan.assignment.pk,
                "to": [login for login in [_login(call, plan)] if login is not None],
            },
        )
        for plan in plans
    ]
    if notices:
        announce(notices=notices, at=call.at)


def _login(call: Assigning, plan: Planned) -> int | None:
    """Return the user behind the rep, whom a notice can reach."""
    return call.roster.logins.get(plan.assignment.rep_id or 0)


def _with_id(result: AssignmentResult, plan: Planned | None) -> AssignmentResult:
    if plan is None:
        return result
    return AssignmentResult(
        status=result.status,
        lead_id=result.lead_id,
        assignment_id=plan.assignment.pk,
        rep_id=result.rep_id,
    )
