"""What a move needs before it may be written; reads the board and the rulebook, writes nothing."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.choices import Designation, Origin, QualityFlag, Stage
from pipeline.models import Round
from pipeline.services.board import is_outbound
from pipeline.services.rows import MoveResult, Refusal, Status
from pipeline.services.rulebook import NOT_RECORDED
from revops.people.selectors import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from definitions.models import Reason
    from definitions.selectors import Entry
    from pipeline.models import Lead
    from pipeline.services.board import Board
    from pipeline.services.rows import Move
    from pipeline.services.rulebook import Rulebook

SKEW = timedelta(minutes=2)
"""How far ahead of our clock an instant may be; it is taken for now. Source: sla-clock R12b."""
REOPENS_WITHIN = timedelta(hours=24)
"""A lead that qualifies again this soon after recycling goes on with its old round (R16)."""
PROVISIONAL_ID = 2**62
"""Where the ids of steps begin that are planned and not stored yet."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A transition that will be inserted."""

    key: int
    move: Move
    round: Round
    entry: Entry
    from_stage: Stage
    to_stage: Stage
    occurred_at: datetime
    is_implied: bool
    reason: Reason | None


@dataclass
class Plan:
    """Planned steps in the order of insertion, new rounds, and one result per move."""

    board: Board
    rulebook: Rulebook
    origin: Origin
    at: datetime
    is_history: bool
    attempts: Mapping[int, int]
    round_ids: Iterator[int]
    steps: list[PlannedStep] = field(default_factory=list)
    new_rounds: list[Round] = field(default_factory=list)
    keys: Iterator[int] = field(default_factory=lambda: itertools.count(PROVISIONAL_ID))


class RefusedError(Exception):
    """A row cannot be stored; becomes the row's result."""

    def __init__(self, code: Refusal, message: str) -> None:
        """Keep the code beside the message for people."""
        super().__init__(message)
        self.code = code


def instant(*, stated: datetime | None, at: datetime) -> datetime:
    """Return when a row happened.

    Raises:
        RefusedError: It says it happens later than a skewed clock explains.
    """
    if stated is None:
        return at
    if stated > at + SKEW:
        raise RefusedError(Refusal.FUTURE, "This lies in the future.")
    return min(stated, at)


def live_instant(
    *, occurred_at: datetime, origin: Origin, begins: Iterable[datetime | None]
) -> datetime:
    """Return when a fact happened that another system tells now; never before its subject.

    Args:
        occurred_at: When it says it happened.
        origin: By which way it came; only the API is held to it, history is imported.
        begins: When the lead was captured and its round began, as far as they are known.

    Raises:
        RefusedError: It says it happened earlier than a skewed clock explains.
    """
    begin = max((known for known in begins if known is not None), default=occurred_at)
    if origin != Origin.API or occurred_at >= begin:
        return occurred_at
    if occurred_at < begin - SKEW:
        raise RefusedError(
            Refusal.TOO_EARLY,
            "occurred_at lies before the lead was captured or its round began;"
            " history is imported with `manage.py import`.",
        )
    return begin


def plan_move(plan: Plan, move: Move) -> MoveResult:
    """Plan one move; its steps join the board, so that the next move sees them."""
    try:
        return _plan(plan, move)
    except RefusedError as refusal:
        _drop_empty_round(plan, lead_id=move.lead_id)
        return MoveResult(
            status=Status.REFUSED, lead_id=move.lead_id, code=refusal.code, message=str(refusal)
        )


def _drop_empty_round(plan: Plan, *, lead_id: int) -> None:
    """Forget the round a refused move would have begun."""
    if plan.new_rounds and not plan.board.steps[plan.new_rounds[-1].pk]:
        plan.board.rounds[lead_id].remove(plan.new_rounds.pop())


