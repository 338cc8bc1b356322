"""The promises of both sides month by month, from the baseline before the signature to today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count

from dashboards import metrics
from dashboards.expectations import judgement
from dashboards.filters import MetricFilter
from dashboards.metrics import Period
from dashboards.registry import ACCEPTANCE, PIPELINE_CREATED, RESPONSE_TIME
from dashboards.selectors.promises import promises, signed_from
from definitions.choices import ClockKind
from sla.selectors import overdue_clocks
from sla.selectors.months import closed_months
from sla.selectors.process import open_process_revisions

if TYPE_CHECKING:
    from datetime import date

    from dashboards.expectations import Judgement
    from dashboards.registry.base import Figure, Metric
    from dashboards.selectors.frame import Frame
    from dashboards.selectors.promises import Promise
    from sla.models import ProcessRevision
    from sla.selectors.months import ClosedMonth

BASELINE_MONTHS = 3
SINCE_SIGNING = (RESPONSE_TIME, ACCEPTANCE, PIPELINE_CREATED)


@dataclass(frozen=True, slots=True)
class Share:
    """How much of something was kept; for the monthly volume MQLs of MQLs promised."""

    kept: int
    due: int

    @property
    def rate(self) -> float | None:
        """The share; None where nothing was due."""
        return metrics.rate(numerator=self.kept, denominator=self.due)


@dataclass(frozen=True, slots=True)
class Cell:
    """One promise in one month.

    Attributes:
        share: As frozen when the month was closed; live while it is open.
        restated: With what was corrected since, where that differs.
        is_kept: Corrections included; None where nothing was due or nothing promised.
        is_promised: Whether an SLA was in force; the months before it only measured.
        is_closed: Whether the month is frozen.
    """

    month: date
    share: Share
    restated: Share | None = None
    is_kept: bool | None = None
    is_promised: bool = True
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One promise with its months.

    Attributes:
        baseline: What was measured in the months before the signature; None without any.
        overdue_count: Clocks in force that are missed and still open now.
    """

    promise: Promise
    cells: list[Cell]
    baseline: Share | None
    overdue_count: int
    revision: ProcessRevision | None

    @property
    def is_volume(self) -> bool:
        """Whether MQLs are counted and no clocks."""
        return self.promise.commitment.kind is ClockKind.MQL_VOLUME


@dataclass(frozen=True, slots=True)
class Change:
    """A measure before the signature and since, and whether that may be judged yet."""

    metric: Metric
    before: Figure
    before_asked: MetricFilter
    since: Figure
    since_asked: MetricFilter
    judgement: Judgement | None


