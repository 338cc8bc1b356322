"""The page of the SLA: what is promised, how it goes, since when, and who sees it."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dashboards import charts, metrics, wording
from dashboards.cards import rows_url
from dashboards.expectations import Ripeness
from dashboards.pages import links
from dashboards.pages.home import pace_tone
from dashboards.registry.base import Unit
from dashboards.selectors.home import promised_hours
from definitions.choices import DocumentKind
from definitions.reading import sections
from definitions.selectors import sla_of
from revops import formats
from revops.people.choices import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboards.expectations import Judgement
    from dashboards.registry.base import Figure
    from dashboards.selectors.frame import Frame
    from dashboards.selectors.scorecard import Cell, Change, Line, Scorecard, Share, SideMonth
    from sla.selectors.calendars import Hours

    Context = dict[str, Any]

TERMS = ("calendar", "coverage", "ladder")
"""The clauses of the document that the page shows whole, beside the promises."""


def sla(found: Scorecard, changes: Sequence[Change], *, frame: Frame) -> Context:
    """Return the context shared by the page for members and the one behind a share link."""
    entry = frame.in_use(DocumentKind.SLA)
    return {
        "is_signed": frame.is_signed(DocumentKind.SLA),
        "version": f"SLA v{entry.number}" if entry else "No SLA yet",
        "since": _day(found.signed_on) if found.signed_on else "",
        "sides": _sides(found),
        "months": [f"{month:%b}" for month in found.months],
        "month_names": [f"{month:%B %Y}" for month in found.months],
        "lines": [_line(line) for line in found.lines],
        "course": _course(found),
        "revision_rule": _revision_rule(frame),
        "changes": [_change(change, frame=frame) for change in changes],
        "terms": [
            section
            for key in TERMS
            for section in (sections(sla_of(entry)) if entry else [])
            if section.key == key
        ],
    }


def _revision_rule(frame: Frame) -> str:
    """Say after how many misses the process is revised, as the SLA has it."""
    entry = frame.in_use(DocumentKind.SLA)
    if entry is None:
        return ""
    count = formats.plural(sla_of(entry).misses_before_revision, "month")
    return f"After {count} missed in a row the process is revised, not just the number."


def response(months: Sequence[Figure], *, found: Scorecard, frame: Frame) -> Context | None:
    """Return the chart of how soon leads are answered, month by month; None before two months."""
    if len(months) < 2:  # noqa: PLR2004 - one point is no course
        return None
    columns = [_short(date.fromisoformat(f"{month.key}-01")) for month in months]
    hours = [None if month.value is None else float(month.value) / 3600 for month in months]
    first, last = months[0], months[-1]
    promised = promised_hours(frame)
    promise = f" Promised are {promised:g} h, the dashed line." if promised else ""
    return {
        "title": "Lead response, median business hours by month",
        "summary": f"{_median(first)} in {first.label}, {_median(last)} in {last.label}.{promise}",
        "figure": charts.response_months(
            columns=columns,
            hours=hours,
            promise_hours=promised,
            since=_short(found.signed_on) if found.signed_on else "",
        ),
        "columns": ["Month", "Median", "In time", "Leads"],
        "rows": [
            [
                month.label,
                _median(month),
                formats.percent(month.details["within_promise"]),
                formats.count(month.n),
            ]
            for month in months
        ],
        "note": "Leads nobody answered count as slower than all others once they are due.",
    }  # fmt: skip


def _median(month: Figure) -> str:
    return wording.value(Unit.BUSINESS_SECONDS, month.value, currency="")


def hours(found: Sequence[Hours], *, frame: Frame) -> list[Context]:
    """Return every calendar in words, with the next day on which its usual hours do not hold."""
    told = []
    for one in found:
        odd = next(iter(one.odd_dates(since=frame.today)), None)
        told.append(
            {
                "name": one.version.calendar.name,
                "words": f"{one.words}, {one.zone.replace('_', ' ')}",
                "next": odd.words if odd else "",
            }
        )
    return told


def _short(month: date) -> str:
    """Return a month for the axis of a chart, where a year's worth has to fit."""
    return f"{month:%b %y}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _sides(found: Scorecard) -> list[Context]:
    """Return the promises as sentences, those of sales first."""
    return [
        {
            "name": side.label,
            "lines": [
                _promise(line) for line in found.lines if line.promise.commitment.side == side
            ],
        }
        for side in _parties(found)
    ]


