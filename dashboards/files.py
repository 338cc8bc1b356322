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
