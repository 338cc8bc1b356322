"""Close months: freeze what each promise came to, and note what later evidence changed.

Runs again and again. A month is frozen once; whatever the clocks say differently afterwards
becomes an adjustment beside it, never an edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Q

from sla import fold
from sla.choices import ClockStatus, Scope
from sla.models import Clock, Commitment, Evidence, MonthAdjustment, MonthResult
from sla.selectors import months
from sla.selectors.ledger import Attainment, team_clocks
from sla.selectors.preview import default_calendar
from sla.selectors.volume import count_mqls
from sla.services.calendars import current_terms
from sla.services.process import open_revisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from sla.clock import BusinessCalendar
    from sla.selectors.months import ClosedMonth, DueInMonth

ACTOR = "system:close_months"
# Any constant will do; it only has to differ from the other advisory locks of the project.
MONTHS_LOCK = 7_104_500_002
MOST_CLOCKS = 200
"""Clocks an adjustment names; a larger one says how many it is about by its differences."""
# What makes the MQLs of a month more or fewer.
COUNTING = ("mql", "recalled", "merged", "voided")


@dataclass(frozen=True, slots=True)
class _Promised:
    """A promise as one month held it; `count` is None unless a number of MQLs was promised."""

    side: str
    target_rate: Any
    count: int | None


@dataclass(frozen=True, slots=True)
class _Reading:
    """All that months are closed from.

    Attributes:
        after: First day of the first month that is not to be closed yet.
        due: How the clocks due before it stand.
    """

    at: datetime
    hours: BusinessCalendar
    after: date
    due: Mapping[tuple[date, str], DueInMonth]
    terms: fold.Terms
    promised: Mapping[Any, Mapping[str, _Promised]]


@transaction.atomic
def close_months(*, at: datetime) -> int:
    """Freeze every month whose third following business day has ended; note later changes.

    One process at a time; another returns at once. A month that is closed stays as it is, so a
    second run writes nothing.

    Returns:
        How many results were written.
    """
    hours = default_calendar()
    if hours is None or not _claimed():
        return 0
    reading = _read(hours=hours, at=at)
    known = months.closed_months()
    results = _results(reading, known={(one.month, one.kind) for one in known})
    MonthResult.objects.bulk_create(results)
    MonthAdjustment.objects.bulk_create(_adjustments(reading, known=known))
    open_revisions(at=at)
    return len(results)


def _claimed() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [MONTHS_LOCK])
        (is_ours,) = cursor.fetchone()
    return bool(is_ours)


def _read(*, hours: BusinessCalendar, at: datetime) -> _Reading:
    after = hours.local_date(at).replace(day=1)
    before = _month_before(after)
    if at <= fold.closes_at(month=before, calendar=hours):
        after = before
    promised: dict[Any, dict[str, _Promised]] = {}
    rows = Commitment.objects.filter(scope=Scope.LEAD).order_by("hand_raisers_only", "position")
    for row in rows:
        count = row.count if months.is_counted(row.kind) else None
        held = promised.setdefault(row.version_id, {})
        held.setdefault(row.kind, _Promised(row.side, row.target_rate, count))
    return _Reading(
        at=at,
        hours=hours,
        after=after,
        due=months.due_by_month(zone=hours.zone, first=None, after=after, at=at),
        terms=current_terms(at=at),
        promised=promised,
    )


def _month_before(month: date) -> date:
    year, earlier = divmod(month.year * 12 + month.month - 2, 12)
    return month.replace(year=year, month=earlier + 1)


def _results(reading: _Reading, *, known: set[tuple[date, str]]) -> list[MonthResult]:
    """Return the results that are missing, oldest first.

    Months from before the first one closed are among them when an import brings them later.
    """
    found = []
    firsts = [month for month, _ in (*reading.due, *known)]
    if not firsts:
        return []
    for month in months.months_in(first=min(firsts), after=reading.after):
        at_end = months.last_instant(month=month, zone=reading.hours.zone)
        agreement = reading.terms.agreement_at(at_end)
        promised = reading.promised.get(agreement.version, {}) if agreement else {}
        kinds = {*promised, *(kind for held, kind in reading.due if held == month)}
        found += [
            result
            for kind in sorted(kinds)
            if (month, kind) not in known
            and (result := _result(
                reading, month=month, kind=kind, promise=promised.get(kind),
                is_enforced=bool(agreement and agreement.enforced),
            )) is not None
        ]  # fmt: skip
    return found


def _result(
    reading: _Reading, *, month: date, kind: str, promise: _Promised | None, is_enforced: bool
) -> MonthResult | None:
    """Return one promise in one month as it is frozen; None while the sweep has still to judge."""
    counted = target = None
    if months.is_counted(kind):
        clock = Clock.objects.filter(kind=kind, month=month).first()
        if clock is not None and clock.status == ClockStatus.PENDING:
            return None
        if clock is None or clock.counted is None:
            counted = count_mqls(month=month, calendar=reading.hours)
        else:
            counted, target = clock.counted, clock.measure.get("target")
        counts = months.volume(counted=counted, target=target)
    else:
        due = reading.due.get((month, kind), months.NOTHING_DUE)
        counts = due.counted(is_enforced=is_enforced)
    rate = promise.target_rate if promise else _last_rate(reading, kind=kind)
    return MonthResult(
        month=month,
        kind=kind,
        side=promise.side if promise else fold.side_of(kind),
        **months.columns_of(counts),
        counted=counted,
        target=target,
        target_rate=rate,
        is_enforced=is_enforced,
        is_kept=fold.is_kept(met=counts.met, judged=counts.judged, target_rate=rate),
        closed_at=reading.at,
        actor=ACTOR,
    )


def _last_rate(reading: _Reading, *, kind: str) -> Any:
    """Return the share promised last where the month's own agreement has no such promise."""
    rates = [held[kind].target_rate for held in reading.promised.values() if kind in held]
    return rates[-1] if rates else 1


