"""The promises of both sides: kept this month, the six months before, and what is overdue now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from dashboards import metrics
from dashboards.filters import MetricFilter
from dashboards.metrics import Period
from dashboards.registry import ATTAINMENT, LEAD_AGE, VOLUME, buckets
from dashboards.registry.base import COUNTED, IN_NUMERATOR
from definitions.choices import ClockKind, DocumentKind, Unit
from definitions.models import Signature
from definitions.selectors import sla_of
from sla.choices import ClockStatus
from sla.fold import MonthKept, is_kept, missed_streak
from sla.selectors import month_pace, overdue_clocks
from sla.selectors.terms import loaded_terms, terms_key

if TYPE_CHECKING:
    from datetime import date, datetime

    from dashboards.selectors.frame import Frame
    from definitions.content import Commitment
    from sla.fold import Pace, Terms

MONTHS = 6


@dataclass(frozen=True, slots=True)
class MonthCount:
    """How many promises of one kind fell due in one month, and how many were kept."""

    kept: int
    due: int


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise with how it goes.

    Attributes:
        month: This month so far.
        history: The six months before, oldest first.
        streak: How many of them were missed in a row up to the last.
        query: The address of the rows behind this month, without the question mark.
        pace: For the monthly volume, how it goes by the business days of its calendar.
        unknown_count: Handoffs of this month that nobody can judge; counted apart, never kept.
    """

    commitment: Commitment
    month: MonthCount
    history: list[tuple[MonthKept, MonthCount]]
    streak: int
    metric: str
    query: str
    pace: Pace | None = None
    unknown_count: int = 0

    @property
    def side(self) -> str:
        """Who promised, such as `Sales`."""
        return str(self.commitment.side.label)

    @property
    def text(self) -> str:
        """The promise in a few words, such as `First contact within 4 business hours`."""
        held = self.commitment
        if held.kind is ClockKind.MQL_VOLUME:
            return f"{held.count} MQLs a month"
        if held.unit is Unit.AT_HANDOFF:
            return f"{held.title} at handoff"
        unit = held.unit.label if held.allowance_amount != 1 else held.unit.label[:-1]
        count = f"{held.count} " if held.kind is ClockKind.ATTEMPTS else ""
        title = held.title.lower() if count else held.title
        if held.kind is ClockKind.LEAD_AGE:
            return f"{title} at most {held.allowance_amount} {unit}"
        return f"{count}{title} within {held.allowance_amount} {unit}"

    @property
    def rate(self) -> float | None:
        """The share kept this month."""
        return metrics.rate(numerator=self.month.kept, denominator=self.month.due)


def promises(*, frame: Frame, narrowed: dict[str, str]) -> list[Promise]:
    """Return every active promise of the SLA in use; three statements, a fourth for the volume.

    The promises of an SLA nobody signed are shown as well; the page says they are provisional.
    """
    entry = frame.in_use(DocumentKind.SLA)
    if entry is None:
        return []
    this_month = metrics.month_of(day=frame.today)
    asked = MetricFilter(
        setting=frame.setting,
        period=_window(this_month),
        at=frame.at,
        zone=frame.setting.zone,
        options={"commitment": "", "side": "", "enforced": ""},
        **narrowed,
    )
    signed = signed_from(frame)
    if signed is not None:
        # Before a signature the clocks only measured; nothing was promised that could be missed.
        asked = asked.asking(commitment="", side="", enforced="yes")
    counts = _due_by_month(asked)
    unknown = _unknown_by_kind(asked.over(this_month), is_signed=signed is not None)
    held = [pair[1] for pair in sla_of(entry).ordered_commitments() if pair[1].is_active]
    unique = {commitment.kind: commitment for commitment in reversed(held)}
    shown = [commitment for commitment in held if unique[commitment.kind] is commitment]
    counted = any(commitment.kind is ClockKind.MQL_VOLUME for commitment in shown)
    volumes = _volume_by_month(asked) if counted else {}
    pace = _pace(volumes, asked=asked, month=this_month.starts_on) if counted else None
    return [
        _volume_promise(
            commitment,
            volumes=volumes,
            asked=asked,
            this_month=this_month,
            signed=signed,
            pace=pace,
        )
        if commitment.kind is ClockKind.MQL_VOLUME
        else _promise(
            commitment,
            counts=counts,
            asked=asked,
            this_month=this_month,
            unknown_count=unknown.get(commitment.kind.value, 0),
        )
        for commitment in sorted(shown, key=lambda one: (one.side.value != "sales", one.position))
    ]


def signed_from(frame: Frame) -> date | None:
    """Return the local day from which an SLA was in force, None where none is now."""
    if not frame.is_signed(DocumentKind.SLA):
        return None
    starts = [
        entry.effective_from
        for entry in frame.schedule.entries
        if entry.kind is DocumentKind.SLA and entry.is_signed
    ]
    return min(starts).astimezone(frame.setting.zone).date()


def _window(this_month: Period) -> Period:
    first = metrics.add_months(day=this_month.starts_on, months=-MONTHS)
    return Period(first, this_month.ends_on)


