"""Everything on the shared page, read with a number of statements that does not grow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from django.db.models import Sum
from django.db.models.functions import Coalesce

from dashboards import metrics
from dashboards.metrics import Period, Question
from dashboards.registry import (
    ACCEPTANCE,
    FUNNEL,
    MQL_TO_SQL,
    PIPELINE_BY_SOURCE,
    QUOTA_ATTAINMENT,
    RESPONSE_TIME,
    SALES_CYCLE,
    SOURCED_PER_REP,
    VOLUME,
    WIN_RATE,
)
from dashboards.registry.base import COUNTED
from dashboards.registry.deals import MONEY, cents
from dashboards.registry.expressions import local_date
from dashboards.registry.joint import roster
from dashboards.selectors.promises import OpenBreaches, Promise, open_breaches, promises
from definitions.choices import DocumentKind
from definitions.selectors import sla_of

if TYPE_CHECKING:
    from dashboards.filters import MetricFilter
    from dashboards.registry.base import Figure
    from dashboards.selectors.frame import Frame
    from definitions.content import Contribution

CYCLE = {"from": "accepted", "outcome": "won"}
OPEN = {"scope": "open"}
CREATED = {"scope": "created"}
CONFIRMED = {"from_stage": "sql", "to_stage": "sql", "within_days": ""}
COHORT_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Joint:
    """The joint number with what it is compared with.

    Attributes:
        per_rep: What was agreed for each rep by the end of the period, None where nothing was.
        to_date: The straight line to it, today.
        before: The number on the same day of the period before.
        days: The running total at the end of each day that has begun.
        days_before: The same of the period before, whole.
        target: What was agreed for the whole period.
        ends: The range in which the period ends at the pace of its weeks.
    """

    asked: MetricFilter
    asked_before: MetricFilter
    figure: Figure
    per_rep: Decimal | None
    to_date: Decimal | None
    target: Decimal | None
    before: Decimal | None
    days: list[Decimal]
    days_before: list[Decimal]
    ends: tuple[Decimal, Decimal] | None
    question: Question


@dataclass(frozen=True, slots=True)
class Conversion:
    """MQL to SQL: the newest cohort that can be judged, and the flow of the chosen period.

    Attributes:
        confirmed: The rounds that reached SQL in the period, whenever they became MQL.
        cohorts: The last twelve months, oldest first.
        judged: The newest mature cohort large enough, with its question; None when there is none.
        earlier: The cohort before it.
    """

    asked: MetricFilter
    figure: Figure
    confirmed: Figure
    cohorts: list[Figure]
    judged: tuple[MetricFilter, Figure] | None
    earlier: Figure | None


@dataclass(frozen=True, slots=True)
class Home:
    """The shared page; the volume is the number of rounds behind the conversion."""

    frame: Frame
    asked: MetricFilter
    joint: Joint
    conversion: Conversion
    sources: tuple[MetricFilter, Figure, list[Figure]]
    created: tuple[MetricFilter, Figure, list[Figure]]
    response: tuple[MetricFilter, Figure]
    curve: list[metrics.Step]
    wins: tuple[MetricFilter, list[Figure]]
    volume_before: int
    accepted: tuple[MetricFilter, Figure]
    quota: tuple[MetricFilter, Figure]
    cycle: tuple[MetricFilter, list[Figure]]
    promises: list[Promise]
    breaches: OpenBreaches


def home(asked: MetricFilter, *, frame: Frame) -> Home:
    """Return the shared page for one question."""
    wins = WIN_RATE.groups(asked.by("source_group"))
    stock = asked.by("source_group").asking(**OPEN)
    created = asked.by("source_group").asking(**CREATED)
    return Home(
        frame=frame,
        asked=asked,
        joint=_joint(asked, frame=frame, wins=wins),
        conversion=_conversion(asked),
        sources=(stock, *PIPELINE_BY_SOURCE.together(stock)),
        created=(created, *PIPELINE_BY_SOURCE.together(created)),
        response=(asked, RESPONSE_TIME.total(asked)),
        curve=response_steps(asked),
        wins=(asked.by("source_group"), wins),
        volume_before=VOLUME.total(_same_part(asked)).n,
        accepted=(asked, ACCEPTANCE.total(asked)),
        quota=(asked, QUOTA_ATTAINMENT.total(asked)),
        cycle=(
            asked.by("source_group").asking(**CYCLE),
            SALES_CYCLE.groups(asked.by("source_group").asking(**CYCLE)),
        ),
        promises=promises(frame=frame, narrowed=asked.narrowed),
        breaches=open_breaches(at=asked.at, limit=7),
    )


def elapsed(asked: MetricFilter) -> int:
    """Return how many days of the period have begun."""
    return asked.period.elapsed_days(today=asked.at.astimezone(asked.zone).date())


def before(asked: MetricFilter) -> MetricFilter:
    """Return the same question about the period before, whole."""
    start = asked.setting.fiscal_start_month
    return asked.over(metrics.previous(period=asked.period, fiscal_start_month=start))


def _same_part(asked: MetricFilter) -> MetricFilter:
    """Return the period before up to the same day; whole for a period that is over."""
    whole = before(asked)
    return whole.over(metrics.first_days(period=whole.period, days=elapsed(asked)))


def _joint(asked: MetricFilter, *, frame: Frame, wins: list[Figure]) -> Joint:
    """Read the number, its course by day, and the roster of both periods; four statements."""
    figure = SOURCED_PER_REP.total(asked)
    earlier = before(asked)
    amounts = _by_day(asked, since=earlier.period.starts_on)
    gone = elapsed(asked)
    days = metrics.cumulative(amounts=amounts, period=asked.period)[:gone]
    days_before = metrics.cumulative(amounts=amounts, period=earlier.period)
    reps_before = sum(roster(earlier).values(), Decimal(0))
    same_day = days_before[min(max(gone, 1), len(days_before)) - 1] if days_before else Decimal(0)
    target = agreed_target(asked, contribution=frame.contribution)
    per_rep = _per_rep(asked, frame=frame, target=target, reps=figure.denominator)
    to_date = cents(per_rep * gone / asked.period.days) if per_rep is not None else None
    return Joint(
        asked=asked,
        asked_before=_same_part(asked),
        figure=figure,
        per_rep=per_rep,
        to_date=to_date,
        target=target,
        before=cents(same_day / reps_before) if reps_before else None,
        days=days,
        days_before=days_before,
        ends=_ends(days, asked=asked),
        question=_question(figure, to_date=to_date, wins=wins, frame=frame),
    )


def _by_day(asked: MetricFilter, *, since: date) -> list[tuple[date, Decimal]]:
    """Return the joint number's amounts by local day, from `since` on; one statement."""
    course = asked.over(Period(since, asked.period.ends_on))
    rows = (
        SOURCED_PER_REP.facts(course)
        .filter(COUNTED)
        .annotate(day=local_date("basis_at", zone=asked.zone))
        .values_list("day")
        .annotate(amount=Coalesce(Sum("gauge"), Decimal(0), output_field=MONEY))
    )
    return [(day, cents(amount)) for day, amount in rows]