def _adjustments(reading: _Reading, *, known: Iterable[ClosedMonth]) -> list[MonthAdjustment]:
    """Return what the clocks of closed months say differently now."""
    found = []
    for one, counts, counted in live(known=known, due=reading.due, hours=reading.hours):
        before, now = months.columns_of(one.now), months.columns_of(counts)
        changes = {name: now[name] - before[name] for name in now}
        more = None if counted is None else counted - (one.counted_now or 0)
        if any(changes.values()) or more:
            found.append(
                MonthAdjustment(
                    result_id=one.result_id, **changes, counted=more,
                    clocks=_changed(one, zone=reading.hours.zone), at=reading.at, actor=ACTOR,
                )
            )  # fmt: skip
    return found


def live(
    *,
    known: Iterable[ClosedMonth],
    due: Mapping[tuple[date, str], DueInMonth],
    hours: BusinessCalendar,
) -> list[tuple[ClosedMonth, Attainment, int | None]]:
    """Return each closed month with what its clocks say now, and its MQLs where it counts them."""
    found: list[tuple[ClosedMonth, Attainment, int | None]] = []
    for one in known:
        if months.is_counted(one.kind):
            counted = one.counted_now or 0
            if _may_count_otherwise(one, hours=hours):
                counted = count_mqls(month=one.month, calendar=hours)
            found.append((one, months.volume(counted=counted, target=one.target), counted))
        else:
            held = due.get((one.month, one.kind), months.NOTHING_DUE)
            found.append((one, held.counted(is_enforced=one.is_enforced), None))
    return found


def _may_count_otherwise(one: ClosedMonth, *, hours: BusinessCalendar) -> bool:
    """Return whether something that makes an MQL more or fewer came in since the last look."""
    first = months.last_instant(month=_month_before(one.month), zone=hours.zone)
    last = months.last_instant(month=one.month, zone=hours.zone)
    of_month = Evidence.objects.filter(
        kind="mql", occurred_at__gt=first, occurred_at__lte=last
    ).values("lead_id")
    later = Evidence.objects.filter(kind__in=COUNTING, recorded_at__gt=one.seen_at)
    return later.filter(lead_id__in=of_month).exists()


def _changed(one: ClosedMonth, *, zone: Any) -> list[int]:
    """Return the clocks of a closed month whose evidence or breach changed since the last look."""
    first = months.last_instant(month=_month_before(one.month), zone=zone)
    last = months.last_instant(month=one.month, zone=zone)
    later = (
        Q(started_by__recorded_at__gt=one.seen_at)
        | Q(stopped_by__recorded_at__gt=one.seen_at)
        | Q(breach__revisions__at__gt=one.seen_at)
    )
    clocks = team_clocks().filter(later, kind=one.kind, due_at__gt=first, due_at__lte=last)
    return list(clocks.order_by("pk").values_list("pk", flat=True).distinct()[:MOST_CLOCKS])
