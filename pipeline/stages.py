"""Which stage may follow which; the same table is the CHECK of the transition rows.

Order in time is not ruled here: late and odd rows are normal, a contradiction is flagged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipeline.choices import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

REASONED: Final = {
    Stage.REJECTED: "reject",
    Stage.RECYCLED: "recycle",
    Stage.DISQUALIFIED: "disqualify",
    Stage.LOST: "closed_lost",
    Stage.VOID: "void",
}
"""Stages that need a reason, and the list the reason comes from."""

UNWORKED: Final = frozenset({Stage.MQL, Stage.ASSIGNED})
WORKED: Final = frozenset({Stage.ACCEPTED, Stage.SQL})
GIVEN_BACK: Final = frozenset({Stage.REJECTED, Stage.RECYCLED, Stage.DISQUALIFIED})
CLOSED: Final = GIVEN_BACK | {Stage.VOID, Stage.WON, Stage.LOST}
FINAL: Final = GIVEN_BACK | {Stage.SQL}
"""What stops the final-disposition clock."""

FOLLOWS: Final[dict[Stage, frozenset[Stage]]] = {
    # Outbound rounds are created by sales and enter at assigned, SQL or opportunity.
    Stage.NURTURE: frozenset(
        {Stage.MQL, Stage.ASSIGNED, Stage.SQL, Stage.OPPORTUNITY, Stage.VOID}
    ),
    Stage.MQL: frozenset({Stage.ASSIGNED, Stage.ACCEPTED, Stage.VOID}) | GIVEN_BACK,
    Stage.ASSIGNED: frozenset({Stage.ACCEPTED, Stage.VOID}) | GIVEN_BACK,
    Stage.ACCEPTED: frozenset({Stage.SQL, Stage.VOID}) | GIVEN_BACK,
    Stage.SQL: frozenset({Stage.OPPORTUNITY, Stage.VOID}) | GIVEN_BACK,
    Stage.OPPORTUNITY: frozenset({Stage.WON, Stage.LOST, Stage.VOID}),
    Stage.WON: frozenset({Stage.VOID}),
    Stage.LOST: frozenset({Stage.VOID}),
    # A rejected lead may be recycled by marketing.
    Stage.REJECTED: frozenset({Stage.RECYCLED, Stage.VOID}),
    Stage.RECYCLED: frozenset({Stage.VOID}),
    Stage.DISQUALIFIED: frozenset({Stage.VOID}),
    Stage.VOID: frozenset(),
}

BACK: Final[dict[Stage, frozenset[Stage]]] = {
    Stage.ASSIGNED: frozenset({Stage.MQL}),
    Stage.ACCEPTED: frozenset({Stage.ASSIGNED, Stage.MQL}),
    Stage.SQL: frozenset({Stage.ACCEPTED}),
    Stage.OPPORTUNITY: frozenset({Stage.SQL}),
    Stage.WON: frozenset({Stage.OPPORTUNITY}),
    Stage.LOST: frozenset({Stage.OPPORTUNITY}),
    Stage.REJECTED: frozenset({Stage.MQL, Stage.ASSIGNED, Stage.ACCEPTED, Stage.SQL}),
    Stage.RECYCLED: frozenset(
        {Stage.MQL, Stage.ASSIGNED, Stage.ACCEPTED, Stage.SQL, Stage.REJECTED}
    ),
    Stage.DISQUALIFIED: frozenset({Stage.MQL, Stage.ASSIGNED, Stage.ACCEPTED, Stage.SQL}),
    Stage.VOID: frozenset(Stage) - {Stage.VOID, Stage.NURTURE},
}
"""Undo and reopening: a new row, never an edit."""

PATH: Final = (Stage.MQL, Stage.ASSIGNED, Stage.ACCEPTED, Stage.SQL, Stage.OPPORTUNITY)
"""The way a round takes when nothing is skipped."""


_WORDS: Final = {
    Stage.NURTURE: "in nurture",
    Stage.MQL: "an MQL",
    Stage.SQL: "an SQL",
    Stage.OPPORTUNITY: "an opportunity",
}


def words(stage: Stage) -> str:
    """Return a stage as it reads after "is"."""
    return _WORDS.get(stage, stage.value)


def may_follow(*, current: Stage, target: Stage) -> bool:
    """Return whether a round in `current` may move on to `target`."""
    return target in FOLLOWS[current]


def may_return(*, current: Stage, target: Stage) -> bool:
    """Return whether a compensating row may take a round from `current` back to `target`."""
    return target in BACK.get(current, frozenset())


def pairs() -> list[tuple[str, str]]:
    """Return every stored (from, to), sorted; the CHECK of the transition table."""
    return sorted(
        (current.value, target.value)
        for table in (FOLLOWS, BACK)
        for current, targets in table.items()
        for target in targets
    )


def implied_steps(*, current: Stage, target: Stage, is_outbound: bool = False) -> list[Stage]:
    """Return the stages skipped between `current` and `target`, in order; empty if none.

    A won deal of a lead that was never logged as accepted has been accepted all the same; the
    skipped stages are written as implied rows. A round created by sales was never an MQL and
    owes no stage before the one it enters at.
    """
    if current == Stage.NURTURE and target in GIVEN_BACK:
        return [Stage.ASSIGNED if is_outbound else Stage.MQL]
    goal = Stage.OPPORTUNITY if target in {Stage.WON, Stage.LOST} else target
    if goal not in PATH or current in CLOSED:
        return []
    start = PATH.index(current) + 1 if current in PATH else 0
    if is_outbound and current == Stage.NURTURE:
        start = PATH.index(Stage.ASSIGNED if goal == Stage.ACCEPTED else goal)
    end = PATH.index(goal) + (1 if goal != target else 0)
    return list(PATH[start:end])


def reaches(*, current: Stage, target: Stage, is_outbound: bool = False) -> bool:
    """Return whether a round in `current` may move on to `target`, skipping stages if it must."""
    if current == Stage.NURTURE and target in PATH:
        return True
    return may_follow(current=current, target=target) or bool(
        implied_steps(current=current, target=target, is_outbound=is_outbound)
    )


def reopens(*, current: Stage, target: Stage) -> bool:
    """Return whether history may take a round from closed `current` back to `target`.

    A rejected lead is taken up again and a lost deal reopened. A won one stays won: what is
    recorded after it contradicts it.
    """
    return current in GIVEN_BACK | {Stage.LOST} and may_return(current=current, target=target)


RANK: Final[dict[Stage, int]] = {
    **{stage: rank for rank, stage in enumerate((Stage.NURTURE, *PATH))},
    Stage.REJECTED: 6,
    Stage.WON: 6,
    Stage.LOST: 6,
    Stage.RECYCLED: 7,
    Stage.DISQUALIFIED: 7,
    Stage.VOID: 8,
}
"""The order of transitions that name the same instant."""

DECISIONS: Final = frozenset({Stage.ACCEPTED}) | GIVEN_BACK
"""What counts as sales' first word on a lead."""


