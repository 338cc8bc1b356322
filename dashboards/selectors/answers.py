"""A metric's answer and the rows behind it."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, F, Q
from django.db.models.functions import Cast

from dashboards import filters, metrics
from dashboards.registry import buckets
from dashboards.registry.base import Part
from dashboards.selectors.known import known
from definitions.choices import DocumentKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from django.db.models import QuerySet

    from dashboards.filters import MetricFilter
    from dashboards.registry.base import Figure, Metric
    from dashboards.selectors.frame import Frame, VersionLabel

LARGEST_PAGE = 200
DEFAULT_LIMIT = 50
_IDS = 2**63


@dataclass(frozen=True, slots=True)
class Answer:
    """What a metric says to a question."""

    metric: Metric
    asked: MetricFilter
    total: Figure
    groups: list[Figure]
    versions: list[VersionLabel]
    is_provisional: bool

    @property
    def is_small_sample(self) -> bool:
        """Whether there are too few cases for a verdict."""
        return self.total.n < metrics.SMALL_SAMPLE


@dataclass(frozen=True, slots=True)
class Row:
    """One row behind a figure; names are personal and shown only to those who may see them."""

    pk: int
    kind: str
    basis_at: datetime
    in_numerator: bool
    measure: Decimal | float | int | None
    external_id: str
    lead_id: int | None
    lead_external_id: str
    name: str
    company: str
    rep: str
    source: str
    state: str
    group: str


@dataclass(frozen=True, slots=True)
class RowPage:
    """A page of rows and where the next begins."""

    rows: list[Row]
    next_cursor: str


def ask(
    metric: Metric,
    parameters: Mapping[str, Sequence[str]],
    *,
    frame: Frame,
    also: frozenset[str] = frozenset(),
) -> MetricFilter:
    """Read what is asked of `metric` from the parameters of an address.

    Raises:
        filters.FilterError: A parameter is unknown or not understood, or names nobody.
    """
    asked = filters.parse(
        parameters,
        setting=frame.setting,
        at=frame.at,
        options=metric.options,
        grouping=metric.grouping,
        also=also,
    )
    return known(asked)


def answer(metric: Metric, asked: MetricFilter, *, frame: Frame) -> Answer:
    """Return value, fraction, groups and versions; two or three statements."""
    total = metric.total(asked)
    groups = metric.groups(asked)
    labels = frame.labels(total.version_ids)
    return Answer(
        metric=metric,
        asked=asked,
        total=total,
        groups=groups,
        versions=labels,
        is_provisional=is_provisional(metric, labels=labels, frame=frame),
    )


def is_provisional(metric: Metric, *, labels: list[VersionLabel], frame: Frame) -> bool:
    """Return whether a row was judged under a version nobody signed.

    A figure about the contribution agreement also needs that one to be signed.
    """
    kind = DocumentKind(metric.document)
    if labels:
        unsigned = any(not label.is_signed for label in labels)
        return unsigned or (kind is DocumentKind.CONTRIBUTION and not frame.is_signed(kind))
    return not frame.is_signed(kind)


def row_page(
    metric: Metric,
    asked: MetricFilter,
    *,
    part: Part = Part.ALL,
    bucket: str = "",
    cursor: str = "",
    limit: int = 50,
) -> RowPage:
    """Return one page of the rows behind a figure, newest first; one statement.

    Raises:
        filters.FilterError: The cursor is not one of ours.
    """
    rows = metric.rows(asked, part=part, bucket=bucket)
    if cursor:
        at, pk = read_cursor(cursor)
        rows = rows.filter(Q(basis_at__lt=at) | Q(basis_at=at, pk__lt=pk))
    found = list(described(metric, rows, asked=asked)[: min(limit, LARGEST_PAGE) + 1])
    shown = [row_of(metric, values) for values in found[:limit]]
    more = len(found) > limit
    return RowPage(shown, write_cursor(at=shown[-1].basis_at, pk=shown[-1].pk) if more else "")


def all_rows(
    metric: Metric, asked: MetricFilter, *, part: Part = Part.ALL, bucket: str = ""
) -> list[Row]:
    """Return every row behind a figure; for files."""
    rows = described(metric, metric.rows(asked, part=part, bucket=bucket), asked=asked)
    return [row_of(metric, values) for values in rows.iterator(chunk_size=2000)]


def described(metric: Metric, rows: QuerySet[Any], *, asked: MetricFilter) -> QuerySet[Any]:
    """Return the rows as plain values with what people need to recognise them."""
    subject = metric.subject
    _, source = buckets.of("channel", subject=subject, asked=asked)
    columns: dict[str, Any] = {
        "row_source": source,
        "row_lead": F(f"{subject.lead}external_id"),
        "row_lead_id": F(f"{subject.lead}id"),
        "row_first_name": F(f"{subject.lead}first_name"),
        "row_last_name": F(f"{subject.lead}last_name"),
        "row_company": buckets.of("account", subject=subject, asked=asked)[0],
        "row_rep": F(f"{subject.rep}name"),
    }
    if subject.is_deal:
        columns |= {"row_name": F("name"), "row_id": F("external_id"), "row_state": F("outcome")}
    elif subject.is_clock:
        columns |= {"row_state": F("status"), "row_commitment": F("kind")}
    else:
        columns |= {"row_state": F("stage")}
    if asked.group_by:
        bucket, _ = buckets.of(asked.group_by, subject=subject, asked=asked)
        columns["row_group"] = Cast(bucket, CharField())
    return rows.values("pk", "basis_at", "in_numerator", "gauge", **columns)


def row_of(metric: Metric, values: Mapping[str, Any]) -> Row:
    """Return a row from its plain values."""
    person = f"{values['row_first_name'] or ''} {values['row_last_name'] or ''}".strip()
    lead = values["row_lead"] or ""
    subject = metric.subject
    kind = "deal" if subject.is_deal else "clock" if subject.is_clock else "round"
    return Row(
        pk=values["pk"],
        kind=kind,
        basis_at=values["basis_at"],
        in_numerator=bool(values["in_numerator"]),
        measure=values["gauge"],
        external_id=values.get("row_id") or lead,
        lead_id=values["row_lead_id"],
        lead_external_id=lead,
        name=values.get("row_name") or person,
        company=values["row_company"] or "",
        rep=values["row_rep"] or "",
        source=values["row_source"] or filters.MISSING,
        state=values["row_state"] or "",
        group=values.get("row_group") or (filters.MISSING if "row_group" in values else ""),
    )


def write_cursor(*, at: datetime, pk: int) -> str:
    """Return the place after a row as an opaque text."""
    text = json.dumps([at.isoformat(), pk], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, int]:
    """Return the instant and the id a cursor names.

    Raises:
        filters.FilterError: The text is not one of ours.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, pk = json.loads(base64.urlsafe_b64decode(padded.encode()))
        instant = datetime.fromisoformat(at)
        place = instant.astimezone(UTC), int(pk) % _IDS
    except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError) as error:
        raise filters.FilterError({"cursor": "is not a cursor of this list"}) from error
    return place


def seconds(value: float | None) -> timedelta | None:
    """Return a number of seconds as a length of time."""
    return None if value is None else timedelta(seconds=value)


def read_part(text: str) -> Part:
    """Return which rows are asked for.

    Raises:
        filters.FilterError: There is no such part.
    """
    try:
        return Part(text)
    except ValueError:
        raise filters.FilterError({"part": "is numerator or excluded"}) from None


def read_limit(text: str) -> int:
    """Return how many rows a page holds.

    Raises:
        filters.FilterError: It is no number from 1 to 200.
    """
    if not text:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= LARGEST_PAGE):
        raise filters.FilterError({"limit": f"is a number from 1 to {LARGEST_PAGE}"})
    return int(text)
