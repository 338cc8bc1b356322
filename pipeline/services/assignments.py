"""Giving leads to people: who is next, who is away, and why it became this one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from pipeline import stages
from pipeline.choices import Designation, Origin, SourceGroup, Stage
from pipeline.models import Assignment, Company, Round, Transition
from pipeline.services import evidence
from pipeline.services.board import Handover, draw_round_ids, load_board, save_board
from pipeline.services.planning import RefusedError, instant
from pipeline.services.rows import AssignmentResult, AssignmentRow, Refusal, Status
from pipeline.services.rulebook import Rulebook
from revops.outbox.services import Notice, announce
from revops.people.models import Absence, Organization, Rep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from pipeline.services.board import Board

ASSIGNABLE = frozenset(
    {Stage.NURTURE, Stage.MQL, Stage.ASSIGNED, Stage.ACCEPTED, Stage.SQL, Stage.OPPORTUNITY}
)


@dataclass
class Roster:
    """Who may take leads at one instant; `away` maps the absent to their cover."""

    logins: dict[int, int | None]
    takers: list[int]
    away: dict[int, int | None]
    draws: Iterator[int]

    def settle(self, rep_id: int, *, skipped: list[dict[str, Any]]) -> int | None:
        """Follow the chain of covers from `rep_id` to somebody who is there, or None."""
        seen: set[int] = set()
        candidate: int | None = rep_id
        while candidate is not None and candidate not in seen:
            if candidate not in self.away and candidate in self.logins:
                return candidate
            seen.add(candidate)
            skipped.append({"rep": candidate, "why": "away" if candidate in self.away else "left"})
            candidate = self.away.get(candidate)
        return None

    def next_in_turn(self, *, skipped: list[dict[str, Any]]) -> int | None:
        """Draw the next rep of the round robin who is there, None when all are away."""
        if not self.takers:
            return None
        start = next(self.draws)
        for step in range(len(self.takers)):
            candidate = self.takers[(start + step) % len(self.takers)]
            if candidate not in self.away:
                return candidate
            skipped.append({"rep": candidate, "why": "away"})
        return None


@dataclass
class Assigning:
    """What one call collects before it writes."""

    board: Board
    rulebook: Rulebook
    roster: Roster
    owners: dict[int, int]
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
    """Give leads to reps; who is away is replaced by the cover, and where nobody is there the
    lead waits among the unassigned.

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
    call = Assigning(
        board=board,
        rulebook=Rulebook(),
        roster=read_roster(at=at, draws=sum(1 for row in rows if row.rep_id is None)),
        owners=_account_owners(board),
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


def read_roster(*, at: datetime, draws: int) -> Roster:
    """Return who may take leads at `at`; `draws` turns of the round robin are drawn."""
    organization = Organization.objects.first()
    zone = ZoneInfo(organization.timezone if organization else "UTC")
    today = at.astimezone(zone).date()
    reps = list(Rep.objects.active().order_by("pk").values_list("pk", "user_id", "takes_leads"))
    absences = Absence.objects.filter(starts_on__lte=today, ends_on__gt=today)
    return Roster(
        logins={pk: user_id for pk, user_id, _ in reps},
        takers=[pk for pk, _, takes_leads in reps if takes_leads],
        away=dict(absences.order_by("pk").values_list("rep_id", "cover_id")),
        draws=_draw(draws),
    )


def _draw(count: int) -> Iterator[int]:
    if not count:
        return iter(())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('pipeline_round_robin') FROM generate_series(1, %s)", [count]
        )
        return iter([row[0] for row in cursor.fetchall()])


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
        return AssignmentResult(
            status=Status.REFUSED, lead_id=row.lead_id, code=refusal.code, message=str(refusal)
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
        raise RefusedError(Refusal.STAGE, f"{lead} is {stage.label} and cannot be assigned.")
    rep_id, why = _choose(call, row=row)
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
    before = stages.before(at=assigned_at, steps=call.board.steps[current.pk])
    if not is_queued and before in {Stage.NURTURE, Stage.MQL}:
        step = Transition(
            round=current,
            from_stage=before,
            to_stage=Stage.ASSIGNED,
            occurred_at=assigned_at,
            recorded_at=call.at,
            actor=call.actor,
            rep_id=rep_id,
            origin=call.origin,
            definitions_version_id=entry.version_id,
        )
        call.board.steps[current.pk].append(stages.Step(-1 - index, Stage.ASSIGNED, assigned_at))
    call.planned[index] = Planned(row, current, assignment, step)
    return AssignmentResult(status=Status.CREATED, lead_id=lead.pk, rep_id=rep_id)


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


def _choose(call: Assigning, *, row: AssignmentRow) -> tuple[int | None, dict[str, Any]]:
    """Return who gets the lead, and why."""
    if row.is_recorded:
        return row.rep_id, {"rule": row.rule or "recorded"}
    skipped: list[dict[str, Any]] = []
    roster = call.roster
    wanted = row.rep_id or call.owners.get(row.lead_id)
    rule = row.rule or ("chosen" if row.rep_id else "account_owner")
    if row.rep_id is not None and row.rep_id not in roster.logins:
        raise RefusedError(Refusal.UNKNOWN_REP, "This person takes no leads.")
    chosen = roster.settle(wanted, skipped=skipped) if wanted is not None else None
    if chosen is not None and chosen != wanted:
        rule = "cover"
    if chosen is None and row.rep_id is None:
        chosen, rule = roster.next_in_turn(skipped=skipped), row.rule or "round_robin"
    if chosen is None:
        rule = "nobody_there"
    return chosen, {"rule": rule, "skipped": skipped}


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
    facts = [
        evidence.of_assignment(
            row=plan.assignment, lead_id=plan.row.lead_id, round_number=plan.round.number
        )
        for plan in to_people
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
