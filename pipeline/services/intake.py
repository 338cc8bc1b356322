"""Intake of leads: the one path for the API and for files.

Rows are judged and scored here; one call of a database function stores leads, rounds,
transitions, assignments, evidence, clocks and messages. What a row costs is that round trip, so
the number of statements does not depend on the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db import OperationalError, transaction
from psycopg import errors

from pipeline.choices import Origin
from pipeline.matching import company_key
from pipeline.models import Lead
from pipeline.services.arrivals import Arrival, InstantError, Reception
from pipeline.services.clockplans import plan_arrivals
from pipeline.services.intake_sql import (
    Rulings,
    as_json,
    call_function,
    head_of,
    read_companies,
    retried,
    rulings_at,
)
from pipeline.services.qualification import qualify_leads
from sla.services.refolding import refold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pipeline.fields import CompanyFacts
    from pipeline.models import ImportRun
    from pipeline.rows import LeadRow
    from revops.rest.strict import FieldProblem

__all__ = [
    "Answer",
    "Idempotency",
    "InstantError",
    "IntakeMode",
    "IntakeResult",
    "IntakeStatus",
    "KeyReusedError",
    "TwinRunningError",
    "qualify_leads",
    "take_in",
    "take_in_one",
]


class IntakeMode(StrEnum):
    """Whether a known lead is left alone or brought up to date."""

    CREATE = "create"
    UPSERT = "upsert"


class IntakeStatus(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    ERROR = "error"


class TwinRunningError(Exception):
    """Another request with the same Idempotency-Key is still at work."""


class KeyReusedError(Exception):
    """The Idempotency-Key was used for another body."""


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """What became of one row; in the order of the rows.

    Attributes:
        kept: Fields the handoff has fixed, which the row would have changed.
        flags: What is odd about a new row, though it is kept.
    """

    external_id: str
    status: IntakeStatus
    lead_id: int | None = None
    stage: str = ""
    kept: tuple[str, ...] = ()
    problems: tuple[FieldProblem, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A key a client sends so that a repeated request is the same request."""

    api_key_id: int
    key: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a single intake; of a replay, byte for byte the first one."""

    status: int
    body: str
    is_replay: bool = False


@retried
@transaction.atomic
def take_in(
    *,
    rows: Sequence[LeadRow],
    actor: str,
    source_system: str,
    origin: Origin,
    at: datetime,
    mode: IntakeMode = IntakeMode.CREATE,
    import_run: ImportRun | None = None,
    route: bool = True,
    rulings: Rulings | None = None,
) -> list[IntakeResult]:
    """Store leads with everything that follows from them, set-based.

    Args:
        rows: Read by `pipeline.rows.read_lead_row(s)`; external ids are distinct.
        actor: `user:<id>`, `key:<id>` or `system:<job>`.
        source_system: The system whose ids the rows carry, unless a row names its own.
        origin: API, form, import or job.
        at: The instant of the intake.
        mode: UPSERT updates known leads that differ; CREATE never does.
        import_run: The run whose rows these are.
        route: Whether rows without `mql_at` that qualify open a round at `at` and are assigned.
            Rows with `mql_at` open their round then, without assignment when origin is IMPORT.
        rulings: What holds when, if the caller has it.

    Returns:
        One result per row, in order.
    """
    rulings = rulings or rulings_at(at=at)
    reception = Reception(
        schedule=rulings.schedule,
        source_system=source_system,
        origin=origin,
        at=at,
        route=route,
        companies=read_companies(
            {
                key
                for row in rows
                if (key := company_key(name=row.company, domain=row.company_domain))
            }
        ),
        known=_known(rows, source_system=source_system, origin=origin),
    )
    results: list[IntakeResult | None] = [None] * len(rows)
    arrivals: list[Arrival] = []
    for n, row in enumerate(rows):
        try:
            arrivals.append(reception.receive(row, n=n))
        except InstantError as error:
            problems = (error.problem,)
            results[n] = IntakeResult(row.external_id, IntakeStatus.ERROR, problems=problems)
    head = head_of(actor=actor, origin=origin, at=at) | {
        "mode": mode.value,
        "overrides": mode == IntakeMode.UPSERT and origin != Origin.IMPORT,
        "import_run_id": None if import_run is None else import_run.pk,
    }
    stored = _store(arrivals, head=head, rulings=rulings, at=at)["rows"]
    flags = {arrival.sent["n"]: arrival.sent["quality_flags"] for arrival in arrivals}
    for answer in stored:
        results[answer["n"]] = _result(answer, flags=flags, rows=rows)
    if mode == IntakeMode.UPSERT and route and origin != Origin.IMPORT:
        updated = [answer["id"] for answer in stored if answer["status"] == IntakeStatus.UPDATED]
        qualify_leads(lead_ids=updated, actor=actor, origin=origin, at=at, rulings=rulings)
    return [result for result in results if result is not None]


@retried
def take_in_one(
    *,
    row: LeadRow,
    actor: str,
    source_system: str,
    origin: Origin,
    at: datetime,
    rulings: Rulings,
    companies: Mapping[str, CompanyFacts],
    idempotency: Idempotency | None = None,
) -> Answer:
    """Store one lead and return the answer to its request, in one statement.

    The first answer to an Idempotency-Key is stored with the lead. A twin that arrives meanwhile
    waits for it and gets the same.

    Raises:
        InstantError: The row tells of the future, or of history.
        TwinRunningError: The twin took longer than the lock time-out.
        KeyReusedError: The key came with another body before.
    """
    reception = Reception(
        schedule=rulings.schedule,
        source_system=source_system,
        origin=origin,
        at=at,
        route=True,
        companies=companies,
        known=_known([row], source_system=source_system, origin=origin),
    )
    arrival = reception.receive(row, n=0)
    head = head_of(actor=actor, origin=origin, at=at) | {
        "mode": IntakeMode.CREATE.value,
        "overrides": False,
        "wants_body": True,
    }
    if idempotency is not None:
        head["idempotency"] = {
            "api_key_id": idempotency.api_key_id,
            "key": idempotency.key,
            "body_sha256": idempotency.body_sha256,
        }
    try:
        with transaction.atomic():
            stored = _store([arrival], head=head, rulings=rulings, at=at)
    except OperationalError as error:
        if isinstance(error.__cause__, errors.LockNotAvailable):
            raise TwinRunningError from error
        raise
    if "replay" in stored:
        replay = stored["replay"]
        if idempotency is None or replay["body_sha256"] != idempotency.body_sha256:
            raise KeyReusedError
        return Answer(status=replay["status"], body=replay["body"], is_replay=True)
    is_new = stored["rows"][0]["status"] == IntakeStatus.CREATED
    return Answer(status=201 if is_new else 200, body=stored["body"])


def _known(
    rows: Sequence[LeadRow], *, source_system: str, origin: Origin
) -> frozenset[tuple[str, str]]:
    """Return the stored leads among the rows of the API that say when they became an MQL.

    No statement where none does, as in everyday traffic.
    """
    dated = {
        (row.source_system or source_system, row.external_id)
        for row in rows
        if row.mql_at is not None
    }
    if origin != Origin.API or not dated:
        return frozenset()
    stored = Lead.objects.filter(
        source_system__in={system for system, _ in dated},
        external_id__in={external_id for _, external_id in dated},
    ).values_list("source_system", "external_id")
    return frozenset(stored) & dated


def _store(
    arrivals: Sequence[Arrival], *, head: dict[str, Any], rulings: Rulings, at: datetime
) -> dict[str, Any]:
    """Send the arrivals to the database; fold what began in the past or is missed already."""
    if not arrivals:
        return {"rows": []}
    head["plans"], unplanned = plan_arrivals(arrivals, terms=rulings.terms, at=at)
    sent = [arrival.sent for arrival in arrivals]
    stored = call_function(
        "SELECT pipeline_take_in(%s::jsonb, %s::jsonb)", [as_json(head), as_json(sent)]
    )
    new = {row["n"]: row["id"] for row in stored.get("rows", ()) if row["status"] == "created"}
    late = [new[n] for n in unplanned if n in new]
    if late:
        refold(lead_ids=late, at=at)
    return stored


def _result(
    answer: Mapping[str, Any], *, flags: Mapping[int, list[str]], rows: Sequence[LeadRow]
) -> IntakeResult:
    is_new = answer["status"] == IntakeStatus.CREATED
    return IntakeResult(
        external_id=rows[answer["n"]].external_id,
        status=IntakeStatus(answer["status"]),
        lead_id=answer["id"],
        stage=answer["stage"],
        kept=tuple(answer["kept"]),
        flags=tuple(flags[answer["n"]]) if is_new else (),
    )
