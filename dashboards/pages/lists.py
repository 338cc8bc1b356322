"""The lists: rows behind a number, and broken promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards import cards, wording
from dashboards.pages import links
from dashboards.pages.ledger import around, story
from dashboards.registry import buckets
from dashboards.registry.base import Part, Unit
from pipeline.choices import Outcome, Stage
from sla.choices import ClockStatus
from sla.selectors import badge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.core.paginator import Page
    from django.http import QueryDict

    from dashboards.filters import MetricFilter
    from dashboards.registry.base import Metric
    from dashboards.selectors.answers import Row
    from dashboards.selectors.frame import Frame
    from dashboards.selectors.ledger import Ledger
    from sla.fold import Terms
    from sla.selectors import Attainment

    Context = dict[str, Any]

_NOUNS = {"round": "lead,leads", "deal": "deal,deals", "clock": "promise,promises"}
_STATES = {
    **{stage.value: str(stage.label) for stage in Stage},
    **{outcome.value: str(outcome.label) for outcome in Outcome},
    **{status.value: str(status.label) for status in ClockStatus},
}


def rows(
    found: Metric,
    asked: MetricFilter,
    *,
    part: Part,
    bucket: str,
    page: Page[Any],
    shown: Sequence[Row],
    sees_names: bool,
    frame: Frame,
    query: QueryDict,
) -> Context:
    """Return the context of the list behind a number."""
    extra = {"part": part.value} if part else {}
    extra |= {"bucket": bucket} if bucket else {}
    kept = query.copy()
    kept.pop("page", None)
    noun = _NOUNS[_kind(found)]
    return {
        "metric": found,
        "metric_href": cards.metric_url(found, asked),
        "rows": [_row(row, found, asked, sees_names=sees_names, frame=frame) for row in shown],
        "page": page,
        "query": kept.urlencode(),
        "noun": noun,
        "sentence": _sentence(found, part=part),
        "parts": _parts(found, asked, part=part, query=query),
        "chips": _chips(asked, bucket=bucket, frame=frame),
        "csv_href": f"?{asked.query(**extra, format='csv')}",
        "headings": _headings(found),
        "has_measure": bool(found.row_measure) or found.unit is Unit.RATE,
        "sees_names": sees_names,
    }


def _kind(found: Metric) -> str:
    subject = found.subject
    return "deal" if subject.is_deal else "clock" if subject.is_clock else "round"


def _headings(found: Metric) -> Context:
    return {
        "first": "Deal" if found.subject.is_deal else "Lead",
        "at": found.date_basis.rstrip(".").split(":")[0],
        "measure": found.row_measure or "Days",
        "numerator": "In numerator" if found.numerator_words else "",
    }


def _sentence(found: Metric, *, part: Part) -> str:
    if part is Part.NUMERATOR:
        return f"Only those that {found.numerator_words}." if found.numerator_words else ""
    if part is Part.EXCLUDED:
        return f"Not counted: {found.excluded_words or 'rows without what the metric needs'}."
    return f"Exactly the rows the number is made of: {found.denominator_words}."


def _parts(found: Metric, asked: MetricFilter, *, part: Part, query: QueryDict) -> list[Context]:
    """Return the choice between all rows, the numerator's, and those left out."""
    choices = [(Part.ALL, "All")]
    if found.unit is Unit.RATE or found.key == "response_time":
        choices.append((Part.NUMERATOR, "Numerator"))
    choices.append((Part.EXCLUDED, "Left out"))
    del asked
    return [
        {
            "label": label,
            "href": links.with_changes(query, part=choice.value or None),
            "current": choice is part,
        }
        for choice, label in choices
    ]


def _chips(asked: MetricFilter, *, bucket: str, frame: Frame) -> list[str]:
    """Return in words what the list is narrowed to."""
    chips = [wording.period(asked.period, frame=frame)]
    if bucket:
        words = buckets.words(asked.group_by, key=bucket, label=bucket, asked=asked)
        chips.append(f"{asked.group_by.removeprefix('attributes.').replace('_', ' ')}: {words}")
    chips += [f"{name.replace('_', ' ')}: {held}" for name, held in asked.narrowed.items()]
    chips += [
        f"{name.replace('_', ' ')}: {held.replace('_', ' ')}"
        for name, held in asked.options.items()
        if held
    ]
    if asked.zone.key != asked.setting.zone.key:
        chips.append(f"days of {asked.zone.key}")
    return chips


