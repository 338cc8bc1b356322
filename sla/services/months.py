"""The clocks of the monthly MQL volume: opened with the month, closed and frozen after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from sla import fold
from sla.choices import ClockKind, ClockStatus, EvidenceKind
from sla.fold.volume import AT_RISK
from sla.models import Clock, Evidence
from sla.selectors.facts import rows_of
from sla.selectors.volume import count_mqls, promise_of_month
from sla.services import projecting
from sla.services.calendars import current_terms
from sla.services.refolding import apply

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sla.services.projecting import StoredClock


@transaction.atomic
def open_months(*, at: datetime) -> int:
    """Write the clock of the month running at `at` if one is promised and it has none."""
    terms = current_terms(at=at)
    promised = promise_of_month(terms, month_at=at)
    if promised is None:
        return 0
    agreement, promise = promised
    version = terms.calendar_at(promise.calendar, at)
    month = version.hours.local_date(at).replace(day=1)
    if Clock.objects.filter(kind=ClockKind.MQL_VOLUME, month=month).exists():
        return 0
    outcome = outcome_of_month(
        month=month, agreement=agreement, promise=promise, version=version, counted=0, at=at
    )
    projecting.insert([projecting.columns_of(outcome)])
    return 1


def outcome_of_month(
    *,
    month: date,
    agreement: fold.Agreement,
    promise: fold.Promise,
    version: fold.CalendarVersion,
    counted: int,
    at: datetime,
) -> fold.Outcome:
    """Return the clock of a month; met or missed only once the month is closed."""
    stand = fold.pace(
        month=month, target=promise.count or 0, counted=counted, calendar=version.hours, at=at
    )
    status = ClockStatus.PENDING if stand.status == AT_RISK else ClockStatus(stand.status)
    closed = status != ClockStatus.PENDING
    return fold.Outcome(
        lead=None,
        cycle=0,
        kind=ClockKind.MQL_VOLUME,
        promise=promise,
        enforced=agreement.enforced,
        calendar_version=version.key,
        status=status,
        month=month,
        started_at=stand.starts_at,
        due_at=stand.due_at,
        breach_at=stand.closes_at,
        stopped_at=stand.closes_at if closed else None,
        counted=counted if closed else None,
        measure={"target": promise.count} if closed else {},
        missed=status == ClockStatus.BREACHED_CLOSED,
    )


def month_outcomes(
    *, clocks: Sequence[StoredClock], terms: fold.Terms, at: datetime
) -> list[fold.Outcome]:
    """Return how claimed months closed, from the MQLs recorded by now."""
    found = []
    for clock in clocks:
        columns = clock.columns
        version = terms.calendar_version(columns["calendar_version_id"])
        month = columns["month"]
        pair = _pinned(terms, columns)
        found.append(
            outcome_of_month(
                month=month,
                agreement=pair[0],
                promise=pair[1],
                version=version,
                counted=count_mqls(month=month, calendar=version.hours),
                at=at,
            )
        )
    return found


@transaction.atomic
def excuse_month(*, month: date, at: datetime) -> None:
    """Bring a missed month and the ledger in line with its excuse; its count stays frozen."""
    statement = f"{projecting.SELECT} WHERE c.month = %s FOR NO KEY UPDATE"
    (clock,) = projecting.stored(rows_of(statement, [month]))
    terms = current_terms(at=at)
    agreement, promise = _pinned(terms, clock.columns)
    outcome = outcome_of_month(
        month=month,
        agreement=agreement,
        promise=promise,
        version=terms.calendar_version(clock.columns["calendar_version_id"]),
        counted=clock.columns["counted"] or 0,
        at=at,
    )
    excuses = Evidence.objects.filter(
        lead__isnull=True, kind=EvidenceKind.EXCUSED, payload__month=month.isoformat()
    )
    found = excuses.order_by("pk").first()
    if outcome.missed and found is not None:
        outcome.status, outcome.excused_by = ClockStatus.EXCUSED, found.pk
    apply(
        clocks=[clock],
        outcomes=[outcome],
        breaches=projecting.breaches_of([clock.id]),
        at=at,
        news_since=None,
        is_partial=True,
    )


def _pinned(terms: fold.Terms, columns: dict[str, Any]) -> tuple[fold.Agreement, fold.Promise]:
    """Return the promise a month's clock was opened under."""
    for agreement in terms.agreements:
        for promise in agreement.promises:
            same = promise.key == columns["commitment_id"]
            if same and agreement.enforced == columns["enforced"]:
                return agreement, promise
    raise LookupError(f"no commitment {columns['commitment_id']} is known")