@dataclass(frozen=True, slots=True)
class Step:
    """A stored or planned transition, as far as the projection reads it."""

    id: int
    to: Stage
    occurred_at: datetime
    is_implied: bool = False
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class Projection:
    """What a round's transitions say: its stage, the row that says so, and its milestones."""

    stage: Stage
    current_id: int | None
    reached: Mapping[Stage, datetime]
    decided_at: datetime | None
    first_decision: Stage | None
    contradictions: frozenset[int]


def project(steps: Iterable[Step], *, is_outbound: bool = False) -> Projection:
    """Return where a round stands; the order of `steps` does not matter.

    Steps count by the instant they name. A step that was undone counts for nothing. A recorded
    milestone beats an implied one. A step that cannot follow what came before it is a
    contradiction: its milestone counts, the stage does not move. A void round is void whatever
    else is recorded.
    """
    known = list(steps)
    undone = {step.undoes for step in known}
    told = sorted(
        (step for step in known if step.undoes is None and step.id not in undone),
        key=lambda step: (step.occurred_at, RANK[step.to], step.id),
    )
    stage, current_id, odd = Stage.NURTURE, None, set()
    for step in told:
        if stage in {step.to, Stage.VOID}:
            continue
        if reaches(current=stage, target=step.to, is_outbound=is_outbound) or (
            not step.is_implied and reopens(current=stage, target=step.to)
        ):
            stage, current_id = step.to, step.id
        elif not step.is_implied:
            odd.add(step.id)
    for step in told:
        if step.to == Stage.VOID:
            stage, current_id = Stage.VOID, step.id
    reached = _first_times(told)
    decisions = [
        (at, RANK[decided], decided) for decided, at in reached.items() if decided in DECISIONS
    ]
    decided_at, _, first = min(decisions, default=(None, 0, None))
    return Projection(
        stage=stage,
        current_id=current_id,
        reached=reached,
        decided_at=decided_at,
        first_decision=first,
        contradictions=frozenset(odd),
    )


def _first_times(told: list[Step]) -> dict[Stage, datetime]:
    """Return when each stage was first reached; `told` is in order of time."""
    recorded: dict[Stage, datetime] = {}
    implied: dict[Stage, datetime] = {}
    for step in told:
        (implied if step.is_implied else recorded).setdefault(step.to, step.occurred_at)
    return implied | recorded


def before(*, at: datetime, steps: Iterable[Step], is_outbound: bool = False) -> Stage:
    """Return the stage a round was in at `at`, `at` included; what was undone never was."""
    known = list(steps)
    undone = {step.undoes for step in known}
    told = (
        step
        for step in known
        if step.occurred_at <= at and step.undoes is None and step.id not in undone
    )
    return project(told, is_outbound=is_outbound).stage


def predecessor(*, current: Stage, target: Stage) -> Stage:
    """Return the stage to name as `from` of a contradicting step to `target`.

    The table's CHECK knows only moves that exist; a contradiction names the usual one.
    """
    if (current.value, target.value) in set(pairs()):
        return current
    usual = {
        Stage.MQL: Stage.NURTURE,
        Stage.ASSIGNED: Stage.MQL,
        Stage.ACCEPTED: Stage.ASSIGNED,
        Stage.SQL: Stage.ACCEPTED,
        Stage.OPPORTUNITY: Stage.SQL,
        Stage.WON: Stage.OPPORTUNITY,
        Stage.LOST: Stage.OPPORTUNITY,
    }
    return usual.get(target, Stage.ASSIGNED)
