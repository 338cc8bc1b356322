"""Why sales turned leads down in a period, and what still waits for marketing's answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core.paginator import Paginator
from django.db.models import Case, CharField, Count, F, Max, Q, Value, When
from django.db.models.functions import Cast, Coalesce

from dashboards import metrics
from dashboards.filters import MISSING
from dashboards.registry import ATTAINMENT, REGISTRY, REJECTION, buckets
from dashboards.registry.base import COUNTED, IN_NUMERATOR
from dashboards.selectors.home import before
from definitions.choices import Purpose
from definitions.models import Reason as ListedReason
from pipeline.choices import Stage
from pipeline.models import LeadNote
from pipeline.selectors.actors import names_of
from pipeline.selectors.feedback import said_at
from sla.choices import ClockKind, ClockStatus, EvidenceKind
from sla.models import Clock, Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.paginator import Page
    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

    from dashboards.filters import MetricFilter
    from dashboards.registry.base import Figure
    from pipeline.selectors.feedback import Said

TARGET: Final = 0.2
"""Sales turns down fewer than one in five where both sides mean the same by MQL (S4-6)."""

ACROSS: Final = {
    "channel": "Source",
    "source_group": "Source group",
    "fit": "Fit score",
    "intent": "Intent score",
}
"""What reasons are set against, the first by default; scores are those the round began with."""

PER_PAGE = 10
NEWEST = 6
COLUMNS = 6
OTHER = "Other"
NO_SCORE = "No score"
_OPEN = (ClockStatus.PENDING, ClockStatus.BREACHED_OPEN)
_SCORES = ((75, "75 to 100"), (50, "50 to 74"), (25, "25 to 49"), (0, "0 to 24"))


@dataclass(frozen=True, slots=True)
class Reason:
    """A reject reason with how often it decided, and that per column of the table.

    Attributes:
        share: Of all rejects of the period.
        by_column: Rejects by the column's key; a column without any is left out.
    """

    key: str
    label: str
    n: int
    share: float
    by_column: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table; `bucket` is empty where no list stands behind its cells."""

    key: str
    label: str
    n: int
    bucket: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The reasons, most frequent first, and the columns they are set against."""

    across: str
    reasons: list[Reason]
    columns: list[Column]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for an answer now: one page, most urgent first, and what was said of each.

    Attributes:
        overdue_count: Answers overdue under an SLA in force.
        observed_count: Answers that wait since before an SLA was in force.
    """

    page: Page[Any]
    said: dict[int, Said]
    overdue_count: int
    observed_count: int


@dataclass(frozen=True, slots=True)
class Rejects:
    """Everything the page of rejects reads.

    Attributes:
        kept: How many answers due in the period came in time, with its question.
        lost: Deals lost in the period by reason, most frequent first: label and count.
    """

    asked: MetricFilter
    rate: Figure
    rate_before: Figure
    table: Table
    kept: tuple[MetricFilter, Figure]
    waiting: Waiting
    notes: list[LeadNote]
    answers: list[Evidence]
    answered_by: dict[str, str]
    lost: list[tuple[str, int]]


def rejects(asked: MetricFilter, *, across: str, page: str | None, only_enforced: bool) -> Rejects:
    """Return the page's figures; a constant number of statements.

    Args:
        asked: Period and filters; what waits is of now, whatever the period.
        across: A key of `ACROSS`.
        page: Which page of what waits.
        only_enforced: Whether answers count only where an SLA was in force; before the first
            signature the clocks merely measure.
    """
    promise = asked.asking(
        commitment=ClockKind.MARKETING_FEEDBACK.value,
        side="",
        enforced="yes" if only_enforced else "",
    )
    answers = newest_answers(asked)
    earlier = before(asked)
    return Rejects(
        asked=asked,
        rate=REJECTION.total(asked),
        rate_before=REJECTION.total(earlier),
        table=table(asked, across=across),
        kept=(promise, ATTAINMENT.total(promise)),
        waiting=waiting(asked, page=page),
        notes=newest_notes(asked),
        answers=answers,
        answered_by=names_of(row.actor for row in answers),
        lost=lost_reasons(asked),
    )


def bands(*, danger: float) -> tuple[metrics.Band, ...]:
    """Return the stretches of the rejection rate; from `danger` on it is a matter for both."""
    line = f"the line of {TARGET:.0%}"
    return (
        metrics.Band(metrics.Tone.GOOD, None, TARGET, f"under {line}"),
        metrics.Band(metrics.Tone.WARN, TARGET, danger, f"over {line}"),
        metrics.Band(metrics.Tone.BAD, danger, None, f"far over {line}: review the definition"),
    )


def _rejected(asked: MetricFilter) -> QuerySet[Any]:
    """Return the rounds the rate's numerator is made of."""
    return REJECTION.facts(asked).filter(IN_NUMERATOR)


def _across(name: str, *, asked: MetricFilter) -> tuple[Combinable, Combinable]:
    if name in {"fit", "intent"}:
        score = f"{name}_score"
        cases = [When(**{f"{score}__gte": low}, then=Value(words)) for low, words in _SCORES]
        band = Case(*cases, default=Value(NO_SCORE), output_field=CharField())
        return band, band
    key, label = buckets.of(name, subject=REJECTION.subject, asked=asked)
    return Coalesce(Cast(key, CharField()), Value(MISSING)), label