def _due_by_month(asked: MetricFilter) -> dict[tuple[str, str], MonthCount]:
    month = buckets.beginning("month", asked=asked)
    rows = (
        ATTAINMENT.facts(asked)
        .annotate(month_due=month)
        .values_list("kind", "month_due")
        .annotate(kept=Count("pk", filter=IN_NUMERATOR), due=Count("pk", filter=COUNTED))
    )
    return {(kind, f"{began:%Y-%m}"): MonthCount(kept, due) for kind, began, kept, due in rows}


def _unknown_by_kind(asked: MetricFilter, *, is_signed: bool) -> dict[str, int]:
    """Return how many handoffs of the period cannot be judged, by promise."""
    clocks = LEAD_AGE.clocks(asked.asking(), column=LEAD_AGE.handed_at).filter(
        kind__in=[ClockKind.LEAD_AGE, ClockKind.MINIMUM_FIT], status=ClockStatus.NOT_STARTED
    )
    if is_signed:
        clocks = clocks.filter(enforced=True)
    return dict(clocks.order_by("kind").values_list("kind").annotate(Count("pk")))


def _volume_by_month(asked: MetricFilter) -> dict[str, int]:
    return {group.key: group.n for group in VOLUME.groups(asked.by("month").asking())}


def _pace(volumes: dict[str, int], *, asked: MetricFilter, month: date) -> Pace | None:
    """Return how the month goes; the promise is about all MQLs, so a part of them has no pace."""
    if asked.narrowed:
        return None
    return month_pace(
        month=month,
        terms=loaded_terms(terms_key()).terms,
        at=asked.at,
        counted=volumes.get(f"{month:%Y-%m}", 0),
    )


def _months(this_month: Period) -> list[date]:
    first = this_month.starts_on
    return [metrics.add_months(day=first, months=-back) for back in range(MONTHS, 0, -1)]


def _promise(
    commitment: Commitment,
    *,
    counts: dict[tuple[str, str], MonthCount],
    asked: MetricFilter,
    this_month: Period,
    unknown_count: int,
) -> Promise:
    nothing = MonthCount(0, 0)
    history = []
    for first in _months(this_month):
        count = counts.get((commitment.kind.value, f"{first:%Y-%m}"), nothing)
        kept = is_kept(met=count.kept, judged=count.due, target_rate=commitment.target_rate)
        history.append((MonthKept(first, kept), count))
    options = {**asked.options, "commitment": commitment.kind.value}
    return Promise(
        commitment=commitment,
        month=counts.get((commitment.kind.value, f"{this_month.starts_on:%Y-%m}"), nothing),
        history=history,
        streak=missed_streak(months=[month for month, _ in history]),
        metric=ATTAINMENT.key,
        unknown_count=unknown_count,
        query=asked.over(this_month).asking(**{k: v for k, v in options.items() if v}).query(),
    )


def _volume_promise(
    commitment: Commitment,
    *,
    volumes: dict[str, int],
    asked: MetricFilter,
    this_month: Period,
    signed: date | None,
    pace: Pace | None,
) -> Promise:
    promised = commitment.count or 0
    history = []
    for first in _months(this_month):
        reached = volumes.get(f"{first:%Y-%m}", 0)
        # The promise is about all MQLs; a part of them proves nothing.
        is_whole = not asked.narrowed and (signed is None or first >= signed)
        is_judged = promised and reached and is_whole
        month = MonthKept(first, reached >= promised if is_judged else None)
        history.append((month, MonthCount(reached, promised)))
    return Promise(
        commitment=commitment,
        month=MonthCount(volumes.get(f"{this_month.starts_on:%Y-%m}", 0), promised),
        history=history,
        streak=missed_streak(months=[month for month, _ in history]),
        metric=VOLUME.key,
        query=asked.over(this_month).asking().query(),
        pace=pace,
    )


@dataclass(frozen=True, slots=True)
class OpenBreaches:
    """What is overdue now: the oldest few, how many there are, and the terms of their badges."""

    shown: list[Any]
    count: int
    unenforced_count: int
    terms: Terms


def open_breaches(*, at: datetime, limit: int = 5) -> OpenBreaches:
    """Return the breaches that are still open, longest overdue first; three statements."""
    clocks = overdue_clocks(at=at)
    counts = clocks.aggregate(
        enforced_count=Count("pk", filter=Q(enforced=True)),
        unenforced_count=Count("pk", filter=Q(enforced=False)),
    )
    only = clocks.filter(enforced=True) if counts["enforced_count"] else clocks
    shown = only.select_related("lead__company", "commitment", "rep").order_by("due_at", "pk")[
        :limit
    ]
    return OpenBreaches(
        list(shown),
        counts["enforced_count"],
        counts["unenforced_count"],
        loaded_terms(terms_key()).terms,
    )


def signers(*, frame: Frame, kind: DocumentKind) -> list[str]:
    """Return who signed the document in use, in the order of their signatures."""
    entry = frame.in_use(kind)
    if entry is None or not entry.is_signed:
        return []
    rows = Signature.objects.filter(request__version_id=entry.version_id).order_by("position")
    return list(rows.values_list("typed_name", flat=True))
