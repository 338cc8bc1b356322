"""The locked leads of one call with their rounds, and the writing back of what changed.

Every set-based service loads a board, plans on it, inserts its append-only rows and saves the
board. The number of statements depends on none of the rows.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection

from pipeline import stages
from pipeline.choices import Designation, QualityFlag, Stage
from pipeline.models import Assignment, Lead, Round, Transition

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

MILESTONES = {
    Stage.MQL: "mql_at",
    Stage.ACCEPTED: "accepted_at",
    Stage.REJECTED: "rejected_at",
    Stage.RECYCLED: "recycled_at",
    Stage.DISQUALIFIED: "disqualified_at",
    Stage.SQL: "sql_at",
    Stage.OPPORTUNITY: "opportunity_at",
    Stage.WON: "won_at",
    Stage.LOST: "lost_at",
    Stage.VOID: "voided_at",
}
PROJECTED = (
    "stage", "current_transition_id", "rep_id", "assigned_at", "decided_at", "first_decision",
    *MILESTONES.values(),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Handover:
    """An assignment, as far as the projection reads it."""

    id: int
    rep_id: int | None
    assigned_at: datetime
    to_queue: bool = False
    undoes: int | None = None


@dataclass
class Board:
    """Locked leads by id, their rounds in order, and the rounds' steps and handovers."""

    leads: dict[int, Lead]
    rounds: dict[int, list[Round]]
    steps: dict[int, list[stages.Step]] = field(default_factory=lambda: defaultdict(list))
    handovers: dict[int, list[Handover]] = field(default_factory=lambda: defaultdict(list))

    def projection(self, current: Round) -> stages.Projection:
        """Return what the round's steps say."""
        return stages.project(self.steps[current.pk], is_outbound=is_outbound(current))

    def round_at(self, *, lead_id: int, at: datetime) -> Round | None:
        """Return the lead's round running at `at`: the last one begun by then, else the first."""
        found = None
        for candidate in self.rounds.get(lead_id, []):
            began = self.began_at(candidate)
            if found is None or (began is not None and began <= at):
                found = candidate
        return found

    def began_at(self, current: Round) -> datetime | None:
        """Return when the round began: its first step, or what is recorded without steps."""
        return min(
            (step.occurred_at for step in self.steps[current.pk]),
            default=current.mql_at or current.assigned_at,
        )

    def latest_round(self, lead_id: int) -> Round | None:
        """Return the lead's last round."""
        rounds = self.rounds.get(lead_id)
        return rounds[-1] if rounds else None


def is_outbound(current: Round) -> bool:
    """Return whether sales created the round, so that it never was an MQL."""
    return current.designation == Designation.OUTBOUND


def draw_round_ids(count: int) -> Iterator[int]:
    """Draw ids for rounds that may begin; no statement when there can be none."""
    if not count:
        return iter(())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('pipeline_round', 'id'))"
            " FROM generate_series(1, %s)",
            [count],
        )
        return iter([row[0] for row in cursor.fetchall()])


def load_board(*, lead_ids: Collection[int]) -> Board:
    """Lock the leads in the order of their ids and read their rounds; four statements."""
    leads = {
        lead.pk: lead
        for lead in Lead.objects.select_for_update(no_key=True)
        .filter(pk__in=set(lead_ids))
        .order_by("pk")
    }
    board = Board(leads=leads, rounds=defaultdict(list))
    for current in Round.objects.filter(lead__in=leads).order_by("lead_id", "number"):
        board.rounds[current.lead_id].append(current)
    read_facts(board, rounds=(row.pk for rows in board.rounds.values() for row in rows))
    return board


def read_facts(board: Board, *, rounds: Iterable[int]) -> None:
    """Read the steps and handovers of `rounds` into the board; two statements."""
    ids = list(rounds)
    steps = Transition.objects.filter(round__in=ids).values_list(
        "round_id", "id", "to_stage", "occurred_at", "is_implied", "undoes_id"
    )
    for round_id, pk, to_stage, occurred_at, is_implied, undoes in steps:
        board.steps[round_id].append(
            stages.Step(pk, Stage(to_stage), occurred_at, is_implied, undoes)
        )
    handovers = Assignment.objects.filter(round__in=ids).values_list(
        "round_id", "id", "rep_id", "assigned_at", "to_queue", "undoes_id"
    )
    for round_id, *handover in handovers:
        board.handovers[round_id].append(Handover(*handover))


def projected_columns(board: Board, *, current: Round) -> dict[str, Any]:
    """Return what the columns of `PROJECTED` have to hold."""
    projection = board.projection(current)
    undone = {handover.undoes for handover in board.handovers[current.pk]}
    standing = sorted(
        (
            handover
            for handover in board.handovers[current.pk]
            if handover.undoes is None and handover.id not in undone
        ),
        key=lambda handover: (handover.assigned_at, handover.id),
    )
    to_people = [handover for handover in standing if not handover.to_queue]
    assigned_at = to_people[0].assigned_at if to_people else recorded_assignment(board, current)
    return {
        "stage": projection.stage.value,
        "current_transition_id": projection.current_id,
        # A round that sales began belongs to its rep without having been handed over.
        "rep_id": standing[-1].rep_id if standing else current.rep_id,
        "assigned_at": assigned_at,
        "decided_at": projection.decided_at,
        "first_decision": projection.first_decision.value if projection.first_decision else "",
        **{column: projection.reached.get(stage) for stage, column in MILESTONES.items()},
    }


