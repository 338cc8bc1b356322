"""Deriving rounds again from their facts, and naming what differs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db import connection

from pipeline.models import Lead, Round
from pipeline.services.board import CONTACTS, Board, projected_columns, read_facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

BATCH = 5000
LIMIT = 100
"""How many differences are named; more say the same."""


def reconcile_rounds(*, at: datetime) -> list[str]:
    """Return what the stored rounds and leads say differently from their facts; empty is well.

    Args:
        at: Facts recorded later than this are not looked at: they may be half-written.

    Returns:
        At most a hundred sentences, in the order of the leads.
    """
    differences: list[str] = []
    for leads, board in _boards(at=at):
        for lead in leads:
            differences.extend(_of_lead(lead, board))
        differences.extend(_of_contacts([lead.pk for lead in leads]))
        if len(differences) >= LIMIT:
            break
    return differences[:LIMIT]


def _boards(*, at: datetime) -> Iterator[tuple[list[Lead], Board]]:
    """Yield the leads in batches, each with what the facts of its rounds say."""
    last = 0
    while True:
        leads = list(
            Lead.objects.filter(pk__gt=last, changed_at__lte=at)
            .only("pk", "stage", "owner_id")
            .order_by("pk")[:BATCH]
        )
        if not leads:
            return
        last = leads[-1].pk
        rounds = defaultdict(list)
        for current in Round.objects.filter(lead__in=[lead.pk for lead in leads]).order_by(
            "lead_id", "number"
        ):
            rounds[current.lead_id].append(current)
        board = Board(leads={lead.pk: lead for lead in leads}, rounds=rounds)
        read_facts(board, rounds=[row.pk for rows in rounds.values() for row in rows])
        yield leads, board


def _of_lead(lead: Lead, board: Board) -> Iterator[str]:
    rounds = board.rounds.get(lead.pk, [])
    for current in rounds:
        for name, told in projected_columns(board, current=current).items():
            held = getattr(current, name)
            if held != told:
                yield (
                    f"lead {lead.pk} round {current.number}: {name} is {held},"
                    f" its facts say {told}"
                )
    told_stage = rounds[-1].stage if rounds else "nurture"
    if lead.stage != told_stage:
        yield f"lead {lead.pk}: stage is {lead.stage}, its round says {told_stage}"
    if rounds and lead.owner_id != rounds[-1].rep_id:
        yield f"lead {lead.pk}: owner is {lead.owner_id}, its round says {rounds[-1].rep_id}"


def _of_contacts(lead_ids: list[int]) -> list[str]:
    """Compare the first attempt, conversation and meeting with the activities."""
    sql = """
        SELECT r.lead_id, r.number FROM pipeline_round r JOIN told t ON t.id = r.id
        WHERE (r.first_attempt_at, r.connected_at, r.meeting_at)
            IS DISTINCT FROM (t.first_attempt_at, t.connected_at, t.meeting_at)
        ORDER BY r.lead_id, r.number
    """
    with connection.cursor() as cursor:
        cursor.execute(CONTACTS + sql, [lead_ids])
        return [
            f"lead {lead_id} round {number}: first attempt, conversation or meeting differ from"
            " the activities"
            for lead_id, number in cursor.fetchall()
        ]
