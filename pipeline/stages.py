"""Which stage may follow which; the same table is the CHECK of the transition rows.

Order in time is not ruled here: late and odd rows are normal, a contradiction is flagged.
"""

from typing import Final

from pipeline.choices import Stage

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
    Stage.NURTURE: frozenset({Stage.MQL, Stage.ASSIGNED, Stage.SQL, Stage.OPPORTUNITY}),
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


def implied_steps(*, current: Stage, target: Stage) -> list[Stage]:
    """Return the stages skipped between `current` and `target`, in order; empty if none.

    A won deal of a lead that was never logged as accepted has been accepted all the same; the
    skipped stages are written as implied rows.
    """
    goal = Stage.OPPORTUNITY if target in {Stage.WON, Stage.LOST} else target
    if goal not in PATH or current in CLOSED:
        return []
    start = PATH.index(current) + 1 if current in PATH else 0
    end = PATH.index(goal) + (1 if goal != target else 0)
    return list(PATH[start:end])
