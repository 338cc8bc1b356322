"""The pictures of a metric's page, and the table of its cohorts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards import cards, charts, metrics, wording
from dashboards.filters import MISSING
from dashboards.metrics import Period
from dashboards.pages import links
from dashboards.registry import ATTAINMENT, MQL_TO_SQL, PIPELINE_BY_SOURCE, buckets
from dashboards.registry.base import Unit
from dashboards.selectors import courses
from dashboards.selectors.home import is_mature, month_period, promised_hours, response_steps
from revops import formats
from revops.intervals import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboards.filters import MetricFilter
    from dashboards.registry.base import Figure, Metric
    from dashboards.selectors.answers import Answer
    from dashboards.selectors.frame import Frame

    Context = dict[str, Any]

_BARS = 14
_MONTHS = 12
_HEAT = 6
_SHARES = {"win_rate", "acceptance_rate", "rejection_rate", "funnel"}


def charts_of(answer: Answer, *, frame: Frame) -> list[Context]:
    """Return the pictures of a metric's page, each with the table behind it."""
    found = [_chart(answer, frame=frame)]
    if answer.metric.key == PIPELINE_BY_SOURCE.key:
        found.append(_shares(answer))
    if answer.metric.key == ATTAINMENT.key:
        found.append(_kept(answer))
    return [picture for picture in found if picture is not None]


def _chart(answer: Answer, *, frame: Frame) -> Context | None:
    """Choose the picture that fits: a curve, dots with intervals, a course, or bars."""
    found, asked = answer.metric, answer.asked
    if found.key == "response_time" and not buckets.is_time(asked.group_by):
        return _curve(answer, frame=frame)
    is_course = not asked.group_by or buckets.is_time(asked.group_by)
    if found.key in _SHARES and answer.groups and not is_course:
        return _intervals(answer)
    if answer.groups:
        return _bars(answer, answer.groups, asked=asked)
    return _course(answer)


def _course(answer: Answer) -> Context | None:
    """Return the last twelve months of a metric that is not grouped; one statement."""
    found, asked = answer.metric, answer.asked
    last = metrics.month_of(day=min(asked.period.last_on, asked.setting.today(at=asked.at)))
    first = metrics.add_months(day=last.starts_on, months=1 - _MONTHS)
    course = asked.over(Period(first, last.ends_on)).by("month")
    groups = found.groups(course)
    if not groups:
        return None
    if found.key != "mql_to_sql":
        return _bars(answer, groups, asked=course)
    waiting = frozenset(group.label for group in groups if not is_mature(group, asked=asked))
    points = _points(found, groups, asked=course)
    shown = charts.rate_line(points=points, bands=found.bands(asked), waiting=waiting)
    summary = (
        "Each point is the month in which leads became MQL. "
        "Hollow points are still in their 90 days."
    )
    return _framed(answer, groups, asked=course, figure=shown, summary=summary)


def _bars(answer: Answer, groups: Sequence[Figure], *, asked: MetricFilter) -> Context:
    found = answer.metric
    currency = asked.setting.currency
    percent = found.unit is Unit.RATE
    prefix = wording.currency_sign(currency) if found.unit is Unit.MONEY else ""
    points = _points(
        found, groups[:_BARS] if not buckets.is_time(asked.group_by) else groups, asked=asked
    )
    draw = charts.bars if buckets.is_time(asked.group_by) else charts.lying_bars
    left = len(groups) - len(points)
    rest = f", the {_BARS} largest of {len(groups)}" if left > 0 else ""
    summary = f"By {links.group_name(asked.group_by).lower()}{rest}."
    shown = draw(points=points, percent=percent, prefix=prefix)
    return _framed(answer, groups, asked=asked, figure=shown, summary=summary)


def _points(found: Metric, groups: Sequence[Figure], *, asked: MetricFilter) -> list[charts.Point]:
    scale = 3600 if found.unit is Unit.BUSINESS_SECONDS else 1
    currency = asked.setting.currency
    return [
        charts.Point(
            group.label,
            None if group.value is None else float(group.value) / scale,
            href=_point_href(found, asked, group=group),
            text=f"{wording.value(found.unit, group.value, currency=currency)}, n = {group.n}",
        )
        for group in groups
    ]


def _point_href(found: Metric, asked: MetricFilter, *, group: Figure) -> str:
    if asked.group_by == "month" and group.key != MISSING:
        return cards.rows_url(found, asked.over(month_period(group.key)))
    return links.group_rows(found, asked, key=group.key)


def _intervals(answer: Answer) -> Context | None:
    known = [group for group in answer.groups if group.details.get("interval")][:_BARS]
    if not known:
        return None
    figure = charts.rates_with_intervals(
        names=[group.label for group in known],
        rates=[float(group.value or 0) for group in known],
        intervals=[Interval(*group.details["interval"]) for group in known],
        cases=[f"n = {formats.count(group.n)}" for group in known],
        hrefs=[links.group_rows(answer.metric, answer.asked, key=group.key) for group in known],
    )
    summary = (
        "Each dot with its 95% interval (Wilson). Where intervals overlap no difference is shown."
    )
    return _framed(answer, known, asked=answer.asked, figure=figure, summary=summary)


