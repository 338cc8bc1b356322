"""Assignments, touches, activities and transitions of known leads."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from definitions.models import Reason
from pipeline import stages
from pipeline.choices import ActivityKind, ActivityOutcome, Effect, EffectTable, Origin, Stage
from pipeline.fact_rows import WORKING, ActivityIn, AssignmentIn, TouchIn, TransitionIn
from pipeline.models import Lead
from pipeline.services.activities import record_activities, record_dispositions
from pipeline.services.assignments import assign_rounds
from pipeline.services.importing import effects
from pipeline.services.importing.context import read_lines
from pipeline.services.importing.faults import fault
from pipeline.services.importing.outcomes import RowOutcome
from pipeline.services.moves import move_rounds
from pipeline.services.references import relist_reps
from pipeline.services.revival import revive_rounds
from pipeline.services.rows import ActivityRow, AssignmentRow, DispositionRow, Move, Status
from pipeline.services.touches import TouchRow, record_touches
from revops.people.models import Rep
from sla.choices import EvidenceKind
from sla.models import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.services.importing.context import Context
    from pipeline.services.importing.outcomes import Line
    from pipeline.services.rows import Refusal
    from revops.rest.strict import Row

    class _Result(Protocol):
        @property
        def status(self) -> Status: ...
        @property
        def code(self) -> Refusal | None: ...
        @property
        def message(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Known:
    """The leads and reps that the rows of a batch name."""

    leads: dict[str, int]
    reps: dict[str, int]

    def rep(self, external_id: str | None) -> int | None:
        return self.reps.get(external_id or "")


def write_assignments(lines: Sequence[Line], context: Context) -> list[RowOutcome]:
    """Store who was given which lead; no rep is a person the source did not record."""
    good, outcomes, known = _read(lines=lines, shape=AssignmentIn, context=context)
    _revive(good, known=known, context=context)
    results = assign_rounds(
        rows=[
            AssignmentRow(
                lead_id=known.leads[row.lead_external_id],
                rep_id=known.rep(row.rep_external_id),
                assigned_at=row.assigned_at,
                is_recorded=True,
            )
            for _, row in good
        ],
        actor=context.actor,
        origin=Origin.IMPORT,
        at=context.at,
    )
    return [*outcomes, *_outcomes(good, results)]


def write_activities(lines: Sequence[Line], context: Context) -> list[RowOutcome]:
    """Store sales attempts; one without an id of its own is known by what it says."""
    good, outcomes, known = _read(lines=lines, shape=ActivityIn, context=context)
    results = record_activities(
        rows=[
            ActivityRow(
                lead_id=known.leads[row.lead_external_id],
                kind=ActivityKind(row.kind),
                occurred_at=row.occurred_at,
                outcome=ActivityOutcome(row.outcome) if row.outcome else None,
                rep_id=known.rep(row.rep_external_id),
                is_automatic=row.automatic,
                source=context.source_system,
                external_id=row.external_id or _fingerprint(row),
            )
            for _, row in good
        ],
        actor=context.actor,
        origin=Origin.IMPORT,
        at=context.at,
    )
    created: dict[int, dict[str, Any]] = {
        result.activity_id: {}
        for result in results
        if result.status == Status.CREATED and result.activity_id is not None
    }
    effects.note(
        run=context.run, table=EffectTable.ACTIVITY, effect=Effect.CREATED, before=created
    )
    return [*outcomes, *_outcomes(good, results)]


def write_touches(lines: Sequence[Line], context: Context) -> list[RowOutcome]:
    """Store marketing acts; one without an id of its own is known by what it says."""
    good, outcomes, known = _read(lines=lines, shape=TouchIn, context=context)
    results = record_touches(
        rows=[
            TouchRow(
                lead_id=known.leads[row.lead_external_id],
                occurred_at=row.occurred_at,
                kind=row.kind,
                channel=row.channel or "",
                campaign=row.campaign or "",
                asset=row.asset or "",
                source=context.source_system,
                external_id=row.external_id or _fingerprint(row),
            )
            for _, row in good
        ],
        actor=context.actor,
        origin=Origin.IMPORT,
        at=context.at,
        qualify=bool(context.options.route),
    )
    created: dict[int, dict[str, Any]] = {
        result.touch_id: {}
        for result in results
        if result.status == Status.CREATED and result.touch_id is not None
    }
    effects.note(run=context.run, table=EffectTable.TOUCH, effect=Effect.CREATED, before=created)
    return [*outcomes, *_outcomes(good, results)]


def write_transitions(lines: Sequence[Line], context: Context) -> list[RowOutcome]:
    """Store stage changes and logged outcomes of history, in the order of their instants."""
    good, outcomes, known = _read(lines=lines, shape=TransitionIn, context=context)
    _revive(good, known=known, context=context)
    moving = [(line, row) for line, row in good if row.to != WORKING]
    working = [(line, row) for line, row in good if row.to == WORKING]
    codes = _reason_codes() if any(row.reason for _, row in moving) else {}
    moved = move_rounds(
        moves=[
            Move(
                lead_id=known.leads[row.lead_external_id],
                to=Stage(row.to),
                occurred_at=row.occurred_at,
                reason=_code(row, codes=codes),
                note=row.note or "",
                rep_id=known.rep(row.rep_external_id),
                recycle_on=row.recycle_on,
                starts_round=True,
            )
            for _, row in moving
        ],
        actor=context.actor,
        origin=Origin.IMPORT,
        at=context.at,
        is_history=True,
    )
    outcomes.extend(_outcomes(moving, moved))
    outcomes.extend(_write_working(working, known=known, context=context))
    return outcomes


def _write_working(
    rows: Sequence[tuple[Line, TransitionIn]], *, known: _Known, context: Context
) -> list[RowOutcome]:
    if not rows:
        return []
    said = Evidence.objects.filter(
        lead__in={known.leads[row.lead_external_id] for _, row in rows},
        kind=EvidenceKind.DISPOSITION,
        payload__value=WORKING,
        occurred_at__in={row.occurred_at for _, row in rows},
    )
    stored = set(said.values_list("lead_id", "occurred_at"))
    results = record_dispositions(
        rows=[
            DispositionRow(
                lead_id=known.leads[row.lead_external_id],
                occurred_at=row.occurred_at,
                note="" if _is_stored(row, known, stored) else row.note or "",
            )
            for _, row in rows
        ],
        actor=context.actor,
        origin=Origin.IMPORT,
        at=context.at,
    )
    outcomes = _outcomes(rows, results)
    return [
        RowOutcome(line=outcome.line, status="unchanged", key=outcome.key)
        if outcome.status == "created" and _is_stored(row, known, stored)
        else outcome
        for outcome, (_, row) in zip(outcomes, rows, strict=True)
    ]


def _is_stored(row: TransitionIn, known: _Known, stored: set[Any]) -> bool:
    return (known.leads[row.lead_external_id], row.occurred_at) in stored


def _revive(rows: Sequence[tuple[Line, Any]], *, known: _Known, context: Context) -> None:
    """Note the leads whose rounds move; bring back those an undone import had begun."""
    leads = {known.leads[row.lead_external_id] for _, row in rows}
    effects.note_moved(run=context.run, lead_ids=leads)
    revive_rounds(lead_ids=leads, actor=context.actor, at=context.at)


def _read(
    *, lines: Sequence[Line], shape: type[Any], context: Context
) -> tuple[list[tuple[Line, Any]], list[RowOutcome], _Known]:
    """Read lines, and look up the leads and reps; rows that name unknown ones are refused."""
    read, outcomes = read_lines(lines=lines, shape=shape)
    known = _known(rows=(row for _, row in read), context=context)
    good = []
    for line, row in read:
        problems = []
        if row.lead_external_id not in known.leads:
            problems.append(
                fault(column="lead_external_id", code="unknown_lead", detail="no such lead")
            )
        wanted = getattr(row, "rep_external_id", None)
        if wanted and wanted not in known.reps:
            problems.append(
                fault(
                    column="rep_external_id",
                    code="unknown_rep",
                    detail="no such rep on the roster",
                )
            )
        if problems:
            outcomes.append(line.refused(problems=problems, key=row.lead_external_id))
        else:
            good.append((line, row))
    return good, outcomes, known


def _known(*, rows: Iterable[Any], context: Context) -> _Known:
    listed = list(rows)
    leads = Lead.objects.kept().filter(
        source_system=context.source_system,
        external_id__in={row.lead_external_id for row in listed},
    )
    wanted = {name for row in listed if (name := getattr(row, "rep_external_id", None))}
    reps = dict(Rep.objects.filter(external_id__in=wanted).values_list("external_id", "id"))
    if context.options.create_reps:
        relist_reps(rep_ids=reps.values())
    missing = sorted(wanted - reps.keys())
    if missing and context.options.create_reps:
        made = Rep.objects.bulk_create([Rep(external_id=name, name=name) for name in missing])
        reps |= {rep.external_id: rep.pk for rep in made}
        effects.note(
            run=context.run,
            table=EffectTable.REP,
            effect=Effect.CREATED,
            before={rep.pk: {} for rep in made},
        )
    return _Known(dict(leads.values_list("external_id", "id")), reps)


def _outcomes(rows: Sequence[tuple[Line, Any]], results: Sequence[_Result]) -> list[RowOutcome]:
    found = []
    for (line, row), result in zip(rows, results, strict=True):
        key = row.external_id if getattr(row, "external_id", None) else row.lead_external_id
        if result.status == Status.REFUSED:
            code = str(result.code) if result.code else "refused"
            problem = fault(column="", code=code, detail=result.message)
            found.append(line.refused(problems=[problem], key=key))
        else:
            flags = tuple(str(flag) for flag in getattr(result, "flags", ()))
            found.append(
                RowOutcome(line=line.number, status=str(result.status), key=key, flags=flags)
            )
    return found


def _fingerprint(row: Row) -> str:
    """Return an id made of what the row says, so that importing it again finds it."""
    return "row:" + hashlib.sha256(row.model_dump_json().encode()).hexdigest()[:40]


def _reason_codes() -> dict[tuple[str, str], str]:
    """Return the code of every reason by its list and by code and label in any case."""
    codes = {}
    for purpose, code, label in Reason.objects.order_by("version_id").values_list(
        "purpose", "code", "label"
    ):
        codes[purpose, code.casefold()] = code
        codes[purpose, label.casefold()] = code
    return codes


def _code(row: TransitionIn, *, codes: dict[tuple[str, str], str]) -> str:
    purpose = stages.REASONED.get(Stage(row.to), "")
    said = (row.reason or "").strip()
    return codes.get((purpose, said.casefold()), said)
