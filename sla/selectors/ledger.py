"""The ledger and what is overdue, live: right even when no sweep has run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Min, Q

from sla.choices import ClockStatus, Scope
from sla.models import Breach, Clock

if TYPE_CHECKING:
    from datetime import datetime

    from sla.models.breaches import BreachQuerySet
    from sla.models.clocks import ClockQuerySet

COUNTED = [
    ClockStatus.MET,
    ClockStatus.MET_LATE,
    ClockStatus.BREACHED_OPEN,
    ClockStatus.BREACHED_CLOSED,
]


@dataclass(frozen=True, slots=True)
class Attainment:
    """How clocks that fell due ended; the rate is met ÷ (met + late + missed).

    `open` are clocks still in time; excused and cancelled ones stand beside the rate.
    """

    met: int
    late: int
    missed: int
    excused: int
    cancelled: int
    open: int

    @property
    def judged(self) -> int:
        """The denominator."""
        return self.met + self.late + self.missed

    @property
    def rate(self) -> float | None:
        """The share kept in time; None where nothing fell due."""
        return self.met / self.judged if self.judged else None


def team_clocks() -> ClockQuerySet:
    """Clocks that count: of teams, on leads that are neither tests nor merged away."""
    real = Q(lead__isnull=True) | Q(
        lead__is_test=False, lead__merged_into__isnull=True, lead__voided_at__isnull=True
    )
    return Clock.objects.filter(real, scope=Scope.LEAD).exclude(status=ClockStatus.MERGED)


def overdue_clocks(*, at: datetime) -> ClockQuerySet:
    """Return enforced team clocks that are missed and still open at `at`, swept or not."""
    late = Q(status=ClockStatus.BREACHED_OPEN) | Q(status=ClockStatus.PENDING, breach_at__lt=at)
    return team_clocks().filter(late, enforced=True)


def overdue_live(*, at: datetime) -> int:
    """Return how many promises in force are broken and still open at `at`.

    Counted from the clocks' own deadlines, so a dead sweeper never shows green.
    """
    return overdue_clocks(at=at).count()


def oldest_overdue(*, at: datetime) -> datetime | None:
    """Return the earliest breach instant before `at` that no sweep has flagged; None if none."""
    found: datetime | None = Clock.objects.overdue(at=at).aggregate(oldest=Min("breach_at"))[
        "oldest"
    ]
    return found


def open_breaches() -> BreachQuerySet:
    """Return breaches that stand and whose clocks nobody has answered, the oldest first."""
    rows: BreachQuerySet = (
        Breach.objects.ledger()
        .filter(clock__status=ClockStatus.BREACHED_OPEN)
        .select_related("clock__commitment", "clock__lead", "rep")
        .order_by("breach_at", "id")
    )
    return rows


def attainment(*, clocks: ClockQuerySet, at: datetime) -> Attainment:
    """Return how the given clocks stand at `at`, in one statement."""
    overdue = Q(status=ClockStatus.PENDING, breach_at__lt=at)
    broken = Q(status__in=[ClockStatus.BREACHED_OPEN, ClockStatus.BREACHED_CLOSED])
    sums: dict[str, Any] = clocks.aggregate(
        met=Count("pk", filter=Q(status=ClockStatus.MET)),
        late=Count("pk", filter=Q(status=ClockStatus.MET_LATE)),
        missed=Count("pk", filter=broken | overdue),
        excused=Count("pk", filter=Q(status=ClockStatus.EXCUSED)),
        cancelled=Count("pk", filter=Q(status=ClockStatus.CANCELLED)),
        open=Count("pk", filter=Q(status=ClockStatus.PENDING) & ~overdue),
    )
    return Attainment(**sums)


def last_detection() -> datetime | None:
    """Return when the last breach was noticed."""
    found: datetime | None = Breach.objects.aggregate(last=Max("detected_at"))["last"]
    return found