def table(asked: MetricFilter, *, across: str) -> Table:
    """Return reasons by how often they decided, against sources or scores; two statements."""
    reason, _ = buckets.of("reject_reason", subject=REJECTION.subject, asked=asked)
    column, column_words = _across(across, asked=asked)
    cells = list(
        _rejected(asked)
        .annotate(
            reason_key=Coalesce(Cast(reason, CharField()), Value(MISSING)), column_key=column
        )
        .values("reason_key", "column_key")
        .annotate(column_label=Max(column_words), cell_count=Count("pk"))
    )
    # The words of the newest version stand for a reason of all versions.
    listed = ListedReason.objects.filter(purpose=Purpose.REJECT).order_by("version", "pk")
    words = dict(listed.values_list("code", "label"))
    labels = {cell["reason_key"]: words.get(cell["reason_key"], MISSING) for cell in cells}
    columns = _columns(cells, across=across, asked=asked)
    shown = {one.key for one in columns}
    totals: Counter[str] = Counter()
    spread: dict[str, Counter[str]] = {key: Counter() for key in labels}
    for cell in cells:
        key = cell["column_key"] if cell["column_key"] in shown else OTHER
        totals[cell["reason_key"]] += cell["cell_count"]
        spread[cell["reason_key"]][key] += cell["cell_count"]
    ordered = sorted(totals, key=lambda key: (-totals[key], labels[key]))
    whole = totals.total()
    reasons = [
        Reason(key, labels[key], totals[key], totals[key] / whole, spread[key]) for key in ordered
    ]
    return Table(across, reasons, columns)


def _columns(cells: list[dict[str, Any]], *, across: str, asked: MetricFilter) -> list[Column]:
    """Return the largest columns and the others as one; score bands from high to low."""
    counts: Counter[str] = Counter()
    labels = {}
    for cell in cells:
        key = cell["column_key"]
        counts[key] += cell["cell_count"]
        labels[key] = buckets.words(across, key=key, label=cell["column_label"], asked=asked)
    if across in {"fit", "intent"}:
        names = [words for _, words in _SCORES] + [NO_SCORE]
        return [Column(name, name, counts[name]) for name in names if counts[name]]
    ordered = sorted(counts, key=lambda key: (-counts[key], labels[key]))
    shown = [Column(key, labels[key], counts[key], bucket=key) for key in ordered[:COLUMNS]]
    rest = sum(counts[key] for key in ordered[COLUMNS:])
    return [*shown, Column(OTHER, OTHER, rest)] if rest else shown


def waiting(asked: MetricFilter, *, page: str | None) -> Waiting:
    """Return the feedback nobody has answered, least business time left first.

    What was promised comes before what is only measured. The sources of the filter hold, its
    period does not. Five statements.
    """
    found = Clock.objects.of_teams().filter(
        kind=ClockKind.MARKETING_FEEDBACK,
        status__in=_OPEN,
        lead__is_test=False,
        lead__merged_into__isnull=True,
        lead__voided_at__isnull=True,
    )
    clocks = ATTAINMENT.narrowed(found, asked=asked)
    late = Q(status=ClockStatus.BREACHED_OPEN) | Q(breach_at__lt=asked.at)
    counts = clocks.aggregate(
        overdue=Count("pk", filter=late & Q(enforced=True)),
        observed=Count("pk", filter=Q(enforced=False)),
    )
    ordered = clocks.select_related(
        "lead__company", "lead__channel", "commitment", "started_by__rep", "rep"
    ).order_by("-enforced", F("breach_at").asc(nulls_last=True), "due_at", "pk")
    shown = Paginator(ordered, PER_PAGE).get_page(page)
    return Waiting(
        page=shown,
        said=said_at(list(shown.object_list)),
        overdue_count=counts["overdue"],
        observed_count=counts["observed"],
    )


def newest_notes(asked: MetricFilter) -> list[LeadNote]:
    """Return what sales wrote beside the rejects of the period, newest first; one statement."""
    notes = LeadNote.objects.filter(
        transition__to_stage=Stage.REJECTED,
        transition__undone_by__isnull=True,
        transition__round__in=_rejected(asked).values("pk"),
    ).exclude(text="")
    notes = notes.select_related("lead__company", "lead__channel", "transition__reason", "author")
    return list(notes.order_by("-written_at", "-pk")[:NEWEST])


def newest_answers(asked: MetricFilter) -> list[Evidence]:
    """Return what marketing answered in the period, newest first; one statement."""
    told = Evidence.objects.filter(
        kind=EvidenceKind.FEEDBACK_ANSWERED,
        occurred_at__gte=asked.since,
        occurred_at__lt=asked.seen_until,
        lead__voided_at__isnull=True,
    ).select_related("lead__company")
    rows = ATTAINMENT.narrowed(told, asked=asked)
    return list(rows.order_by("-occurred_at", "-pk")[:NEWEST])


def lost_reasons(asked: MetricFilter) -> list[tuple[str, int]]:
    """Return why the deals closed in the period were lost, most frequent first; one statement."""
    rows = (
        REGISTRY["win_rate"]
        .facts(asked)
        .filter(COUNTED, in_numerator=False)
        .values("lost_reason__code")
        .annotate(label=Max("lost_reason__label"), lost_count=Count("pk"))
    )
    found = [(row["label"] or MISSING, row["lost_count"]) for row in rows]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))
