"""The page of rejects: the rate, its reasons, what was written, what waits for an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse

from dashboards import cards, metrics, wording
from dashboards.cards.metrics import conversion_band
from dashboards.cards.shared import as_float, card_of
from dashboards.pages import links
from dashboards.registry import ATTAINMENT, REGISTRY, REJECTION
from dashboards.selectors.home import before
from dashboards.selectors.rejects import ACROSS, TARGET, bands
from definitions.choices import ClockKind, DocumentKind
from definitions.selectors import sla_of
from pipeline.choices import FeedbackAnswer
from pipeline.selectors.clocks import line_of, terms_in_use
from revops import formats

if TYPE_CHECKING:
    from django.http import QueryDict

    from dashboards.filters import MetricFilter
    from dashboards.selectors.frame import Frame
    from dashboards.selectors.rejects import Column, Reason, Rejects
    from pipeline.models import Lead
    from revops.people.selectors import Viewer

    Context = dict[str, Any]

_DANGER = 0.4
_HEAT = 6


def rejects(
    found: Rejects,
    *,
    frame: Frame,
    query: QueryDict,
    reader: Viewer,
    sees_names: bool,
    may_answer: bool,
) -> Context:
    """Return the context of the page of rejects."""
    asked = found.asked
    zone = asked.zone.key.rsplit("/", 1)[-1].replace("_", " ")
    kept = query.copy()
    kept.pop("page", None)
    return {
        "subtitle": f"Why sales turned leads down, and what marketing answered · days of {zone}",
        "period": links.periods(query, asked=asked, frame=frame),
        "narrowing": links.narrowing(query, asked=asked),
        "filter_count": len(asked.narrowed),
        "clear_href": links.with_changes(query, **dict.fromkeys(asked.narrowed)),
        "agreement": links.agreement(frame),
        "rate": _rate(found, frame=frame),
        "kept": _kept(found, frame=frame),
        "promise": _promise(frame),
        "overdue_count": found.waiting.overdue_count,
        "observed_count": found.waiting.observed_count,
        "waiting": _waiting(found, query=query, reader=reader, sees_names=sees_names),
        "page": found.waiting.page,
        "query": kept.urlencode(),
        "may_answer": may_answer,
        "reasons": [_reason(reason, asked) for reason in found.table.reasons],
        "rows_href": cards.rows_url(REJECTION, asked, part="numerator"),
        "table": _table(found),
        "across": [
            {
                "label": label,
                "href": links.with_changes(query, across=key),
                "current": key == found.table.across,
            }
            for key, label in ACROSS.items()
        ],
        "sees_notes": sees_names,
        "notes": _notes(found) if sees_names else [],
        "answers": _answers(found, sees_names=sees_names),
        "lost": _lost(found),
        "lost_href": links.group_rows(REGISTRY["win_rate"], asked.by("outcome"), key="lost"),
    }


def _rate(found: Rejects, *, frame: Frame) -> Context:
    """Return the rate against its line, and against the period before."""
    figure, asked = found.rate, found.asked
    agreed = frame.contribution
    danger = float(agreed.rejection_warning_rate) if agreed else _DANGER
    stretches = bands(danger=danger)
    value = as_float(figure.value)
    band = metrics.band_of(value=value, n=figure.n, bands=stretches)
    card = card_of(REJECTION, figure, asked, frame=frame)
    note = band.words if band else f"the line is {formats.percent(TARGET, digits=0)}"
    picture = conversion_band(stretches, value=value, quiet=wording.is_small(figure)) or {}
    words, direction = "", "level"
    if found.rate_before.n >= metrics.SMALL_SAMPLE:
        base = wording.period(before(asked).period, frame=frame)
        words, direction = wording.points_against(
            value, as_float(found.rate_before.value), base=base
        )
    return card | {
        "fraction": f"{card['fraction']} decided" if figure.n else "nothing decided yet",
        # The dashed line stands where the first stretch ends.
        "band": picture
        | {"target": picture["stops"][0][0], "label": f"{formats.percent(value)}, {note}"},
        "note": note,
        "trend": words,
        "direction": direction,
        # Fewer rejects are better.
        "trend_tone": {"up": "bad", "down": "good"}.get(direction, ""),
    }


def _kept(found: Rejects, *, frame: Frame) -> Context:
    """Return how many of the answers due in the period came in time."""
    asked, figure = found.kept
    card = card_of(ATTAINMENT, figure, asked, frame=frame)
    late = figure.details["late"]
    return card | {
        "fraction": f"{card['fraction']} due" if figure.n else "no answer was due yet",
        "note": f"{formats.count(late)} came late" if late else "",
        "band": {
            "stops": [(as_float(figure.value), "good"), (1.0, "bad")],
            "label": f"{formats.percent(figure.value)} answered in time",
            "quiet": wording.is_small(figure),
        }
        if figure.value is not None
        else None,
    }


def _promise(frame: Frame) -> str:
    """Return marketing's promise as the SLA in use words it, empty where there is none."""
    entry = frame.in_use(DocumentKind.SLA)
    held = sla_of(entry).commitments.values() if entry is not None else ()
    texts = (
        one.text for one in held if one.is_active and one.kind is ClockKind.MARKETING_FEEDBACK
    )
    return next(texts, "")


