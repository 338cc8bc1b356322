"""What rows can be grouped and narrowed by, for leads' rounds, deals and clocks alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Case, CharField, F, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce, NullIf

from dashboards import metrics
from dashboards.filters import MISSING, MONTH, Grouping
from dashboards.metrics import Period
from dashboards.registry.expressions import (
    MonthsBefore,
    ToChar,
    Truncated,
    filled,
    json_text,
    local,
)
from pipeline.choices import Outcome, SourceGroup, Stage
from pipeline.models import Transition
from revops.people.choices import Side
from sla.choices import ClockKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models.expressions import Combinable

    from dashboards.filters import MetricFilter

    Expressions = tuple[Combinable, Combinable]

TIMES = ("week", "month", "quarter", "year")
PEOPLE = ("rep", "team", "manager")
SOURCES = ("channel", "source_group", "campaign", "segment", "account")
_QUARTER = re.compile(r"([12]\d{3})Q([1-4])", re.ASCII)
_YEAR = re.compile(r"([12]\d{3})()", re.ASCII)
COMMON = frozenset({*TIMES, *PEOPLE, *SOURCES, "version"})


@dataclass(frozen=True, slots=True)
class Subject:
    """How a row reaches its lead, its deal and its rep: path prefixes, empty = the row itself.

    Attributes:
        lead: Prefix of the lead's columns.
        rep: Prefix of the rep's columns.
        is_deal: Whether the row is a deal with columns of its own for source and segment.
        is_clock: Whether the row is a clock with a commitment.
    """

    lead: str
    rep: str
    is_deal: bool = False
    is_clock: bool = False

    @property
    def company(self) -> str:
        """Prefix of the company's columns."""
        return "company__" if self.is_deal else f"{self.lead}company__"


def grouping(*extra: str, default: str = "") -> Grouping:
    """Return the common groupings and `extra` ones."""
    return Grouping(allowed=COMMON | set(extra), default=default)


def of(name: str, *, subject: Subject, asked: MetricFilter) -> Expressions:
    """Return the expressions of the bucket's key and of its label; the key is null if missing.

    Raises:
        KeyError: Nothing is grouped by `name`; `Grouping.accepts` is asked first.
    """
    if name in TIMES:
        return _time(name, asked=asked)
    if name.startswith("attributes."):
        return _same(_attribute(name.removeprefix("attributes."), subject=subject))
    return _BUCKETS[name](subject)


def is_time(name: str) -> bool:
    """Return whether the buckets are stretches of time."""
    return name in TIMES


def fixed_keys(name: str) -> frozenset[str]:
    """Return the keys that exist whether or not a row has them; none where rows make them."""
    return frozenset(_LABELS.get(name, ()))


def words(name: str, *, key: str, label: str | None, asked: MetricFilter) -> str:
    """Return what people read for a bucket."""
    if key == MISSING:
        return MISSING
    if name in _LABELS:
        return _LABELS[name].get(key, label or key)
    if name == "month":
        return f"{date.fromisoformat(f'{key}-01'):%b %Y}"
    if name == "week":
        day = date.fromisoformat(key)
        return f"Week of {day.day} {day:%b}"
    if name == "quarter":
        months = (int(key[5]) - 1) * 3 + asked.setting.fiscal_start_month - 1
        start = metrics.add_months(day=date(int(key[:4]), 1, 1), months=months)
        return metrics.quarter_name(
            starts_on=start, fiscal_start_month=asked.setting.fiscal_start_month
        )
    return label or key


def _same(expression: Combinable) -> Expressions:
    return expression, expression


def _time(name: str, *, asked: MetricFilter) -> Expressions:
    wall = local("basis_at", zone=asked.zone)
    if name == "quarter":
        return _same(ToChar(_fiscal(wall, asked=asked), Value('YYYY"Q"Q')))
    if name == "week":
        # ISO weeks begin on Monday, and so does date_trunc.
        return _same(ToChar(Truncated(Value("week"), wall), Value("YYYY-MM-DD")))
    return _same(ToChar(wall, Value("YYYY-MM" if name == "month" else "YYYY")))


def _fiscal(wall: Combinable, *, asked: MetricFilter) -> Combinable:
    """Shift a local time so that the fiscal year begins in January."""
    return MonthsBefore(wall, Value(asked.setting.fiscal_start_month - 1))


def beginning(name: str, *, asked: MetricFilter) -> Combinable:
    """Return the date a stretch of time began; `time_key` makes the bucket's key of it."""
    wall = local("basis_at", zone=asked.zone)
    return Truncated(Value(name), _fiscal(wall, asked=asked) if name == "quarter" else wall)


def time_key(name: str, *, began_on: date) -> str:
    """Return the key of a stretch of time: `2026-11`, `2026Q4`, `2026` or a Monday."""
    match name:
        case "month":
            return f"{began_on:%Y-%m}"
        case "quarter":
            return f"{began_on.year}Q{(began_on.month - 1) // 3 + 1}"
        case "year":
            return str(began_on.year)
        case _:
            return began_on.isoformat()


def stretch(name: str, *, key: str, asked: MetricFilter) -> Period | None:
    """Return the days of the bucket `key` inside the period; None where it is no such stretch."""
    try:
        began_on, ended_on = _days_of(name, key=key, first_month=asked.setting.fiscal_start_month)
        within = Period(max(began_on, asked.period.starts_on), min(ended_on, asked.period.ends_on))
    except (ValueError, OverflowError):
        return None
    return within


