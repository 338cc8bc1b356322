"""Take an import back: lists and numbers are as before, and history stays.

Facts get compensating rows; leads and deals the import brought stay stored and count no longer;
columns it changed get the values they had. Batches are committed one by one, so that an undo that
was interrupted is finished by starting it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from pipeline.choices import DealChange, Effect, EffectTable, ImportStatus, Origin, Stage
from pipeline.models import (
    Activity,
    Assignment,
    ImportEffect,
    ImportRun,
    Lead,
    Opportunity,
    OpportunityChange,
    Touch,
    Transition,
)
from pipeline.services import evidence
from pipeline.services.board import Handover, load_board, save_board, save_contacts
from pipeline.services.importing import effects
from pipeline.services.importing.context import actor_of
from pipeline.services.importing.faults import ImportRefusedError
from pipeline.services.revival import UNDONE, void_rounds
from pipeline.services.touches import refresh_last_touch
from pipeline.services.undo import undo_moves
from revops.people.models import QuotaPeriod, Rep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from django.db import models

BATCH_ROWS: Final = 1_000
_SHARED: Final = (EffectTable.REP, EffectTable.LEAD, EffectTable.OPPORTUNITY)
"""Rows that several imports may change; the later one has to be undone first."""


def undo_import(
    *, run: ImportRun, actor: str, at: datetime, on_rows: Callable[[int], None] | None = None
) -> ImportRun:
    """Take back everything a run did.

    Args:
        run: A run that has ended.
        actor: Who takes it back.
        at: The instant of the call.
        on_rows: Told how many rows each batch took back.

    Returns:
        The stored run, undone.

    Raises:
        ImportRefusedError: It is running, was undone before, or a later import changed the same
            rows.
    """
    _check(run)
    for step in (_deals, _rounds, _activities, _touches, _leads, _reps):
        while done := _one_batch(step, run=run, actor=actor, at=at):
            if on_rows is not None:
                on_rows(done)
    with transaction.atomic():
        stored = ImportRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        stored.status, stored.finished_at = ImportStatus.UNDONE, at
        stored.save(update_fields=["status", "finished_at"])
    return stored


def _one_batch(
    step: Callable[[ImportRun, str, datetime], int], *, run: ImportRun, actor: str, at: datetime
) -> int:
    with transaction.atomic():
        return step(run, actor, at)


def _check(run: ImportRun) -> None:
    if run.status == ImportStatus.UNDONE:
        raise ImportRefusedError(f"Import {run.pk} was undone before.")
    if run.status == ImportStatus.RUNNING:
        raise ImportRefusedError(f"Import {run.pk} is still running.")
    own = ImportEffect.objects.filter(run=run)
    others = ImportEffect.objects.filter(run__pk__gt=run.pk).exclude(before__has_key="is_undone")
    for table in _SHARED:
        later = (
            others.filter(table=table, object_id__in=own.filter(table=table).values("object_id"))
            .order_by("-run__pk")
            .values_list("run__pk", "run__file_name")
            .first()
        )
        if later is not None:
            raise ImportRefusedError(
                f"Import {later[0]} ({later[1]}) changed some of the same rows later. "
                f"Undo it first: import_undo {later[0]}."
            )


def _taken(run: ImportRun, table: EffectTable) -> list[ImportEffect]:
    """Return the next noted rows of a table."""
    noted = ImportEffect.objects.filter(run=run, table=table).exclude(before__has_key="is_undone")
    return list(noted.order_by("pk")[:BATCH_ROWS])


def _forget(noted: Sequence[ImportEffect]) -> int:
    """Drop the notes of rows that have been taken back."""
    ImportEffect.objects.filter(pk__in=[note.pk for note in noted]).delete()
    return len(noted)


def _restore(
    *, model: type[models.Model], noted: Sequence[ImportEffect], rows: dict[int, Any]
) -> set[str]:
    """Give rows the values they had, in memory; return the columns that changed."""
    columns: set[str] = set()
    for note in noted:
        values = {key: value for key, value in note.before.items() if key != "quota"}
        row = rows.get(note.object_id)
        if row is None:
            continue
        for column, value in effects.restored(model=model, values=values).items():
            setattr(row, column, value)
            columns.add(column)
    return columns


def _deals(run: ImportRun, actor: str, at: datetime) -> int:
    noted = _taken(run, EffectTable.OPPORTUNITY)
    ids = [note.object_id for note in noted]
    leads = Lead.objects.filter(opportunities__in=ids).values_list("pk", flat=True)
    list(Lead.objects.select_for_update(no_key=True).filter(pk__in=set(leads)).order_by("pk"))
    deals = {
        deal.pk: deal
        for deal in Opportunity.objects.select_for_update(no_key=True)
        .filter(pk__in=ids)
        .order_by("pk")
    }
    columns = _restore(model=Opportunity, noted=noted, rows=deals)
    gone = [note.object_id for note in noted if note.effect != Effect.UPDATED]
    for pk in gone:
        deals[pk].voided_at = at
    if deals:
        Opportunity.objects.bulk_update(deals.values(), sorted({*columns, "voided_at"}))
    OpportunityChange.objects.bulk_create(
        OpportunityChange(
            opportunity=deal,
            kind=DealChange.VOIDED if deal.voided_at else DealChange.RESTORED,
            occurred_at=at,
            recorded_at=at,
            actor=actor,
            amount=deal.amount,
            currency=deal.currency,
            definitions_version_id=deal.definitions_version_id,
            origin=Origin.UNDO,
        )
        for deal in deals.values()
    )
    return _forget(noted)


def _rounds(run: ImportRun, actor: str, at: datetime) -> int:
    """Take assignments and moves of rounds back; a round the run began or revived is void."""
    noted = _taken(run, EffectTable.LEAD_ROUNDS)
    leads = {note.object_id for note in noted}
    mine = actor_of(run.pk)
    _take_assignments_back(leads, mine=mine, actor=actor, at=at)
    own = Transition.objects.filter(
        round__lead__in=leads, actor=mine, undone_by__isnull=True
    ).exclude(round__stage=Stage.VOID)
    earlier = Transition.objects.filter(
        round=OuterRef("round"), pk__lt=OuterRef("pk"), undoes__isnull=True
    ).exclude(actor=mine)
    made = own.exclude(origin=Origin.UNDO).alias(is_joined=Exists(earlier))
    begun = made.filter(is_joined=False)
    revived = own.filter(undoes__to_stage=Stage.VOID, undoes__reason__code=UNDONE)
    gone = {
        lead for rows in (begun, revived) for lead in rows.values_list("round__lead", flat=True)
    }
    if gone:
        void_rounds(lead_ids=gone, actor=actor, at=at)
    # That a lead skipped the way into its round cannot be taken back; nothing is counted by it.
    others = made.exclude(round__lead__in=gone).exclude(from_stage=Stage.NURTURE)
    ids = list(others.values_list("pk", flat=True))
    if ids:
        undo_moves(transition_ids=ids, actor=actor, at=at)
    return _forget(noted)


def _take_assignments_back(leads: set[int], *, mine: str, actor: str, at: datetime) -> None:
    """Have each round belong to whom it belonged before the assignments of the run."""
    wanted = list(
        Assignment.objects.filter(
            round__lead__in=leads, actor=mine, undone_by__isnull=True, undoes__isnull=True
        )
        .select_related("round")
        .order_by("pk")
    )
    if not wanted:
        return
    lead_ids = {row.round.lead_id for row in wanted}
    board = load_board(lead_ids=lead_ids)
    rows = Assignment.objects.bulk_create(
        Assignment(
            round_id=row.round_id,
            assigned_at=at,
            recorded_at=at,
            actor=actor,
            why={"rule": "import_undone"},
            undoes=row,
        )
        for row in wanted
    )
    for row in rows:
        handover = Handover(row.pk, None, at, undoes=row.undoes_id)
        board.handovers[row.round_id].append(handover)
    # Without a handover that stands nobody is the rep any more; with one, it says who.
    for current in (current for rounds in board.rounds.values() for current in rounds):
        if board.handovers[current.pk]:
            current.rep_id = None
    save_board(board, lead_ids=lead_ids, at=at)
    _tell(
        [(row.pk, row.round.lead_id) for row in wanted],
        source=evidence.ASSIGNMENT,
        actor=actor,
        at=at,
    )


def _activities(run: ImportRun, actor: str, at: datetime) -> int:
    """Void attempts; without their own id, so that importing them again brings new ones."""
    noted = _taken(run, EffectTable.ACTIVITY)
    ids = [note.object_id for note in noted]
    found = Activity.objects.filter(pk__in=ids, voided_at__isnull=True)
    leads = dict(found.values_list("pk", "lead_id"))
    lock = Lead.objects.select_for_update(no_key=True).order_by("pk")
    list(lock.filter(pk__in=set(leads.values())).values_list("pk"))
    found.update(voided_at=at, external_id="")
    if leads:
        save_contacts(lead_ids=set(leads.values()))
        _tell(list(leads.items()), source=evidence.ACTIVITY, actor=actor, at=at)
    return _forget(noted)


def _touches(run: ImportRun, actor: str, at: datetime) -> int:  # noqa: ARG001 - one signature
    """Remove marketing acts: they are no facts of record, and may be personal data."""
    noted = _taken(run, EffectTable.TOUCH)
    found = Touch.objects.filter(pk__in=[note.object_id for note in noted])
    leads = set(found.values_list("lead_id", flat=True))
    found.delete()
    if leads:
        refresh_last_touch(lead_ids=leads, at=at)
    return _forget(noted)


def _leads(run: ImportRun, actor: str, at: datetime) -> int:  # noqa: ARG001 - one signature
    noted = _taken(run, EffectTable.LEAD)
    ids = [note.object_id for note in noted]
    leads = {
        lead.pk: lead
        for lead in Lead.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    }
    columns = _restore(model=Lead, noted=noted, rows=leads)
    for note in noted:
        if note.effect != Effect.UPDATED and note.object_id in leads:
            leads[note.object_id].voided_at = at
    for lead in leads.values():
        lead.changed_at = at
    if leads:
        Lead.objects.bulk_update(leads.values(), sorted({*columns, "voided_at", "changed_at"}))
    return _forget(noted)


def _reps(run: ImportRun, actor: str, at: datetime) -> int:  # noqa: ARG001 - one signature
    noted = _taken(run, EffectTable.REP)
    reps = {rep.pk: rep for rep in Rep.objects.filter(pk__in=[note.object_id for note in noted])}
    columns = _restore(model=Rep, noted=noted, rows=reps)
    for note in noted:
        if note.effect == Effect.CREATED and note.object_id in reps:
            # Deals and leads may name the person, so the row stays, off the roster.
            reps[note.object_id].is_active = False
            reps[note.object_id].takes_leads = False
    if reps:
        Rep.objects.bulk_update(reps.values(), sorted({*columns, "is_active", "takes_leads"}))
    _quota(noted)
    # These notes stay: importing the person again finds that an undo had taken them off.
    for note in noted:
        note.before = {"is_undone": True}
    ImportEffect.objects.bulk_update(noted, ["before"])
    return len(noted)


def _quota(noted: Sequence[ImportEffect]) -> None:
    """Take back the dates on which quota is carried."""
    new, old = Q(pk__in=[]), []
    for note in noted:
        quota = note.before.get("quota")
        if not quota:
            continue
        if quota.get("is_new"):
            new |= Q(rep=note.object_id, starts_on=quota["starts_on"])
        else:
            old.append((note.object_id, quota["starts_on"], quota["ends_on"]))
    QuotaPeriod.objects.filter(new).delete()
    for rep_id, starts_on, ends_on in old:
        QuotaPeriod.objects.filter(rep=rep_id, starts_on=starts_on).update(ends_on=ends_on)


def _tell(facts: Sequence[tuple[int, int]], *, source: str, actor: str, at: datetime) -> None:
    """Tell the clocks that the facts (id, lead) count no longer."""
    evidence.tell(
        facts=[
            evidence.taken_back(source=source, source_id=pk, lead_id=lead_id, at=at)
            for pk, lead_id in facts
        ],
        lead_ids={lead_id for _, lead_id in facts},
        actor=actor,
        at=at,
    )