def _plan(plan: Plan, move: Move) -> MoveResult:
    lead = plan.board.leads.get(move.lead_id)
    if lead is None:
        raise RefusedError(Refusal.UNKNOWN_LEAD, "There is no such lead.")
    occurred_at = _instant_of(plan, move=move, lead=lead)
    entry = plan.rulebook.entry_at(occurred_at)
    if entry is None:
        raise RefusedError(Refusal.NO_DEFINITIONS, "No definitions were in use then.")
    current = _round_of(plan, move=move, occurred_at=occurred_at, entry=entry)
    if move.expected_transition_id not in {None, current.current_transition_id}:
        raise RefusedError(Refusal.STALE, f"{lead} has changed since you opened it.")
    state = stages.before(
        at=occurred_at,
        steps=plan.board.steps[current.pk],
        is_outbound=is_outbound(current),
    )
    if _is_known(plan, current=current, to=move.to, occurred_at=occurred_at) or (
        state == move.to and plan.is_history
    ):
        return MoveResult(status=Status.UNCHANGED, lead_id=lead.pk, round_id=current.pk)
    flags = _check_stage(plan, move=move, current=current, state=state, occurred_at=occurred_at)
    reason, more_flags = _reason_of(plan, move=move, entry=entry)
    if not plan.is_history:
        _check_requirements(plan, move=move, entry=entry, reason=reason)
        _check_recycle_date(move, occurred_at=occurred_at)
    key = _add_steps(
        plan,
        move=move,
        current=current,
        state=state,
        entry=entry,
        occurred_at=occurred_at,
        reason=reason,
        is_odd=bool(flags),
    )
    return MoveResult(
        status=Status.CREATED,
        lead_id=lead.pk,
        round_id=current.pk,
        transition_id=key,
        flags=(*flags, *more_flags),
    )


def _instant_of(plan: Plan, *, move: Move, lead: Lead) -> datetime:
    occurred_at = instant(stated=move.occurred_at, at=plan.at)
    if plan.is_history:
        return occurred_at
    current = plan.board.round_at(lead_id=lead.pk, at=occurred_at)
    began = plan.board.began_at(current) if current is not None else None
    return live_instant(
        occurred_at=occurred_at, origin=plan.origin, begins=(lead.captured_at, began)
    )


def _round_of(plan: Plan, *, move: Move, occurred_at: datetime, entry: Entry) -> Round:
    """Return the round the move belongs to, a new one where the move begins it."""
    current = plan.board.round_at(lead_id=move.lead_id, at=occurred_at)
    if current is None:
        if move.to == Stage.MQL or move.starts_round:
            return _begin_round(plan, move=move, number=1, entry=entry)
        raise RefusedError(Refusal.NO_ROUND, "The lead is still in nurture.")
    if move.to != Stage.MQL or not _is_over(plan, current=current, at=occurred_at):
        return current
    return _begin_round(plan, move=move, number=current.number + 1, entry=entry)


def _is_over(plan: Plan, *, current: Round, at: datetime) -> bool:
    """Return whether an MQL at `at` begins a new round instead of belonging to `current`."""
    projection = plan.board.projection(current)
    closed_at = projection.reached.get(projection.stage)
    if projection.stage not in stages.CLOSED - {Stage.VOID} or closed_at is None:
        return False
    if plan.is_history and not is_outbound(current) and not _has_recorded_mql(plan, current):
        return False
    if projection.stage == Stage.RECYCLED and at - closed_at <= REOPENS_WITHIN:
        return False
    return at > closed_at and current is plan.board.latest_round(current.lead_id)


def _has_recorded_mql(plan: Plan, current: Round) -> bool:
    """Return whether a source said when the round became an MQL; else this may be the word."""
    return any(
        step.to == Stage.MQL and not step.is_implied for step in plan.board.steps[current.pk]
    )


def _begin_round(plan: Plan, *, move: Move, number: int, entry: Entry) -> Round:
    lead: Lead = plan.board.leads[move.lead_id]
    begun = Round(
        pk=next(plan.round_ids),
        lead=lead,
        number=number,
        designation=move.designation,
        rep_id=move.rep_id if move.designation == Designation.OUTBOUND else None,
        definitions_version_id=entry.version_id,
        fit_score=lead.fit_score,
        intent_score=lead.intent_score,
    )
    plan.board.rounds[lead.pk].append(begun)
    plan.new_rounds.append(begun)
    return begun


def _is_known(plan: Plan, *, current: Round, to: Stage, occurred_at: datetime) -> bool:
    """Return whether the very same fact is stored, as after importing a file again."""
    steps = plan.board.steps[current.pk]
    undone = {step.undoes for step in steps}
    return any(
        step.to == to
        and step.occurred_at == occurred_at
        and not step.is_implied
        and step.undoes is None
        and step.id not in undone
        for step in steps
    )


