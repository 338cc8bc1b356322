"""Import one file: rows in batches of their own transactions, every row with an outcome."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.db import DataError, IntegrityError, connection, transaction

from definitions.services import install_defaults
from pipeline.choices import ImportKind, ImportStatus
from pipeline.models import ImportProblem, ImportRun
from pipeline.services.importing.batches import Batcher
from pipeline.services.importing.cells import Translator
from pipeline.services.importing.enforcement import enforced_from
from pipeline.services.importing.faults import ImportRefusedError, fault
from pipeline.services.importing.joins import load_join
from pipeline.services.importing.mapping import zone
from pipeline.services.importing.outcomes import Line, RowOutcome, Summary
from pipeline.services.importing.reader import BadRow, CsvFile, opened
from pipeline.services.importing.writers import WRITERS, Context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from pipeline.services.importing.mapping import FileMap

BATCH_ROWS: Final = 1_000
SYSTEM_LENGTH: Final = 40
"""Characters of a source system's name, as leads and deals store it."""
_LOCK_SPACE: Final = 0x1E4D


def _nothing(*_: object) -> None:
    """Report to nobody."""


@dataclass(frozen=True, kw_only=True)
class ImportOrder:
    """What is to be imported, and how.

    Attributes:
        path: The file.
        kind: What its rows are.
        file_map: How its columns become ours.
        source_system: The system its ids are from.
        zone_name: The zone of naive times that the map says nothing about.
        actor: Who imports.
        at: The instant of the run; every row is recorded then.
        clock: Tells when the run ended.
        is_dry_run: Whether everything is rolled back at the end.
        file_name: What people call the file, where the path does not say it.
        enforce_from: Promises that begin before this local date are measured, not enforced.
        on_header: Told the columns of the file, before the first row.
        on_rows: Told after each batch the bytes read and the counts so far.
        on_outcome: Told every row's outcome.
    """

    path: Path
    kind: ImportKind
    file_map: FileMap
    source_system: str
    zone_name: str
    actor: str
    at: datetime
    clock: Callable[[], datetime]
    is_dry_run: bool = False
    file_name: str = ""
    enforce_from: date | None = None
    on_header: Callable[[Sequence[str]], None] = field(default=_nothing)
    on_rows: Callable[[int, Summary], None] = field(default=_nothing)
    on_outcome: Callable[[RowOutcome], None] = field(default=_nothing)


def run_import(order: ImportOrder) -> Summary:
    """Import a file and return the counts.

    Batches are committed one by one: an import that was interrupted is finished by starting it
    again, because rows that are stored already are found unchanged.

    Args:
        order: What is to be imported.

    Raises:
        ImportRefusedError: The file or the map as a whole cannot be used; nothing was written.
    """
    if not order.path.is_file():
        raise ImportRefusedError(f"There is no file {order.path}.")
    if not 0 < len(order.source_system) <= SYSTEM_LENGTH or "\x00" in order.source_system:
        raise ImportRefusedError(f"A source system has 1 to {SYSTEM_LENGTH} characters.")
    zone(order.zone_name)
    with opened(order.path) as stream:
        source = CsvFile(stream=stream, delimiter=order.file_map.read.delimiter)
        translator = _translator(order=order, source=source)
        with _alone(order=order):
            order.on_header(source.header)
            if not order.is_dry_run:
                return _run(order=order, source=source, translator=translator)
            with transaction.atomic():
                summary = _run(order=order, source=source, translator=translator)
                transaction.set_rollback(True)
            summary.run = None
            return summary


def _translator(*, order: ImportOrder, source: CsvFile) -> Translator:
    reading = order.file_map.read
    lookups = [
        load_join(name=name, rule=rule, folder=order.path.parent, delimiter=reading.delimiter)
        for name, rule in order.file_map.join.items()
    ]
    return Translator(
        kind=order.kind,
        file_map=order.file_map,
        header=source.header,
        lookups=lookups,
        zone_name=order.zone_name,
    )


@contextmanager
def _alone(*, order: ImportOrder) -> Iterator[None]:
    """Hold the lock of this kind and system, so that two imports never interleave.

    Raises:
        ImportRefusedError: Another import of them is running.
    """
    name = f"{order.kind}:{order.source_system}".encode()
    key = int.from_bytes(hashlib.sha256(name).digest()[:4], "big", signed=True)
    if not _is_free(key):
        raise ImportRefusedError(
            f"An import of {order.kind} from {order.source_system} is running already."
        )
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_SPACE, key])