def _curve(answer: Answer, *, frame: Frame) -> Context | None:
    steps = response_steps(answer.asked)
    if not steps:
        return None
    within = answer.total.details["within_promise"]
    figure = charts.response_curve(
        steps=steps, promise_hours=promised_hours(frame), within=within,
        href=cards.rows_url(answer.metric, answer.asked),
    )  # fmt: skip
    return {
        "title": "Share answered after so many business hours",
        "summary": "Leads nobody contacted are part of the whole: the curve may end below 100%.",
        "figure": figure,
        "columns": ["Business hours", "Share answered"],
        "rows": [
            [f"{step.hours:.1f}", formats.percent(step.share)]
            for step in steps[:: max(len(steps) // 12, 1)]
        ],
        "href": cards.rows_url(answer.metric, answer.asked),
    }


def _framed(
    answer: Answer, groups: Sequence[Figure], *, asked: MetricFilter, figure: Context, summary: str
) -> Context:
    found = answer.metric
    currency = asked.setting.currency
    return {
        "title": links.grouped_title(found, asked),
        "summary": summary,
        "figure": figure,
        "columns": [links.group_name(asked.group_by), found.title, "n"],
        "rows": [
            [
                group.label,
                wording.value(found.unit, group.value, currency=currency),
                {"text": formats.count(group.n), "href": _point_href(found, asked, group=group)},
            ]
            for group in groups
        ],
        "href": cards.rows_url(found, asked),
    }


def _shares(answer: Answer) -> Context | None:
    """Return who brought what was created, quarter by quarter; one statement."""
    course = courses.created_by_quarter(answer.asked)
    if not course.columns:
        return None
    created = answer.asked.by("source_group").asking(scope="created")
    hrefs = {
        label: [
            links.group_rows(PIPELINE_BY_SOURCE, created.over(period), key=key)
            for period in course.periods
        ]
        for key, label in course.names.items()
    }
    return {
        "name": "created-by-quarter",
        "title": "Who brought the pipeline that was created",
        "summary": "Amounts at acceptance, as shares of each quarter. The rule is fixed before.",
        "figure": charts.shares(columns=course.columns, groups=course.shares, hrefs=hrefs),
        "columns": ["Source", *course.columns],
        "rows": [
            [name, *(formats.percent(value) for value in values)]
            for name, values in course.shares.items()
        ],
        "href": "",
    }


def _kept(answer: Answer) -> Context | None:
    """Return kept and missed promises, month by month; one statement."""
    asked = answer.asked
    last = metrics.month_of(day=min(asked.period.last_on, asked.setting.today(at=asked.at)))
    first = metrics.add_months(day=last.starts_on, months=1 - _MONTHS)
    course = asked.over(Period(first, last.ends_on)).by("month")
    months = ATTAINMENT.groups(course)
    if not months:
        return None
    kept = [int(month.numerator or 0) for month in months]
    missed = [month.n - count for month, count in zip(months, kept, strict=True)]
    hrefs = [cards.rows_url(ATTAINMENT, course.over(month_period(month.key))) for month in months]
    columns = [month.label for month in months]
    return {
        "name": "kept-by-month",
        "title": "Kept and missed by month",
        "summary": "Promises of both sides by the month they were due; excused ones are left out.",
        "figure": charts.kept_and_missed(columns=columns, kept=kept, missed=missed, hrefs=hrefs),
        "columns": ["Month", "Kept", "Missed", "Share kept"],
        "rows": [
            [month.label, formats.count(good), formats.count(bad), formats.percent(month.value)]
            for month, good, bad in zip(months, kept, missed, strict=True)
        ],
        "href": "",
    }


def cohorts_of(answer: Answer) -> Context | None:
    """Return how far each month's leads have come, week by week; weeks to come stay blank."""
    if answer.metric.key != MQL_TO_SQL.key:
        return None
    cohorts = courses.cohorts(answer.asked)
    if not cohorts:
        return None
    known = [share for cohort in cohorts for share in cohort.shares if share is not None]
    top = max(known, default=0.0)
    plain = answer.asked.by("")
    return {
        "weeks": [f"{week} w" for week in courses.WEEKS],
        "rows": [
            {
                "label": cohort.label,
                "n": cohort.n,
                "href": cards.rows_url(MQL_TO_SQL, plain.over(month_period(cohort.key))),
                "cells": [_heat(share, top=top) for share in cohort.shares],
            }
            for cohort in cohorts
        ],
    }


def _heat(share: float | None, *, top: float) -> Context:
    """Return a cell: its words, and how strong its tint is from 0 to 6."""
    if share is None:
        return {"text": "", "heat": ""}
    heat = round(share / top * _HEAT) if top else 0
    return {"text": formats.percent(share, digits=0), "heat": heat or ""}