@dataclass(frozen=True, slots=True)
class SideMonth:
    """What one side kept of all it owed in one month, the monthly volume apart."""

    month: date
    side: str
    share: Share


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Both sides' promises in one table.

    Attributes:
        months: The columns, oldest first; the last one is the month that runs.
        signed_on: Local day from which an SLA was in force; None where none is.
        course: Each closed month of each side, from the baseline on.
    """

    lines: list[Line]
    months: list[date]
    signed_on: date | None
    course: list[SideMonth]


def scorecard(*, frame: Frame) -> Scorecard:
    """Return the promises of the SLA in use with their months; a fixed number of statements."""
    signed_on = signed_from(frame)
    held = promises(frame=frame, narrowed={})
    closed = closed_months()
    overdue = _overdue(frame)
    revisions = open_process_revisions()
    frozen = {(one.month, one.kind): one for one in closed}
    current = metrics.month_of(day=frame.today).starts_on
    lines = [
        Line(
            promise=promise,
            cells=_cells(promise, frozen=frozen, current=current, signed_on=signed_on),
            baseline=_baseline(promise.commitment.kind, closed=closed, signed_on=signed_on),
            overdue_count=overdue.get(promise.commitment.kind, 0),
            revision=revisions.get(promise.commitment.kind),
        )
        for promise in held
    ]
    months = [cell.month for cell in lines[0].cells] if lines else []
    return Scorecard(
        lines=lines, months=months, signed_on=signed_on, course=_course(closed, signed_on)
    )


def _overdue(frame: Frame) -> dict[str, int]:
    rows = overdue_clocks(at=frame.at).filter(enforced=True).values_list("kind")
    return {str(kind): int(count) for kind, count in rows.annotate(count=Count("pk"))}


def _cells(
    promise: Promise,
    *,
    frozen: dict[tuple[date, str], ClosedMonth],
    current: date,
    signed_on: date | None,
) -> list[Cell]:
    """Return the six months before and the running one; a closed month is as it was frozen."""
    cells = []
    for month, count in promise.history:
        one = frozen.get((month.starts_on, promise.commitment.kind))
        if one is None:
            live = Share(count.kept, count.due)
            is_promised = signed_on is None or month.starts_on >= signed_on.replace(day=1)
            kept = month.kept if is_promised else None
            cells.append(Cell(month.starts_on, live, is_kept=kept, is_promised=is_promised))
        else:
            cells.append(_closed(one))
    running = Share(promise.month.kept, promise.month.due)
    return [*cells, Cell(current, running)]


def _closed(one: ClosedMonth) -> Cell:
    share, now = _shares(one)
    return Cell(
        month=one.month,
        share=share,
        restated=now if one.is_restated and now != share else None,
        is_kept=one.is_kept if one.is_enforced else None,
        is_promised=one.is_enforced,
        is_closed=True,
    )


def _shares(one: ClosedMonth) -> tuple[Share, Share]:
    """Return what was frozen, and what it comes to with the corrections since."""
    if one.counted is not None:
        target = one.target or 0
        return Share(one.counted, target), Share(one.counted_now or 0, target)
    return Share(one.frozen.met, one.frozen.judged), Share(one.now.met, one.now.judged)


def baseline_months(signed_on: date) -> Period:
    """Return the three months before the one in which the SLA was signed."""
    first = metrics.add_months(day=signed_on, months=-BASELINE_MONTHS)
    return Period(first, metrics.add_months(day=signed_on, months=0))


def _baseline(
    kind: ClockKind, *, closed: list[ClosedMonth], signed_on: date | None
) -> Share | None:
    """Return what was measured before the signature; for the volume MQLs per month."""
    if signed_on is None:
        return None
    span = baseline_months(signed_on)
    held = [
        one for one in closed if one.kind == kind and span.starts_on <= one.month < span.ends_on
    ]
    if not held:
        return None
    if kind is ClockKind.MQL_VOLUME:
        return Share(round(sum(one.counted or 0 for one in held) / len(held)), 0)
    return Share(sum(one.now.met for one in held), sum(one.now.judged for one in held))


def _course(closed: list[ClosedMonth], signed_on: date | None) -> list[SideMonth]:
    """Return what each side kept in each month from the baseline on."""
    first = baseline_months(signed_on).starts_on if signed_on else None
    found: dict[tuple[date, str], Share] = {}
    for one in closed:
        if one.counted is None and (first is None or one.month >= first):
            held = found.get((one.month, one.side), Share(0, 0))
            found[one.month, one.side] = Share(held.kept + one.now.met, held.due + one.now.judged)
    return [SideMonth(month, side, share) for (month, side), share in found.items()]


def response_months(*, frame: Frame, signed_on: date) -> list[Figure]:
    """Return the lead response of each month from the baseline to today; one statement."""
    asked = MetricFilter(
        setting=frame.setting,
        period=Period(baseline_months(signed_on).starts_on, frame.today + metrics.ONE_DAY),
        at=frame.at,
        zone=frame.setting.zone,
        group_by="month",
        options={option.name: option.choices[0] for option in RESPONSE_TIME.options},
    )
    return RESPONSE_TIME.groups(asked)


def changes(*, frame: Frame, signed_on: date) -> list[Change]:
    """Return speed, acceptance and pipeline before the signature and since; six statements.

    Before are the three months before the signing month; since is from the signing day to today.
    """
    before = baseline_months(signed_on)
    since = Period(signed_on, max(frame.today, signed_on) + metrics.ONE_DAY)
    found = []
    for metric in SINCE_SIGNING:
        asked = [
            MetricFilter(
                setting=frame.setting, period=period, at=frame.at, zone=frame.setting.zone,
                options={option.name: option.choices[0] for option in metric.options},
            )
            for period in (before, since)
        ]  # fmt: skip
        ripe = judgement(metric=metric.key, signed_on=signed_on, today=frame.today)
        figures = [metric.total(one) for one in asked]
        found.append(Change(metric, figures[0], asked[0], figures[1], asked[1], ripe))
    return found