def _is_free(key: int) -> bool:
    """Take the lock if nobody holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_SPACE, key])
        return bool(cursor.fetchone()[0])


def _run(*, order: ImportOrder, source: CsvFile, translator: Translator) -> Summary:
    """Read, translate and write every row under a stored run."""
    # History needs definitions to be judged by; a new database has none yet.
    install_defaults(at=order.at)
    boundary = enforced_from(day=order.enforce_from, at=order.at)
    # Whoever held the lock and left a run behind is gone: its process died.
    ImportRun.objects.filter(
        kind=order.kind, source_system=order.source_system, status=ImportStatus.RUNNING
    ).update(status=ImportStatus.FAILED, finished_at=order.at)
    run = ImportRun.objects.create(
        kind=order.kind,
        file_name=(order.file_name or order.path.name)[:200],
        file_sha256=_sha256(order.path),
        source_system=order.source_system,
        timezone=order.zone_name,
        mapping=order.file_map.model_dump(mode="json", by_alias=True),
        status=ImportStatus.RUNNING,
        actor=order.actor,
        started_at=order.at,
    )
    summary = Summary(run=run)
    context = Context(
        run=run,
        kind=order.kind,
        source_system=order.source_system,
        at=order.at,
        options=order.file_map.options,
        columns=translator.names,
    )
    try:
        batcher = Batcher(kind=order.kind, limit=BATCH_ROWS)
        for batch in batcher.batches(_lines(source=source, translator=translator)):
            with transaction.atomic():
                _measure_before(boundary)
                outcomes = _write(batch=batch, context=context)
                _keep(run=run, outcomes=outcomes, summary=summary)
            for outcome in outcomes:
                order.on_outcome(outcome)
            order.on_rows(source.position, summary)
    except BaseException:
        if not order.is_dry_run:
            _finish(run=run, status=ImportStatus.FAILED, at=order.clock())
        raise
    _finish(run=run, status=ImportStatus.FINISHED, at=order.clock())
    return summary


def _lines(*, source: CsvFile, translator: Translator) -> Iterator[Line | RowOutcome]:
    """Yield each row translated, or its outcome where it cannot be read."""
    for raw in source:
        if isinstance(raw, BadRow):
            yield RowOutcome(line=raw.line, status="error", problems=raw.problems, cells=raw.cells)
            continue
        ours, problems = translator.read(raw.cells)
        line = Line(raw.line, raw.cells, ours)
        yield line.refused(problems=problems) if problems else line


def _write(*, batch: Sequence[Line | RowOutcome], context: Context) -> list[RowOutcome]:
    """Store one batch in a transaction; return the outcomes in the order of the file."""
    lines = [entry for entry in batch if isinstance(entry, Line)]
    stored = {outcome.line: outcome for outcome in _store(lines=lines, context=context)}
    return [stored[entry.number] if isinstance(entry, Line) else entry for entry in batch]


def _store(*, lines: Sequence[Line], context: Context) -> list[RowOutcome]:
    """Write rows; where the database refuses them, find the one it refuses."""
    if not lines:
        return []
    try:
        with transaction.atomic():
            outcomes = WRITERS[context.kind](lines, context)
            with connection.cursor() as cursor:
                # Deferred constraints speak now, while the rows can still be told apart.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            return outcomes
    except (DataError, IntegrityError) as error:
        if len(lines) == 1:
            detail = f"the database refuses the row: {str(error).splitlines()[0]}"
            return [lines[0].refused(problems=[fault(column="", code="refused", detail=detail)])]
        half = len(lines) // 2
        return [
            *_store(lines=lines[:half], context=context),
            *_store(lines=lines[half:], context=context),
        ]


def _keep(*, run: ImportRun, outcomes: Sequence[RowOutcome], summary: Summary) -> None:
    """Store the refused rows and the counts so far."""
    summary.add(outcomes)
    run.created_count = summary.statuses["created"]
    run.updated_count = summary.statuses["updated"]
    run.unchanged_count = summary.statuses["unchanged"]
    run.error_count = summary.statuses["error"]
    run.flag_counts = dict(summary.flags)
    ImportProblem.objects.bulk_create(
        ImportProblem(
            run=run,
            line=outcome.line,
            row=outcome.cells,
            errors=[problem.to_json() for problem in outcome.problems],
        )
        for outcome in outcomes
        if outcome.status == "error"
    )
    run.save(
        update_fields=[
            "created_count",
            "updated_count",
            "unchanged_count",
            "error_count",
            "flag_counts",
        ]
    )


def _measure_before(boundary: datetime | None) -> None:
    """Have the evidence of this transaction marked that began before `boundary`."""
    if boundary is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('accord.measured_before', %s, true)", [boundary.isoformat()]
            )


def _finish(*, run: ImportRun, status: ImportStatus, at: datetime) -> None:
    run.status, run.finished_at = status, at
    run.save(update_fields=["status", "finished_at"])


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
