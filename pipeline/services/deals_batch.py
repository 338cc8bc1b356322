"""Bring many deals up to date at once: what imports and integrations send.

Set-based: the number of statements does not depend on the number of rows. A deal that names a
lead moves that lead's round; odd deals are stored and flagged, never dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from pipeline.choices import DealChange, Origin, Outcome, QualityFlag, Stage
from pipeline.models import Lead, Opportunity, OpportunityChange
from pipeline.services import deals_facts
from pipeline.services.attribution import attribute_deals
from pipeline.services.deals_references import References, load_references
from pipeline.services.moves import move_rounds
from pipeline.services.revival import revive_rounds
from pipeline.services.rows import Move, MoveResult, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pipeline.fact_rows import OpportunityIn
    from pipeline.models import ImportRun
    from revops.rest.strict import FieldProblem


@dataclass(frozen=True, kw_only=True)
class DealResult:
    """What became of one row; in the order of the rows.

    Attributes:
        status: created, updated, unchanged or error.
        opportunity_id: The stored deal, None for an error.
        problems: Why the row was refused.
        flags: What is odd about the stored deal.
        before: Of an updated deal, the columns that changed with the values they had.
        was_voided: Whether an undone import had taken the deal back, and this row revived it.
    """

    external_id: str
    status: str
    opportunity_id: int | None = None
    problems: tuple[FieldProblem, ...] = ()
    flags: tuple[QualityFlag, ...] = ()
    before: dict[str, Any] = field(default_factory=dict)
    was_voided: bool = False


@dataclass(slots=True)
class _Work:
    """One row on its way."""

    row: OpportunityIn
    deal: Opportunity
    before: dict[str, Any] | None
    flags: list[QualityFlag]


@dataclass(frozen=True, kw_only=True)
class _Call:
    """What is said once for all rows."""

    source_system: str
    actor: str
    origin: Origin
    at: datetime
    import_run: ImportRun | None


COLUMNS: Final = (
    "lead_id",
    "company_id",
    "name",
    "created_at",
    "accepted_at",
    "amount",
    "accepted_amount",
    "currency",
    "stage",
    "next_step",
    "expected_close_on",
    "closed_at",
    "outcome",
    "definitions_version_id",
    "lost_reason_id",
    "lost_reason_purpose",
    "competitor",
    "segment",
    "sdr_id",
    "rep_id",
    "channel_id",
    "source_group",
    "attribution",
    "attributes",
    "quality_flags",
    "voided_at",
    "import_run_id",
    "round_id",
)
"""Columns a row may change; what is compared, and what an undo restores."""
_LASTING: Final = frozenset({QualityFlag.OUT_OF_ORDER, QualityFlag.REP_NOT_LISTED})


@transaction.atomic
def upsert_opportunities(
    *,
    rows: Sequence[OpportunityIn],
    source_system: str,
    actor: str,
    origin: Origin,
    at: datetime,
    import_run: ImportRun | None = None,
    create_reps: bool = False,
) -> list[DealResult]:
    """Store deals by (source_system, external_id), and move the rounds of their leads.

    Args:
        rows: External ids are distinct.
        source_system: The system whose ids the rows carry, those of the leads too.
        actor: `user:<id>`, `key:<id>` or `system:<job>`.
        origin: IMPORT accepts what history lacks, such as the reason of a lost deal.
        at: The instant of the call.
        import_run: The run whose rows these are.
        create_reps: Put reps nobody has listed on the roster, flagged, instead of refusing.

    Returns:
        One result per row, in order. A refused row does not stop the others.
    """
    call = _Call(
        source_system=source_system, actor=actor, origin=origin, at=at, import_run=import_run
    )
    # Leads are locked before anything is written about them, in the order every service takes.
    wanted = {row.lead_external_id for row in rows if row.lead_external_id}
    list(
        Lead.objects.select_for_update(no_key=True)
        .filter(source_system=source_system, external_id__in=wanted)
        .order_by("id")
        .values_list("id")
    )
    known = load_references(
        rows=rows, source_system=source_system, origin=origin, at=at, create_reps=create_reps
    )
    stored = {
        deal.external_id: deal
        for deal in Opportunity.objects.select_for_update(no_key=True, of=("self",))
        .select_related("channel")
        .filter(source_system=source_system, external_id__in=[row.external_id for row in rows])
        .order_by("id")
    }
    results: dict[str, DealResult] = {}
    works: list[_Work] = []
    for row in rows:
        problems = known.problems_of(row)
        if problems:
            results[row.external_id] = DealResult(
                external_id=row.external_id, status="error", problems=problems
            )
        else:
            works.append(_work(row=row, deal=stored.get(row.external_id), known=known, call=call))
    attribute_deals(deals=[work.deal for work in works if _wants_attribution(work.deal)])
    _write(works=works, known=known, call=call)
    _move(works=works, call=call, known=known)
    results |= {work.row.external_id: _result(work) for work in works}
    return [results[row.external_id] for row in rows]


def _work(
    *, row: OpportunityIn, deal: Opportunity | None, known: References, call: _Call
) -> _Work:
    """Apply one row to a new or stored deal, in memory."""
    before = None
    if deal is None:
        deal = Opportunity(
            source_system=call.source_system,
            external_id=row.external_id,
            recorded_at=call.at,
            origin=call.origin,
            import_run=call.import_run,
        )
    else:
        before = {column: getattr(deal, column) for column in COLUMNS}
    flags = deals_facts.fill(deal=deal, row=row, known=known)
    work = _Work(row=row, deal=deal, before=before, flags=flags)
    if before is not None and not _difference(work):
        # What its move contradicted, and who was not listed then, is still so.
        flags = sorted({*flags, *(_LASTING & {QualityFlag(old) for old in deal.quality_flags})})
    work.flags = flags
    deal.quality_flags = [flag.value for flag in flags]
    return work


def _wants_attribution(deal: Opportunity) -> bool:
    """Return whether the deal counts as pipeline, or did, and nobody has said who brought it."""
    return not deal.attribution and (deal.accepted_at is not None or bool(deal.outcome))


def _write(*, works: Sequence[_Work], known: References, call: _Call) -> None:
    new = [work.deal for work in works if work.before is None]
    changed = [work.deal for work in works if work.before is not None and _difference(work)]
    Opportunity.objects.bulk_create(new)
    if changed:
        Opportunity.objects.bulk_update(changed, COLUMNS)
    OpportunityChange.objects.bulk_create(
        OpportunityChange(
            opportunity=work.deal,
            kind=kind,
            occurred_at=occurred_at,
            recorded_at=call.at,
            actor=call.actor,
            old_value=str(old)[:80],
            new_value=str(new_value)[:80],
            amount=work.deal.amount,
            currency=work.deal.currency,
            definitions_version_id=known.version_at(occurred_at),
            reason_id=work.deal.lost_reason_id if kind == DealChange.LOST else None,
            origin=call.origin,
        )
        for work in works
        for kind, occurred_at, old, new_value in _changes(work, at=call.at)
    )


def _difference(work: _Work) -> dict[str, Any]:
    """Return the columns that changed, with the values they had."""
    if work.before is None:
        return {}
    return {
        column: old for column, old in work.before.items() if getattr(work.deal, column) != old
    }


def _changes(
    work: _Work, *, at: datetime
) -> Iterable[tuple[DealChange, datetime, object, object]]:
    """Yield what happened to the deal: the kind, when, and the old and new value."""
    deal = work.deal
    first_seen = deal.created_at or deal.accepted_at or deal.closed_at or at
    if work.before is None:
        yield DealChange.CREATED, min(first_seen, at), "", ""
    before = work.before or {}
    if deal.accepted_at and not before.get("accepted_at"):
        yield DealChange.ACCEPTED, deal.accepted_at, "", ""
    if work.before is not None:
        if before["voided_at"]:
            yield DealChange.REVIVED, at, "", ""
        if before["stage"] != deal.stage:
            yield DealChange.STAGE, at, before["stage"], deal.stage
        if before["amount"] != deal.amount:
            yield DealChange.AMOUNT, at, before["amount"] or "", deal.amount or ""
    if before.get("outcome", "") != deal.outcome:
        kind = {Outcome.WON.value: DealChange.WON, Outcome.LOST.value: DealChange.LOST}.get(
            deal.outcome, DealChange.REOPENED
        )
        # A lost deal without a date is judged when it was recorded, and so is its reason.
        when = deal.closed_at or (deal.recorded_at if deal.outcome else at)
        yield kind, when, before.get("outcome", ""), deal.outcome


def _move(*, works: Sequence[_Work], call: _Call, known: References) -> None:
    """Move the rounds of the leads the deals name, and keep what is odd about it."""
    asked: list[tuple[_Work, Move]] = []
    for work in works:
        lead_id = work.deal.lead_id
        if lead_id is None or (work.before is not None and not _difference(work)):
            continue
        asked.extend((work, move) for move in _moves(work, lead_id=lead_id, known=known))
    if not asked:
        return
    gone = {move.lead_id for work, move in asked if work.before and work.before["voided_at"]}
    revive_rounds(lead_ids=gone, actor=call.actor, at=call.at)
    results = move_rounds(
        moves=[move for _, move in asked],
        actor=call.actor,
        origin=call.origin,
        at=call.at,
        is_history=call.origin == Origin.IMPORT,
    )
    touched = []
    for (work, _), moved in zip(asked, results, strict=True):
        if _keep(work, moved):
            touched.append(work.deal)
    if touched:
        Opportunity.objects.bulk_update(touched, ["round_id", "quality_flags"])


def _moves(work: _Work, *, lead_id: int, known: References) -> Iterable[Move]:
    deal = work.deal
    opened_at = deal.accepted_at or (deal.created_at if deal.outcome else None)
    if opened_at is None and not deal.outcome:
        return
    if opened_at is not None:
        yield Move(
            lead_id=lead_id,
            to=Stage.OPPORTUNITY,
            occurred_at=min(opened_at, deal.closed_at or opened_at),
            rep_id=deal.rep_id,
            starts_round=True,
        )
    if deal.outcome:
        yield Move(
            lead_id=lead_id,
            to=Stage.WON if deal.outcome == Outcome.WON else Stage.LOST,
            occurred_at=deal.closed_at or deal.recorded_at,
            reason=known.code_of(deal.lost_reason_id),
            rep_id=deal.rep_id,
            starts_round=True,
        )


def _keep(work: _Work, moved: MoveResult) -> bool:
    """Note the round and the contradictions of a move; return whether the deal changed."""
    flags = {*work.flags, *moved.flags}
    if moved.status == Status.REFUSED:
        flags.add(QualityFlag.OUT_OF_ORDER)
    changed = False
    if flags != set(work.flags):
        work.flags = sorted(flags)
        work.deal.quality_flags = [flag.value for flag in work.flags]
        changed = True
    if moved.round_id is not None and work.deal.round_id != moved.round_id:
        work.deal.round_id = moved.round_id
        changed = True
    return changed


def _result(work: _Work) -> DealResult:
    before = _difference(work)
    status = "created" if work.before is None else ("updated" if before else "unchanged")
    return DealResult(
        external_id=work.row.external_id,
        status=status,
        opportunity_id=work.deal.pk,
        flags=tuple(QualityFlag(flag) for flag in work.deal.quality_flags),
        before=before,
        was_voided=bool(work.before and work.before["voided_at"]),
    )
