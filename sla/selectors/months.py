"""What each promise came to by month: counted live, and as it was when the month was closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import DateField, Max, Q, Sum
from django.db.models.functions import Cast, Coalesce, TruncMonth

from sla import fold
from sla.choices import ClockKind
from sla.models import MonthResult
from sla.selectors.ledger import Attainment, attainment_by, team_clocks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from decimal import Decimal
    from zoneinfo import ZoneInfo

COLUMNS = {
    "met": "met", "late": "late", "missed": "missed", "excused": "excused",
    "cancelled": "cancelled", "open": "still_open",
}  # fmt: skip
"""What a closed month keeps of its counts, and in which column."""


@dataclass(frozen=True, slots=True)
class DueInMonth:
    """The clocks of one kind that fell due in one month, by whether an SLA was in force."""

    enforced: Attainment
    observed: Attainment

    def counted(self, *, is_enforced: bool) -> Attainment:
        """Return what counts: once an SLA is in force only what it promised does."""
        return self.enforced if is_enforced else self.enforced + self.observed


NOTHING_DUE = DueInMonth(Attainment(), Attainment())


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """One promise in one closed month: as frozen, and with what was corrected since.

    Attributes:
        counted: MQLs counted, as frozen; None for promises of time.
        target: MQLs promised; None where no number was.
        seen_at: When it was last compared with the clocks.
    """

    result_id: int
    month: date
    kind: str
    side: str
    frozen: Attainment
    now: Attainment
    counted: int | None
    counted_now: int | None
    target: int | None
    target_rate: Decimal
    is_enforced: bool
    was_kept: bool | None
    seen_at: datetime

    @property
    def is_restated(self) -> bool:
        """Whether later evidence changed what was frozen."""
        return self.now != self.frozen or self.counted_now != self.counted

    @property
    def is_kept(self) -> bool | None:
        """Whether the promise was kept, corrections included; None where nothing fell due."""
        return fold.is_kept(met=self.now.met, judged=self.now.judged, target_rate=self.target_rate)


def months_in(*, first: date, after: date) -> list[date]:
    """Return the first days of the months `first <= month < after`."""
    found = []
    while first < after:
        found.append(first)
        first = fold.first_of_next(first)
    return found


def due_by_month(
    *, zone: ZoneInfo, first: date | None, after: date, at: datetime
) -> dict[tuple[date, str], DueInMonth]:
    """Return how the clocks due in `first <= month < after` stand at `at`; one statement.

    A month is local to `zone` and takes the clocks whose deadline lies in it and has passed; the
    monthly volume belongs to the month it is about.

    Args:
        zone: Of the company's calendar.
        first: First day of the first month; None for all there ever were.
        after: First day of the first month that is left out.
        at: The instant of the question.
    """
    until = datetime.combine(after, time.min, tzinfo=zone)
    timed = Q(month__isnull=True, due_at__lt=min(until, at))
    monthly = Q(month__lt=after)
    if first is not None:
        timed &= Q(due_at__gte=datetime.combine(first, time.min, tzinfo=zone))
        monthly &= Q(month__gte=first)
    local = TruncMonth("due_at", output_field=DateField(), tzinfo=zone)
    due_in = Coalesce("month", Cast(local, DateField()))
    clocks = team_clocks().filter(timed | monthly).annotate(due_in=due_in)
    found: dict[tuple[date, str], DueInMonth] = {}
    rows = attainment_by(clocks=clocks, at=at, by=("due_in", "kind", "enforced"))
    for (month, kind, enforced), counts in rows.items():
        held = found.get((month, kind), NOTHING_DUE)
        found[month, kind] = (
            DueInMonth(counts, held.observed) if enforced else DueInMonth(held.enforced, counts)
        )
    return found


def closed_months(*, since: date | None = None) -> list[ClosedMonth]:
    """Return every promise in every closed month from `since` on, oldest first; one statement."""
    differences: dict[str, Any] = {
        f"later_{name}": Coalesce(Sum(f"adjustments__{name}"), 0)
        for name in (*COLUMNS.values(), "counted")
    }
    rows = MonthResult.objects.annotate(**differences, seen_at=Max("adjustments__at"))
    if since is not None:
        rows = rows.filter(month__gte=since)
    return [_closed(row) for row in rows.order_by("month", "kind")]


def _closed(row: Any) -> ClosedMonth:
    frozen = {name: getattr(row, column) for name, column in COLUMNS.items()}
    now = {
        name: frozen[name] + getattr(row, f"later_{column}") for name, column in COLUMNS.items()
    }
    return ClosedMonth(
        result_id=row.pk,
        month=row.month,
        kind=row.kind,
        side=row.side,
        frozen=Attainment(**frozen),
        now=Attainment(**now),
        counted=row.counted,
        counted_now=None if row.counted is None else row.counted + row.later_counted,
        target=row.target,
        target_rate=row.target_rate,
        is_enforced=row.is_enforced,
        was_kept=row.is_kept,
        seen_at=row.seen_at or row.closed_at,
    )


def streaks(*, months: Iterable[ClosedMonth]) -> dict[str, list[date]]:
    """Return the months each kind of promise was missed in a row up to the last closed one.

    Only months in which an SLA was in force count: before it nothing was promised.
    """
    by_kind: dict[str, list[fold.MonthKept]] = {}
    for month in months:
        if month.is_enforced:
            kept = fold.MonthKept(month.month, month.is_kept)
            by_kind.setdefault(month.kind, []).append(kept)
    return {kind: fold.missed_months(months=held) for kind, held in by_kind.items()}


def volume(*, counted: int, target: int | None) -> Attainment:
    """Return a month's MQLs as one promise that was kept or missed; nothing without a target."""
    if target is None:
        return Attainment()
    return Attainment(met=1) if counted >= target else Attainment(missed=1)


def columns_of(counts: Attainment) -> dict[str, int]:
    """Return what a closed month stores of its counts, by column."""
    return {column: getattr(counts, name) for name, column in COLUMNS.items()}


def last_instant(*, month: date, zone: ZoneInfo) -> datetime:
    """Return the last instant of a local month in UTC."""
    after = datetime.combine(fold.first_of_next(month), time.min, tzinfo=zone)
    return after.astimezone(UTC) - timedelta(microseconds=1)


def is_counted(kind: str) -> bool:
    """Return whether a promise is about a number of MQLs and not about time."""
    return kind == ClockKind.MQL_VOLUME