def _waiting(
    found: Rejects, *, query: QueryDict, reader: Viewer, sees_names: bool
) -> list[Context]:
    """Return what waits for an answer, with the clock and what sales said."""
    terms = terms_in_use()
    address = reverse("dashboards:rejects")
    back = f"{address}?{query.urlencode()}" if query else address
    shown = []
    for clock in found.waiting.page.object_list:
        said = found.waiting.said.get(clock.pk)
        answer = reverse("pipeline:feedback_answer", args=[clock.lead_id])
        about = {"next": back, "item": clock.started_by_id}
        shown.append(
            {
                **_who(clock.lead, sees_names=sees_names),
                "source": clock.lead.channel.name if clock.lead.channel else "",
                "clock": line_of(clock=clock, terms=terms, reader=reader, at=found.asked.at),
                "reason": said.reason if said else "Rejected",
                "note": said.note if said and sees_names else "",
                "rep": said.rep if said else "",
                "answer_href": f"{answer}?{urlencode(about)}",
            }
        )
    return shown


def _who(lead: Lead, *, sees_names: bool) -> Context:
    return {
        "name": str(lead) if sees_names else f"Lead {lead.external_id}",
        "company": lead.company.name if lead.company else "",
        "href": links.lead_url(lead.pk),
    }


def _reason(reason: Reason, asked: MetricFilter) -> Context:
    return {
        "label": reason.label,
        "n": reason.n,
        "share": reason.share,
        "share_text": formats.percent(reason.share, digits=0),
        "href": _cell_href(asked, reason=reason.key),
    }


def _table(found: Rejects) -> Context:
    """Return reasons against sources or scores, each number with its rows where it has some."""
    held, asked = found.table, found.asked
    top = max((n for reason in held.reasons for n in reason.by_column.values()), default=0)
    return {
        "columns": [column.label for column in held.columns],
        "rows": [
            {
                **_reason(reason, asked),
                "cells": [_cell(reason, column, found=found, top=top) for column in held.columns],
            }
            for reason in held.reasons
        ],
        "foot": [{"n": column.n, "href": _column_href(found, column)} for column in held.columns],
        "total": sum(column.n for column in held.columns),
    }


def _cell(reason: Reason, column: Column, *, found: Rejects, top: int) -> Context:
    n = reason.by_column.get(column.key, 0)
    if not n:
        return {"n": 0, "href": "", "heat": ""}
    href = _cell_href(_only(found, column), reason=reason.key) if column.bucket else ""
    return {"n": n, "href": href, "heat": round(n / top * _HEAT) or ""}


def _only(found: Rejects, column: Column) -> MetricFilter:
    """Return the question about one source."""
    if found.table.across == "channel":
        return replace(found.asked, channel=column.bucket)
    return replace(found.asked, source_group=column.bucket)


def _cell_href(asked: MetricFilter, *, reason: str) -> str:
    path = reverse("dashboards:metric_rows", args=[REJECTION.key])
    return f"{path}?{asked.by('reject_reason').query(part='numerator', bucket=reason)}"


def _column_href(found: Rejects, column: Column) -> str:
    if not column.bucket:
        return ""
    return cards.rows_url(REJECTION, _only(found, column), part="numerator")


def _notes(found: Rejects) -> list[Context]:
    return [
        {
            **_who(note.lead, sees_names=True),
            "text": note.text,
            "reason": note.transition.reason.label
            if note.transition and note.transition.reason
            else "",
            "source": note.lead.channel.name if note.lead.channel else "",
            "author": note.author.name if note.author else "",
            "at": note.written_at,
        }
        for note in found.notes
    ]


def _answers(found: Rejects, *, sees_names: bool) -> list[Context]:
    labels = {answer.value: str(answer.label) for answer in FeedbackAnswer}
    return [
        {
            **_who(row.lead, sees_names=sees_names),
            "answer": labels.get(row.payload.get("answer", ""), "Answered"),
            "by": found.answered_by.get(row.actor, ""),
            "at": row.occurred_at,
        }
        for row in found.answers
        if row.lead is not None
    ]


def _lost(found: Rejects) -> list[Context]:
    whole = sum(n for _, n in found.lost)
    return [
        {
            "label": label,
            "n": n,
            "share": n / whole,
            "share_text": formats.percent(n / whole, digits=0),
        }
        for label, n in found.lost
    ]