def agreed_target(asked: MetricFilter, *, contribution: Contribution | None) -> Decimal | None:
    """Return what both sides agreed for exactly this quarter, None where they did not.

    A narrowed page has a target only where the agreement splits it that way.
    """
    if contribution is None or contribution.quarter is None:
        return None
    quarter = contribution.quarter
    if (quarter.starts_on, quarter.ends_on) != (asked.period.starts_on, asked.period.ends_on):
        return None
    narrowed = asked.narrowed
    if not narrowed:
        return contribution.target.amount
    if set(narrowed) == {"segment"}:
        parts = [part for part in contribution.target.split if part.channel is None]
        return next((part.amount for part in parts if part.segment == asked.segment), None)
    if set(narrowed) == {"channel"}:
        parts = [part for part in contribution.target.split if part.segment is None]
        return next((part.amount for part in parts if part.channel == asked.channel), None)
    return None


def _per_rep(
    asked: MetricFilter, *, frame: Frame, target: Decimal | None, reps: object
) -> Decimal | None:
    if target is None:
        return None
    agreed = frame.contribution.target.pipeline_per_rep_amount if frame.contribution else None
    if agreed is not None and not asked.narrowed:
        return agreed
    return cents(target / reps) if isinstance(reps, Decimal) and reps else None