def _check_stage(
    plan: Plan, *, move: Move, current: Round, state: Stage, occurred_at: datetime
) -> tuple[QualityFlag, ...]:
    """Return the contradiction of a move that history brings all the same.

    Raises:
        RefusedError: The stage does not allow the move.
    """
    outbound = is_outbound(current)
    if stages.reaches(current=state, target=move.to, is_outbound=outbound):
        return ()
    if state == Stage.RECYCLED and move.to == Stage.MQL:
        return ()  # within a day of recycling: the old round goes on
    if plan.is_history:
        return () if stages.reopens(current=state, target=move.to) else (QualityFlag.OUT_OF_ORDER,)
    lead = plan.board.leads[move.lead_id]
    when = "" if occurred_at == plan.at else " at that time"
    if state == move.to:
        raise RefusedError(Refusal.STAGE, f"{lead} is already {stages.words(state)}.")
    raise RefusedError(
        Refusal.STAGE,
        f"{lead} is {stages.words(state)}{when} and cannot become {stages.words(move.to)}.",
    )


def _reason_of(
    plan: Plan, *, move: Move, entry: Entry
) -> tuple[Reason | None, tuple[QualityFlag, ...]]:
    """Return the reason of the list in use when the move happened.

    Raises:
        RefusedError: A reason is needed and none, or none of the list, is given.
    """
    purpose = stages.REASONED.get(move.to)
    code = move.reason.strip()
    if purpose is None:
        if code:
            raise RefusedError(Refusal.REASON_UNKNOWN, f"{move.to.label} takes no reason.")
        return None, ()
    flags: tuple[QualityFlag, ...] = ()
    if not code:
        if not plan.is_history:
            raise RefusedError(Refusal.REASON_REQUIRED, "Choose a reason from the list.")
        code, flags = NOT_RECORDED, (QualityFlag.REASON_MISSING,)
    reason = plan.rulebook.reason(entry=entry, purpose=purpose, code=code)
    if reason is None:
        raise RefusedError(
            Refusal.REASON_UNKNOWN, f"{code!r} is not a reason of the definitions in use."
        )
    if reason.history_only and plan.origin != Origin.IMPORT:
        raise RefusedError(
            Refusal.REASON_HISTORY_ONLY, f"{reason.label!r} is only for imported history."
        )
    return reason, flags


def _check_requirements(plan: Plan, *, move: Move, entry: Entry, reason: Reason | None) -> None:
    """Refuse a move that lacks what the definitions ask for.

    Raises:
        RefusedError: A note, a date, attempts or the checklist is missing.
    """
    if reason is not None:
        if reason.needs_note and not move.note.strip():
            raise RefusedError(Refusal.NOTE_REQUIRED, f"{reason.label!r} needs a note.")
        if reason.needs_date and move.recycle_on is None:
            raise RefusedError(Refusal.DATE_REQUIRED, f"{reason.label!r} needs a date.")
        made = plan.attempts.get(move.lead_id, 0)
        if made < reason.minimum_attempts:
            raise RefusedError(
                Refusal.ATTEMPTS_REQUIRED,
                f"{reason.label!r} needs {reason.minimum_attempts} attempts; {made} logged.",
            )
    rule = plan.rulebook.rule_of(entry=entry, to=move.to)
    asked = rule.checklist if rule is not None else ()
    open_items = [item.label for item in asked if not move.checklist.get(item.code)]
    if open_items:
        raise RefusedError(
            Refusal.CHECKLIST_REQUIRED, f"Not confirmed yet: {'; '.join(open_items)}."
        )


def _check_recycle_date(move: Move, *, occurred_at: datetime) -> None:
    """Refuse to try again on a day that was over when it was decided.

    Raises:
        RefusedError: The day lies in the past.
    """
    if move.recycle_on is None:
        return
    if move.recycle_on < local_day(at=occurred_at):
        raise RefusedError(Refusal.DATE_PAST, "The day to try again lies in the past.")


def _add_steps(
    plan: Plan,
    *,
    move: Move,
    current: Round,
    state: Stage,
    entry: Entry,
    occurred_at: datetime,
    reason: Reason | None,
    is_odd: bool,
) -> int:
    """Plan the move with the stages it skips; return the key of its own step."""
    targets = [move.to]
    if is_odd:
        state = stages.predecessor(current=state, target=move.to)
    else:
        targets = [
            *stages.implied_steps(current=state, target=move.to, is_outbound=is_outbound(current)),
            move.to,
        ]
    if move.recycle_on is not None:
        current.recycle_on = move.recycle_on
    key = 0
    for target in targets:
        key = next(plan.keys)
        is_implied = target != move.to
        plan.board.steps[current.pk].append(stages.Step(key, target, occurred_at, is_implied))
        plan.steps.append(
            PlannedStep(
                key=key,
                move=move,
                round=current,
                entry=entry,
                from_stage=state,
                to_stage=target,
                occurred_at=occurred_at,
                is_implied=is_implied,
                reason=None if is_implied else reason,
            )
        )
        state = target
    return key