def _row(
    row: Row, found: Metric, asked: MetricFilter, *, sees_names: bool, frame: Frame
) -> Context:
    is_deal = row.kind == "deal"
    href = links.deal_url(row.pk) if is_deal else links.lead_url(row.lead_id)
    name = row.name if sees_names or is_deal else ""
    return {
        "name": name or row.external_id or row.lead_external_id or f"#{row.pk}",
        "company": row.company,
        "href": href,
        "rep": row.rep,
        "source": row.source,
        "stage": row.state,
        "state": _STATES.get(row.state, row.state or ("Open" if is_deal else "")),
        "at": row.basis_at,
        "on": row.basis_at.astimezone(asked.zone).date(),
        "in_numerator": row.in_numerator,
        "measure": wording.measure(found, row.measure, currency=frame.setting.currency),
    }


def breaches(
    found: Ledger,
    *,
    balanced: Mapping[str, Attainment],
    page: Page[Any],
    query: QueryDict,
    sees_names: bool,
    frame: Frame,
) -> Context:
    """Return the context of the ledger: what stands around the rows, and the rows."""
    kept = query.copy()
    kept.pop("page", None)
    return {
        **around(found, balanced=balanced, query=query),
        "state": found.state,
        "entries": [
            overdue_entry(entry, sees_names=sees_names, terms=found.terms, frame=frame)
            if found.is_open
            else _broken(entry, sees_names=sees_names, terms=found.terms, frame=frame)
            for entry in page.object_list
        ],
        "is_open": found.is_open,
        "page": page,
        "query": kept.urlencode(),
        "agreement": links.agreement(frame),
    }


def who(clock: Any, *, sees_names: bool) -> Context:
    """Return whose promise it is: a lead with its company, or a month."""
    lead = clock.lead
    if lead is None:
        return {"name": f"{clock.month:%B %Y}" if clock.month else "", "company": "", "href": ""}
    name = str(lead) if sees_names else f"Lead {lead.external_id}"
    company = lead.company.name if lead.company else ""
    return {"name": name, "company": company, "href": links.lead_url(lead.pk)}


def overdue_entry(clock: Any, *, sees_names: bool, terms: Terms, frame: Frame) -> Context:
    """Return a promise that is overdue, with the person who holds it and its badge."""
    return {
        **who(clock, sees_names=sees_names),
        "promise": clock.commitment.title,
        "sentence": clock.commitment.sentence,
        "side": clock.get_side_display(),
        "rep": clock.rep.name if clock.rep else "",
        "due_at": clock.due_at,
        "badge": badge(clock=clock, terms=terms, at=frame.at, zone=frame.setting.zone.key),
        "explain_href": links.clock_url(clock.pk),
        "team": _team(clock.rep),
    }


def _broken(breach: Any, *, sees_names: bool, terms: Terms, frame: Frame) -> Context:
    """Say what became of a broken promise: still open, kept late, given up, or excused."""
    clock = breach.clock
    status = breach.revised_status or clock.status
    is_late = status == clock.status == ClockStatus.MET_LATE
    late = badge(clock=clock, terms=terms, at=frame.at).words if is_late else ""
    return {
        **who(clock, sees_names=sees_names),
        "pk": breach.pk,
        "promise": breach.commitment.title,
        "sentence": breach.commitment.sentence,
        "side": breach.get_side_display(),
        "rep": breach.rep.name if breach.rep else "",
        "due_at": breach.due_at,
        "state": _STATES.get(status, status),
        "tone": {"met_late": "warn", "excused": "outline"}.get(status, "bad"),
        "late": late,
        "cause": str(breach.get_cause_display()),
        "team": _team(breach.rep),
        "story": story(breach),
        "explain_href": links.clock_url(clock.pk),
    }


def _team(rep: Any) -> str:
    return rep.team.name if rep and rep.team else ""