def _parties(found: Scorecard) -> list[Side]:
    """Return both sides, and RevOps where it promised something."""
    theirs = any(line.promise.commitment.side is Side.REVOPS for line in found.lines)
    return [Side.SALES, Side.MARKETING, *([Side.REVOPS] if theirs else [])]


def _promise(line: Line) -> Context:
    promise = line.promise
    month = line.cells[-1].share
    href = f"{links.first_of('dashboards:metric_rows', args=[promise.metric])}?{promise.query}"
    if line.is_volume:
        pace = promise.pace
        result = pace.words if pace else f"{formats.count(month.kept)} so far"
        tone = pace_tone(promise)
    elif month.rate is None:
        result, tone, href = "none due yet", "", ""
    else:
        result = f"{formats.percent(month.rate)} of {formats.count(month.due)}"
        tone = _tone(month, target=float(promise.commitment.target_rate))
    overdue = links.first_of("dashboards:breaches")
    kind = promise.commitment.kind.value
    return {
        "sentence": promise.commitment.text,
        "result": result,
        "tone": tone,
        "href": href,
        "target": _target(line),
        "unknown": f"{formats.count(promise.unknown_count)} not known, counted apart"
        if promise.unknown_count
        else "",
        "streak": _streak(promise.streak),
        "overdue": formats.plural(line.overdue_count, "is", "are") + " overdue now"
        if line.overdue_count
        else "",
        "overdue_href": f"{overdue}?kind={kind}",
        "revision": _revision(line),
    }


def _tone(share: Share, *, target: float) -> str:
    """Return whether a share keeps the promise; a small sample gets no verdict."""
    if share.rate is None or share.due < metrics.SMALL_SAMPLE:
        return ""
    return "good" if share.rate >= target else "bad"


def _target(line: Line) -> str:
    if line.is_volume:
        return formats.count(line.promise.commitment.count)
    return formats.percent(line.promise.commitment.target_rate, digits=0)


def _streak(missed: int) -> str:
    if missed == 1:
        return "missed last month"
    return f"missed {formats.plural(missed, 'month')} running" if missed else ""


def _revision(line: Line) -> Context | None:
    if line.revision is None:
        return None
    path = links.first_of("dashboards:revision", args=[line.revision.pk])
    return {"href": path, "text": f"Process revision {line.revision.pk} is open"}


def _line(line: Line) -> Context:
    """Return one row of the scorecard."""
    commitment = line.promise.commitment
    return {
        "side": commitment.side.label,
        "title": commitment.title,
        "sentence": commitment.text,
        "target": _target(line),
        "baseline": _baseline(line),
        "cells": [_cell(cell, line=line) for cell in line.cells],
        "streak_words": _streak(line.promise.streak),
        "revision": _revision(line),
    }


def _baseline(line: Line) -> Context:
    share = line.baseline
    if share is None:
        return {"value": formats.DASH, "sub": ""}
    if line.is_volume:
        return {"value": formats.count(share.kept), "sub": "a month"}
    small = share.due < metrics.SMALL_SAMPLE
    return {
        "value": formats.percent(share.rate),
        "sub": _fraction(share),
        "small": small and share.rate is not None,
    }


def _fraction(share: Share) -> str:
    return f"{formats.count(share.kept)} of {formats.count(share.due)}" if share.due else ""


def _cell(cell: Cell, *, line: Line) -> Context:
    """Return one month: its value, its fraction, its state in a word and a shape."""
    share, running = cell.share, cell.month == line.cells[-1].month
    if line.is_volume:
        value = formats.count(share.kept)
        sub = f"of {formats.count(share.due)}" if share.due and cell.is_promised else ""
        small = False
    else:
        value = formats.percent(share.rate)
        sub, small = _fraction(share), 0 < share.due < metrics.SMALL_SAMPLE
    return {
        "value": value,
        "sub": sub,
        "small": small,
        "state": _state(cell),
        "words": _words(cell, running=running, is_volume=line.is_volume),
        "restated": _restated(cell, is_volume=line.is_volume),
        "running": running,
        "name": f"{cell.month:%B %Y}",
    }


def _state(cell: Cell) -> str:
    if not cell.is_promised or cell.is_kept is None:
        return "none"
    return "kept" if cell.is_kept else "missed"


