"""The ledger and what is overdue, live: right even when no sweep has run."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Min, Q

from sla.choices import ClockStatus
from sla.models import Breach, Clock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sla.models.breaches import BreachQuerySet
    from sla.models.clocks import ClockQuerySet

ENDED = Q(status__in=[ClockStatus.BREACHED_OPEN, ClockStatus.BREACHED_CLOSED])
MERGED = Q(status=ClockStatus.MERGED) | Q(lead__merged_into__isnull=False)
VOIDED = Q(lead__voided_at__isnull=False) & ~MERGED


@dataclass(frozen=True, slots=True)
class Attainment:
    """How clocks that fell due ended; the rate is met ÷ (met + late + missed).

    `open` are clocks still in time; excused and cancelled ones stand beside the rate. Superseded
    and merged clocks, and those of leads taken back as duplicates, stand beside the reconciliation
    and are in no other count.
    """

    met: int = 0
    late: int = 0
    missed: int = 0
    excused: int = 0
    cancelled: int = 0
    open: int = 0
    superseded: int = 0
    merged: int = 0
    voided: int = 0
    opened: int = 0

    @property
    def judged(self) -> int:
        """The denominator."""
        return self.met + self.late + self.missed

    @property
    def rate(self) -> float | None:
        """The share kept in time; None where nothing fell due."""
        return self.met / self.judged if self.judged else None

    @property
    def balance(self) -> int:
        """Clocks opened that ended nowhere; anything but zero is a defect."""
        ended = self.judged + self.excused + self.cancelled + self.open
        return self.opened - ended - self.superseded - self.merged - self.voided

    def __add__(self, other: Attainment) -> Attainment:
        """Return both together."""
        return Attainment(
            *(getattr(self, one.name) + getattr(other, one.name) for one in fields(self))
        )


def opened_clocks() -> ClockQuerySet:
    """Every clock of a team's promise that was ever opened, except on tests."""
    real = Q(lead__isnull=True) | Q(lead__is_test=False)
    return Clock.objects.of_teams().filter(real).exclude(status=ClockStatus.NOT_STARTED)


def team_clocks() -> ClockQuerySet:
    """Clocks that count: of teams, on leads that are neither tests nor merged or taken away."""
    real = Q(lead__isnull=True) | Q(
        lead__is_test=False, lead__merged_into__isnull=True, lead__voided_at__isnull=True
    )
    return Clock.objects.of_teams().filter(real).exclude(status=ClockStatus.MERGED)


def unswept(*, at: datetime) -> Q:
    """Return what is missed at `at` although no sweep has said so yet."""
    return Q(status=ClockStatus.PENDING, breach_at__lt=at)


def broken(*, at: datetime) -> Q:
    """Return what is missed at `at` and not answered since, whether or not a sweep ran."""
    return ENDED | unswept(at=at)


def overdue_clocks(*, at: datetime) -> ClockQuerySet:
    """Return team clocks that are missed and still open at `at`, swept or not.

    Those that no SLA in force promised are among them; `enforced` tells.
    """
    return team_clocks().filter(Q(status=ClockStatus.BREACHED_OPEN) | unswept(at=at))


def overdue_live(*, at: datetime) -> int:
    """Return how many promises in force are broken and still open at `at`.

    Counted from the clocks' own deadlines, so a dead sweeper never shows green.
    """
    return overdue_clocks(at=at).filter(enforced=True).count()


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
    sums: dict[str, Any] = clocks.aggregate(**_parts(at=at))
    return Attainment(**sums)


def attainment_by(
    *, clocks: ClockQuerySet, at: datetime, by: Sequence[str]
) -> dict[Any, Attainment]:
    """Return the same for each group of clocks, in one statement.

    Args:
        clocks: What is counted.
        at: The instant of the question.
        by: Columns or annotations; the keys are tuples of their values.
    """
    found = {}
    for row in clocks.order_by().values(*by).annotate(**_parts(at=at)):
        key = tuple(row.pop(name) for name in by)
        found[key] = Attainment(**row)
    return found


def _parts(*, at: datetime) -> dict[str, Count]:
    """Return the ends a clock may have; each counted clock has exactly one."""
    counts = ~(MERGED | VOIDED)
    ends = {
        "met": counts & Q(status=ClockStatus.MET),
        "late": counts & Q(status=ClockStatus.MET_LATE),
        "missed": counts & broken(at=at),
        "excused": counts & Q(status=ClockStatus.EXCUSED),
        "cancelled": counts & Q(status=ClockStatus.CANCELLED),
        "open": counts & Q(status=ClockStatus.PENDING) & ~unswept(at=at),
        "superseded": counts & Q(status=ClockStatus.SUPERSEDED),
        "merged": MERGED,
        "voided": VOIDED,
    }
    parts = {name: Count("pk", filter=end) for name, end in ends.items()}
    return {**parts, "opened": Count("pk")}


def last_detection() -> datetime | None:
    """Return when the last breach was noticed."""
    found: datetime | None = Breach.objects.aggregate(last=Max("detected_at"))["last"]
    return found