def recorded_assignment(board: Board, current: Round) -> datetime | None:
    """Return when a round was assigned according to a transition that names no person."""
    undone = {step.undoes for step in board.steps[current.pk]}
    told = [
        step.occurred_at
        for step in board.steps[current.pk]
        if step.to == Stage.ASSIGNED
        and not step.is_implied
        and step.undoes is None
        and step.id not in undone
    ]
    return min(told, default=None)


SAVE_ROUNDS = """
UPDATE pipeline_round AS r SET
    stage = v.stage, current_transition_id = v.current_transition_id, rep_id = v.rep_id,
    assigned_at = v.assigned_at, decided_at = v.decided_at, first_decision = v.first_decision,
    mql_at = v.mql_at, accepted_at = v.accepted_at, rejected_at = v.rejected_at,
    recycled_at = v.recycled_at, disqualified_at = v.disqualified_at, sql_at = v.sql_at,
    opportunity_at = v.opportunity_at, won_at = v.won_at, lost_at = v.lost_at,
    voided_at = v.voided_at, recycle_on = v.recycle_on
FROM jsonb_to_recordset(%s::jsonb) AS v(
    id bigint, stage text, current_transition_id bigint, rep_id bigint,
    assigned_at timestamptz, decided_at timestamptz, first_decision text, mql_at timestamptz,
    accepted_at timestamptz, rejected_at timestamptz, recycled_at timestamptz,
    disqualified_at timestamptz, sql_at timestamptz, opportunity_at timestamptz,
    won_at timestamptz, lost_at timestamptz, voided_at timestamptz, recycle_on date
)
WHERE r.id = v.id
"""

SAVE_LEADS = """
UPDATE pipeline_lead AS l
SET stage = v.stage, owner_id = v.owner_id, changed_at = %s,
    quality_flags = ARRAY(SELECT jsonb_array_elements_text(v.quality_flags))
FROM jsonb_to_recordset(%s::jsonb) AS v(
    id bigint, stage text, owner_id bigint, quality_flags jsonb
)
WHERE l.id = v.id
"""

# A round's attempts are a person's, from its assignment to the beginning of the next round.
CONTACTS = """
WITH span AS (
    SELECT r.id, r.lead_id, coalesce(r.assigned_at, r.mql_at, '-infinity') AS begins,
           coalesce(lead(coalesce(r.mql_at, r.assigned_at)) OVER (
               PARTITION BY r.lead_id ORDER BY r.number), 'infinity') AS ends
    FROM pipeline_round r WHERE r.lead_id = ANY(%s)
), told AS (
    SELECT s.id, min(a.occurred_at) AS first_attempt_at,
           min(a.occurred_at) FILTER (WHERE a.outcome IN
               ('connected', 'replied', 'meeting_booked', 'meeting_held')) AS connected_at,
           min(a.occurred_at) FILTER (WHERE a.outcome IN ('meeting_booked', 'meeting_held')
               OR (a.kind = 'meeting' AND a.outcome = '')) AS meeting_at
    FROM span s LEFT JOIN pipeline_activity a
      ON a.lead_id = s.lead_id AND NOT a.is_automatic AND a.voided_at IS NULL
     AND a.occurred_at >= s.begins AND a.occurred_at < s.ends
    GROUP BY s.id
)
"""
UPDATE_CONTACTS = """
UPDATE pipeline_round r SET first_attempt_at = t.first_attempt_at,
    connected_at = t.connected_at, meeting_at = t.meeting_at
FROM told t WHERE r.id = t.id AND (r.first_attempt_at, r.connected_at, r.meeting_at)
    IS DISTINCT FROM (t.first_attempt_at, t.connected_at, t.meeting_at)
"""


def save_board(board: Board, *, lead_ids: Collection[int], at: datetime) -> None:
    """Write what the facts of the leads' rounds now say; three statements.

    The rows in memory are brought up to date as well, so that callers can return them.
    """
    told = []
    for lead_id in lead_ids:
        for current in board.rounds[lead_id]:
            columns = projected_columns(board, current=current)
            for name, value in columns.items():
                setattr(current, name, value)
            told.append({"id": current.pk, "recycle_on": current.recycle_on, **columns})
    leads = [lead_columns(board, lead=board.leads[lead_id]) for lead_id in lead_ids]
    with connection.cursor() as cursor:
        cursor.execute(SAVE_ROUNDS, [json.dumps(told, default=str)])
        cursor.execute(SAVE_LEADS, [at, json.dumps(leads)])
    for lead_id in lead_ids:
        board.leads[lead_id].changed_at = at
    save_contacts(lead_ids=lead_ids)


def lead_columns(board: Board, *, lead: Lead) -> dict[str, Any]:
    """Bring the lead's columns up to its last round and return them."""
    rounds = board.rounds[lead.pk]
    if rounds:
        lead.stage, lead.owner_id = rounds[-1].stage, rounds[-1].rep_id
    flags = set(lead.quality_flags) - {QualityFlag.OUT_OF_ORDER.value}
    if any(board.projection(current).contradictions for current in rounds):
        flags.add(QualityFlag.OUT_OF_ORDER.value)
    lead.quality_flags = sorted(flags)
    return {
        "id": lead.pk,
        "stage": lead.stage,
        "owner_id": lead.owner_id,
        "quality_flags": lead.quality_flags,
    }


def save_contacts(*, lead_ids: Collection[int]) -> None:
    """Write the first attempt, conversation and meeting of the leads' rounds; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(CONTACTS + UPDATE_CONTACTS, [list(lead_ids)])
