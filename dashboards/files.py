"""Answers and rows as CSV that opens in a spreadsheet without running anything."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

from revops import formats

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dashboards.filters import MetricFilter
    from dashboards.registry.base import Figure, Metric
    from dashboards.selectors.answers import Answer, Row
    from dashboards.selectors.ledger import Ledger

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def groups_file(answer: Answer) -> HttpResponse:
    """Return the answer's groups, the whole first, with exact numbers."""
    metric, asked = answer.metric, answer.asked
    details = sorted(answer.total.details)
    head = ["metric", "from", "to", "timezone", "group", "label", "value", "numerator",
            "denominator", "n", "excluded", *details]  # fmt: skip
    common = [
        metric.key, asked.period.starts_on.isoformat(), asked.period.ends_on.isoformat(),
        asked.zone.key,
    ]  # fmt: skip
    lines = [
        [*common, figure.key or "all", figure.label or "All", figure.value, figure.numerator,
         figure.denominator, figure.n, figure.excluded,
         *(figure.details.get(name) for name in details)]
        for figure in _whole_first(answer)
    ]  # fmt: skip
    return _file(f"{metric.key}.csv", head, lines)


def _whole_first(answer: Answer) -> list[Figure]:
    return [answer.total, *answer.groups]


def rows_file(
    metric: Metric,
    asked: MetricFilter,
    rows: Iterable[Row],
    *,
    currency: str,
    with_names: bool,
) -> HttpResponse:
    """Return every row behind a figure; names and companies only where they may be taken along."""
    names = ["name", "company"] if with_names else []
    head = ["id", "kind", "external_id", "lead_external_id", *names, "rep", "channel", "state",
            "at", "local_date", "in_numerator", "measure", "currency", "group"]  # fmt: skip
    lines = [
        [
            row.pk, row.kind, row.external_id, row.lead_external_id,
            *([row.name, row.company] if with_names else []),
            row.rep, row.source, row.state, formats.iso(row.basis_at),
            row.basis_at.astimezone(asked.zone).date().isoformat(),
            "yes" if row.in_numerator else "no", row.measure,
            currency if isinstance(row.measure, Decimal) else "", row.group,
        ]
        for row in rows
    ]  # fmt: skip
    return _file(f"{metric.key}-rows.csv", head, lines)


def ledger_file(found: Ledger, *, with_names: bool) -> HttpResponse:
    """Return every row of the ledger's list; names only where they may be taken along."""
    names = ["lead", "company"] if with_names else []
    head = ["clock_id", "breach_id", "lead_external_id", *names, "promise", "side", "team",
            "person", "cause", "enforced", "status", "due_at", "month", "breach_at",
            "detected_at", "corrections"]  # fmt: skip
    lines = [_ledger_line(row, is_open=found.is_open, with_names=with_names)
             for row in found.entries.iterator(chunk_size=2000)]  # fmt: skip
    return _file(f"ledger-{found.state}.csv", head, lines)


def _ledger_line(row: Any, *, is_open: bool, with_names: bool) -> list[Any]:
    """Return a clock or a breach as cells; a breach says what corrections made of it."""
    clock = row if is_open else row.clock
    lead, rep = clock.lead, row.rep
    company = lead.company.name if lead and lead.company else ""
    names = [str(lead) if lead else "", company] if with_names else []
    status = clock.status if is_open else row.revised_status or clock.status
    return [
        clock.pk, "" if is_open else row.pk, lead.external_id if lead else "", *names,
        clock.kind, row.side, rep.team.name if rep and rep.team else "", rep.name if rep else "",
        row.why, "yes" if clock.enforced else "no", status, formats.iso(row.due_at),
        f"{row.due_in:%Y-%m}", formats.iso(row.breach_at) if row.breach_at else "",
        "" if is_open else formats.iso(row.detected_at),
        "" if is_open else " ".join(one.kind for one in row.revisions.all()),
    ]  # fmt: skip


def _file(name: str, head: Sequence[str], lines: Iterable[Sequence[Any]]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(head)
    writer.writerows([cell(value) for value in line] for line in lines)
    return response


def cell(value: Any) -> Any:
    """Return a value as a cell; text that a spreadsheet would run is quoted."""
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(f"{part:.6f}" for part in value)
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