def _words(cell: Cell, *, running: bool, is_volume: bool) -> str:
    if running:
        return "so far"
    if not cell.is_promised:
        return "before the signature"
    if cell.is_kept is None:
        return "not promised" if is_volume and cell.share.kept else "nothing due"
    return "kept" if cell.is_kept else "missed"


def _restated(cell: Cell, *, is_volume: bool) -> str:
    if cell.restated is None:
        return ""
    if is_volume:
        return f"restated {formats.count(cell.restated.kept)}"
    return f"restated {formats.percent(cell.restated.rate)}"


def _course(found: Scorecard) -> Context | None:
    """Return the chart of both sides since before the signature; None before two closed months."""
    months = [list(group) for _, group in groupby(found.course, key=lambda one: one.month)]
    if len(months) < 2:  # noqa: PLR2004 - one point is no course
        return None
    columns = [_short(held[0].month) for held in months]
    since = _short(found.signed_on) if found.signed_on else ""
    by_side = {side: [_of_side(held, side) for held in months] for side in _SIDES}
    lines = [
        (label, [share.rate if share else None for share in by_side[side]])
        for side, label in _SIDES.items()
    ]
    return {
        "title": "Share of promises kept, by month",
        "summary": _course_words(found, lines=lines),
        "figure": charts.rate_lines(columns=columns, lines=lines, since=since),
        "columns": ["Month", *(f"{label}, kept of due" for label in _SIDES.values())],
        "rows": [
            [
                column,
                *(
                    f"{formats.percent(share.rate)} · {_fraction(share)}"
                    if share
                    else formats.DASH
                    for share in (by_side[side][place] for side in _SIDES)
                ),
            ]
            for place, column in enumerate(columns)
        ],
        "note": "Promises of time only; the monthly volume is counted in the table.",
    }


_SIDES = {Side.SALES.value: str(Side.SALES.label), Side.MARKETING.value: str(Side.MARKETING.label)}


def _of_side(held: list[SideMonth], side: str) -> Share | None:
    return next((one.share for one in held if one.side == side), None)


def _course_words(found: Scorecard, *, lines: list[tuple[str, list[float | None]]]) -> str:
    """Say where each side began and where it is now."""
    told = []
    for name, rates in lines:
        known = [rate for rate in rates if rate is not None]
        if known:
            told.append(
                f"{name} kept {formats.percent(known[-1], digits=0)} in the last closed month"
                f", {formats.percent(known[0], digits=0)} in the first one shown"
            )
    signed = (
        f" The line marks the signature of {_day(found.signed_on)}." if found.signed_on else ""
    )
    return f"{'; '.join(told)}.{signed}"


def _change(change: Change, *, frame: Frame) -> Context:
    """Return a measure before and since; pipeline by month, because the stretches differ."""
    metric, currency = change.metric, frame.setting.currency
    before, since = change.before.value, change.since.value
    unit = metric.title
    if metric.unit is Unit.MONEY:
        before = _monthly(before, days=change.before_asked.period.days)
        since = _monthly(since, days=change.since_asked.period.days)
        unit = f"{metric.title} per month"
    return {
        "title": unit,
        "href": links.first_of("dashboards:metric", args=[metric.key]),
        "before": wording.value(metric.unit, before, currency=currency),
        "before_n": change.before.n,
        "before_href": rows_url(metric, change.before_asked),
        "since": wording.value(metric.unit, since, currency=currency),
        "since_n": change.since.n,
        "since_href": rows_url(metric, change.since_asked),
        "before_small": change.before.n < metrics.SMALL_SAMPLE,
        "since_small": change.since.n < metrics.SMALL_SAMPLE,
        "ripe": ripe(change.judgement),
    }


def _monthly(value: Any, *, days: int) -> Any:
    return None if value is None else value * 365 / (12 * days)


def ripe(held: Judgement | None) -> Context | None:
    """Return in words whether a measure may be judged yet."""
    if held is None:
        return None
    if held.ripeness is Ripeness.TOO_EARLY:
        return {"text": f"Too early to judge before {_day(held.signs_on)}", "tone": "outline"}
    if held.ripeness is Ripeness.FIRST_SIGNS:
        return {"text": f"First signs; to be judged from {_day(held.due_on)}", "tone": "outline"}
    return {"text": f"May be judged since {_day(held.due_on)}", "tone": ""}
