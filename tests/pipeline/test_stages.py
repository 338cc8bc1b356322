"""Which stage may follow which, and what a round's transitions say in any order."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pipeline import stages
from pipeline.choices import Stage
from pipeline.stages import Step

BEGIN = datetime(2026, 3, 2, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("current", "target", "expected"),
    [
        pytest.param("mql", "accepted", True, id="accept an unassigned MQL"),
        pytest.param("assigned", "rejected", True, id="reject"),
        pytest.param("accepted", "recycled", True, id="an accepted lead may go back"),
        pytest.param("assigned", "won", False, id="no deal without an opportunity"),
        pytest.param("rejected", "accepted", False, id="a reject is not accepted over"),
        pytest.param("won", "lost", False, id="won stays won"),
        pytest.param("void", "mql", False, id="void is over"),
    ],
)
def test_what_may_follow(current, target, expected):
    assert stages.may_follow(current=Stage(current), target=Stage(target)) is expected


@pytest.mark.parametrize(
    ("current", "target", "is_outbound", "expected"),
    [
        pytest.param("assigned", "sql", False, ["accepted"], id="SQL implies accept"),
        pytest.param("assigned", "won", False, ["accepted", "sql", "opportunity"], id="won"),
        pytest.param("nurture", "accepted", False, ["mql", "assigned"], id="from nothing"),
        pytest.param("nurture", "won", True, ["opportunity"], id="sales owes no MQL"),
        pytest.param("nurture", "rejected", False, ["mql"], id="a reject was an MQL"),
        pytest.param("accepted", "rejected", False, [], id="nothing skipped"),
        pytest.param("rejected", "sql", False, [], id="nothing follows a close"),
    ],
)
def test_what_is_implied(current, target, is_outbound, expected):
    steps = stages.implied_steps(
        current=Stage(current), target=Stage(target), is_outbound=is_outbound
    )

    assert steps == [Stage(step) for step in expected]


def test_every_implied_path_is_made_of_allowed_moves():
    known = set(stages.pairs())
    for current in Stage:
        for target in Stage:
            path = stages.implied_steps(current=current, target=target)
            walked = [current, *path, target] if path else []
            assert set(itertools.pairwise(walked)) <= known


def step(number, to, *, hours, **fields):
    return Step(number, Stage(to), BEGIN + hours * HOUR, **fields)


def test_a_recorded_milestone_beats_an_implied_one():
    told = stages.project(
        [
            step(1, "mql", hours=0),
            step(2, "accepted", hours=9, is_implied=True),
            step(3, "sql", hours=9),
            step(4, "accepted", hours=11),
        ]
    )

    assert told.reached[Stage.ACCEPTED] == BEGIN + 11 * HOUR
    assert (told.stage, told.contradictions) == (Stage.SQL, {4})


def test_an_undone_step_counts_for_nothing():
    told = stages.project(
        [
            step(1, "mql", hours=0),
            step(2, "rejected", hours=1),
            step(3, "mql", hours=2, undoes=2),
        ]
    )

    assert (told.stage, told.current_id, told.decided_at) == (Stage.MQL, 1, None)


def test_the_first_decision_stays_the_first():
    told = stages.project(
        [
            step(1, "mql", hours=0),
            step(2, "accepted", hours=1),
            step(3, "rejected", hours=5),
        ]
    )

    assert (told.first_decision, told.decided_at) == (Stage.ACCEPTED, BEGIN + HOUR)


histories = st.lists(
    st.tuples(
        st.sampled_from(sorted(set(Stage) - {Stage.NURTURE})), st.integers(0, 6), st.booleans()
    ),
    max_size=8,
)


@given(history=histories, data=st.data())
def test_the_order_of_arrival_does_not_matter(history, data):
    steps = [
        step(number, to, hours=hours, is_implied=is_implied)
        for number, (to, hours, is_implied) in enumerate(history)
    ]
    shuffled = data.draw(st.permutations(steps))

    assert stages.project(shuffled) == stages.project(steps)


@given(history=histories)
def test_the_stage_is_always_that_of_the_step_it_points_at(history):
    steps = [step(number, to, hours=hours) for number, (to, hours, _) in enumerate(history)]

    told = stages.project(steps)

    by_id = {known.id: known for known in steps}
    assert told.stage == (Stage.NURTURE if told.current_id is None else by_id[told.current_id].to)
    assert set(told.reached) == {known.to for known in steps}


class Lifecycle(RuleBasedStateMachine):
    """A round moved and undone at random, against the plainest model: a stack of stages."""

    def __init__(self):
        super().__init__()
        self.steps = []
        self.stack = [(Stage.NURTURE, None)]
        self.hours = 0

    @property
    def stage(self):
        return self.stack[-1][0]

    def add(self, to, **fields):
        self.hours += 1
        added = step(len(self.steps), to, hours=self.hours, **fields)
        self.steps.append(added)
        return added.id

    @precondition(lambda self: stages.FOLLOWS[self.stage])
    @rule(data=st.data())
    def move(self, data):
        to = data.draw(st.sampled_from(sorted(stages.FOLLOWS[self.stage])))
        self.stack.append((to, self.add(to)))

    @precondition(lambda self: len(self.stack) > 1)
    @rule()
    def undo(self):
        _, undone = self.stack.pop()
        self.add(self.stage, undoes=undone)

    @invariant()
    def the_projection_is_where_the_stack_is(self):
        told = stages.project(self.steps)
        assert (told.stage, told.current_id) == self.stack[-1]
        assert not told.contradictions


TestLifecycle = Lifecycle.TestCase
