"""Recycled leads that act again: back to sales in a new round, where the agreed rule allows."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from definitions.choices import DocumentKind, Purpose
from definitions.selectors import definitions_of
from pipeline.choices import Designation, SourceGroup, Stage
from pipeline.models import Round
from pipeline.reentry import may_reenter
from pipeline.services.assignments import assign_rounds
from pipeline.services.moves import move_rounds
from pipeline.services.rows import AssignmentRow, Move, Status
from revops.people.models import Organization

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from definitions.content.words import RecycleRule
    from pipeline.choices import Origin
    from pipeline.decision import Decision
    from pipeline.services.intake_sql import Rulings


def reenter_leads(
    *,
    judged: Mapping[int, tuple[Decision, Sequence[tuple[str, datetime]]]],
    rulings: Rulings,
    actor: str,
    origin: Origin,
    at: datetime,
) -> int:
    """Open another round for recycled leads that qualify again, and hand them over.

    Args:
        judged: Locked leads in stage recycled: what the definition says now, and their acts.
        rulings: What holds when.
        actor: Who caused it.
        origin: By which way.
        at: When the new rounds begin.

    Returns:
        How many came back.
    """
    wanted = [lead_id for lead_id, (decision, _) in judged.items() if decision.is_mql]
    if not wanted:
        return 0
    rounds: dict[int, list[Round]] = defaultdict(list)
    rows = Round.objects.filter(lead__in=wanted).select_related(
        "lead", "current_transition__reason"
    )
    for current in rows.order_by("lead_id", "number"):
        rounds[current.lead_id].append(current)
    today = _today(at)
    ready = [
        lead_id
        for lead_id in wanted
        if _is_ready(rounds[lead_id], acts=judged[lead_id][1], rulings=rulings, at=at, today=today)
    ]
    moved = move_rounds(
        moves=[
            Move(lead_id=lead_id, to=Stage.MQL, designation=Designation.SCORED)
            for lead_id in ready
        ],
        actor=actor,
        origin=origin,
        at=at,
    )
    back = [result.lead_id for result in moved if result.status == Status.CREATED]
    _keep_snapshots(back, judged=judged, rulings=rulings, at=at)
    assign_rounds(
        rows=[AssignmentRow(lead_id=lead_id) for lead_id in back],
        actor=actor,
        origin=origin,
        at=at,
    )
    return len(back)


def _is_ready(
    rounds: Sequence[Round],
    *,
    acts: Sequence[tuple[str, datetime]],
    rulings: Rulings,
    at: datetime,
    today: date,
) -> bool:
    if not rounds or rounds[0].lead.source_group == SourceGroup.OUTBOUND:
        return False
    last = rounds[-1]
    rule = _rule_of(last, rulings=rulings)
    if rule is None or last.recycled_at is None:
        return False
    return may_reenter(
        rule=rule,
        recycled_at=last.recycled_at,
        recycle_on=last.recycle_on,
        acts=acts,
        rounds=[one.mql_at for one in rounds if one.mql_at is not None],
        at=at,
        today=today,
    )


def _rule_of(current: Round, *, rulings: Rulings) -> RecycleRule | None:
    """Return what the definitions in use at the recycling say of its reason."""
    step = current.current_transition
    if step is None or step.reason is None:
        return None
    entry = rulings.schedule.in_use(kind=DocumentKind.DEFINITIONS, at=step.occurred_at)
    held = definitions_of(entry).reason(purpose=Purpose.RECYCLE, code=step.reason.code)
    return None if held is None else held.recycle


def _keep_snapshots(
    lead_ids: Sequence[int],
    *,
    judged: Mapping[int, tuple[Decision, Sequence[tuple[str, datetime]]]],
    rulings: Rulings,
    at: datetime,
) -> None:
    """Store with each new round why it qualified; a round that goes on keeps its own."""
    model = rulings.schedule.in_use(kind=DocumentKind.SCORE_MODEL, at=at)
    latest = {
        current.lead_id: current
        for current in Round.objects.filter(lead__in=lead_ids, mql_at=at).order_by("number")
    }
    for lead_id, current in latest.items():
        decision = judged[lead_id][0]
        current.explanation = decision.to_json()
        current.fit_score, current.intent_score = decision.fit.value, decision.intent.value
        current.score_version_id = model.version_id
    Round.objects.bulk_update(
        latest.values(), ["explanation", "fit_score", "intent_score", "score_version"]
    )


def _today(at: datetime) -> date:
    organization = Organization.objects.first()
    return at.astimezone(ZoneInfo(organization.timezone if organization else "UTC")).date()