def _ends(days: list[Decimal], *, asked: MetricFilter) -> tuple[Decimal, Decimal] | None:
    left = asked.period.days - len(days)
    if left <= 0 or not days:
        return None
    marks = [Decimal(0), *days[6::7]]
    weekly = [later - earlier for earlier, later in pairwise(marks)]
    return metrics.forecast(weekly=weekly, reached=days[-1], weeks_left=left / 7)


def _question(
    figure: Figure, *, to_date: Decimal | None, wins: list[Figure], frame: Frame
) -> Question:
    closed = sum(group.n for group in wins)
    won = sum(int(group.numerator or 0) for group in wins)
    agreed = frame.contribution.diagnosis.win_rate_threshold if frame.contribution else None
    value = figure.value
    return metrics.diagnosis(
        value=value if isinstance(value, Decimal) else None,
        agreed=to_date,
        win_rate=metrics.rate(numerator=won, denominator=closed),
        agreed_win_rate=float(agreed) if agreed is not None else None,
        closed=closed,
    )


def _conversion(asked: MetricFilter) -> Conversion:
    """Read the period, its flow, and the months before it as cohorts; three statements."""
    figure = MQL_TO_SQL.total(asked)
    confirmed = FUNNEL.total(asked.asking(**CONFIRMED))
    last = metrics.month_of(day=min(asked.period.last_on, asked.setting.today(at=asked.at)))
    first = metrics.add_months(day=last.starts_on, months=1 - COHORT_MONTHS)
    course = asked.over(Period(first, last.ends_on)).by("month")
    cohorts = MQL_TO_SQL.groups(course)
    mature = [cohort for cohort in cohorts if is_mature(cohort, asked=asked)]
    large = [cohort for cohort in mature if cohort.n >= metrics.SMALL_SAMPLE]
    judged = (large or mature)[-1:]
    if not judged:
        return Conversion(asked, figure, confirmed, cohorts, None, None)
    at = mature.index(judged[0])
    return Conversion(
        asked=asked,
        figure=figure,
        confirmed=confirmed,
        cohorts=cohorts,
        judged=(asked.over(month_period(judged[0].key)), judged[0]),
        earlier=mature[at - 1] if at else None,
    )


def month_period(key: str) -> Period:
    """Return the month a bucket such as `2026-08` stands for."""
    return metrics.month_of(day=date.fromisoformat(f"{key}-01"))


def is_mature(cohort: Figure, *, asked: MetricFilter) -> bool:
    """Return whether no round of the cohort can still get there in time."""
    over = month_period(cohort.key).ends_on <= asked.setting.today(at=asked.at)
    return over and cohort.n > 0 and bool(cohort.details["is_mature"])


def response_steps(asked: MetricFilter) -> list[metrics.Step]:
    """Return how many leads were answered after how long; one statement."""
    facts = RESPONSE_TIME.facts(asked).filter(COUNTED)
    waits = list(facts.values_list("answered_seconds", flat=True))
    known = [float(wait) for wait in waits if wait is not None]
    return metrics.ecdf(seconds=known, n=len(waits))


def promised_hours(frame: Frame) -> float | None:
    """Return the hours of the first-contact promise, None where it is not in hours."""
    entry = frame.in_use(DocumentKind.SLA)
    if entry is None:
        return None
    held = sla_of(entry).commitments.get("first_contact")
    if held is None or not held.is_active or not held.unit.value.endswith("hours"):
        return None
    return float(held.allowance_amount or 0) or None