def _days_of(name: str, *, key: str, first_month: int) -> tuple[date, date]:
    """Return the first day of a stretch and the first after it.

    Raises:
        ValueError: No stretch has this key.
    """
    if name == "week":
        monday = date.fromisoformat(key)
        if monday.weekday() or time_key(name, began_on=monday) != key:
            raise ValueError("weeks are named by their Monday")
        return monday, monday + timedelta(days=7)
    pattern = {"month": MONTH, "quarter": _QUARTER, "year": _YEAR}[name]
    match = pattern.fullmatch(key)
    if match is None:
        raise ValueError("no such stretch of time")
    year, place = int(match[1]), int(match[2] or 1)
    months = {"month": 1, "quarter": 3, "year": 12}[name]
    shifted = first_month - 1 if name == "quarter" else 0
    start = metrics.add_months(day=date(year, 1, 1), months=(place - 1) * months + shifted)
    return start, metrics.add_months(day=start, months=months)


def _attribute(key: str, *, subject: Subject) -> Combinable:
    """Look for the attribute on the deal, then its lead, its company, its rep."""
    paths = ["attributes"] if subject.is_deal else []
    paths += [f"{subject.lead}attributes", f"{subject.company}attributes"]
    paths += [f"{subject.rep}attributes"]
    return Coalesce(*(json_text(path, key=key) for path in paths))


def _channel(subject: Subject) -> Expressions:
    lead = f"{subject.lead}channel__"
    if subject.is_deal:
        return (
            Coalesce(F("channel__key"), F(f"{lead}key")),
            Coalesce(F("channel__name"), F(f"{lead}name")),
        )
    return F(f"{lead}key"), F(f"{lead}name")


def _source_group(subject: Subject) -> Expressions:
    """A deal's group is the one fixed at acceptance; a lead's is its own or its channel's."""
    lead = Coalesce(
        filled(f"{subject.lead}source_group"), F(f"{subject.lead}channel__source_group")
    )
    return _same(filled("source_group") if subject.is_deal else lead)


def _segment(subject: Subject) -> Expressions:
    fallback = (
        json_text(f"{subject.lead}attributes", key="segment"),
        filled(f"{subject.rep}segment"),
    )
    if subject.is_deal:
        return _same(Coalesce(filled("segment"), *fallback))
    return _same(Coalesce(*fallback))


def _campaign(subject: Subject) -> Expressions:
    return _same(filled(f"{subject.lead}campaign"))


def _account(subject: Subject) -> Expressions:
    own = F(f"{subject.company}name")
    if subject.is_deal:
        return _same(Coalesce(own, F(f"{subject.lead}company__name")))
    return _same(own)


def _rep(subject: Subject) -> Expressions:
    return F(f"{subject.rep}external_id"), F(f"{subject.rep}name")


def _team(subject: Subject) -> Expressions:
    return _same(F(f"{subject.rep}team__name"))


def _manager(subject: Subject) -> Expressions:
    return _same(json_text(f"{subject.rep}attributes", key="manager"))


def _version(subject: Subject) -> Expressions:  # noqa: ARG001 - one signature for all
    return F("version_ref"), F("version_ref")


def _sdr(subject: Subject) -> Expressions:  # noqa: ARG001 - deals only
    return F("sdr__external_id"), F("sdr__name")


def _deal_stage(subject: Subject) -> Expressions:  # noqa: ARG001 - deals only
    return _same(
        Case(
            When(outcome=Outcome.WON, then=Value("won")),
            When(outcome=Outcome.LOST, then=Value("lost")),
            default=NullIf(F("stage"), Value("")),
            output_field=CharField(),
        )
    )


def _outcome(subject: Subject) -> Expressions:  # noqa: ARG001 - deals only
    return _same(Case(When(outcome="", then=Value("open")), default=F("outcome")))


def _stage(subject: Subject) -> Expressions:  # noqa: ARG001 - rounds only
    return _same(F("stage"))


def _reject_reason(subject: Subject) -> Expressions:  # noqa: ARG001 - rounds only
    """The reason of the first decision where that was a reject; a reject taken back is none."""
    stands = Transition.objects.filter(
        round=OuterRef("pk"), to_stage=Stage.REJECTED, undone_by__isnull=True
    ).order_by("occurred_at", "pk")

    def decided(column: str) -> Combinable:
        return Case(
            When(first_decision=Stage.REJECTED, then=Subquery(stands.values(column)[:1])),
            output_field=CharField(),
        )

    return decided("reason__code"), decided("reason__label")


def _commitment(subject: Subject) -> Expressions:  # noqa: ARG001 - clocks only
    return _same(F("kind"))


def _side(subject: Subject) -> Expressions:  # noqa: ARG001 - clocks only
    return _same(F("side"))


_BUCKETS: dict[str, Callable[[Subject], Expressions]] = {
    "channel": _channel,
    "source_group": _source_group,
    "segment": _segment,
    "campaign": _campaign,
    "account": _account,
    "rep": _rep,
    "team": _team,
    "manager": _manager,
    "version": _version,
    "sdr": _sdr,
    "deal_stage": _deal_stage,
    "outcome": _outcome,
    "stage": _stage,
    "reject_reason": _reject_reason,
    "commitment": _commitment,
    "side": _side,
}
_LABELS: dict[str, dict[str, str]] = {
    "source_group": {group.value: str(group.label) for group in SourceGroup},
    "stage": {stage.value: str(stage.label) for stage in Stage},
    "deal_stage": {"won": "Won", "lost": "Lost"},
    "outcome": {"won": "Won", "lost": "Lost", "open": "Open"},
    "side": {side.value: str(side.label) for side in Side},
    "commitment": {kind.value: str(kind.label) for kind in ClockKind},
}
