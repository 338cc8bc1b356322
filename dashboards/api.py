"""The metric endpoints: the registry, an answer, and the rows behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from dashboards import metrics
from dashboards.expectations import judgement
from dashboards.filters import MONTH, FilterError
from dashboards.registry import REGISTRY
from dashboards.selectors import answers
from dashboards.selectors.frame import frame
from dashboards.selectors.known import known_bucket
from dashboards.selectors.promises import signed_from
from dashboards.serializers import (
    AnswerSerializer,
    ClosedMonthListSerializer,
    MetricSerializer,
    RowPageSerializer,
    answer_json,
    metric_json,
    month_json,
    row_json,
)
from revops.rest.problems import ProblemError, invalid
from revops.rest.strict import FieldProblem
from revops.rest.views import ApiView
from sla.choices import ClockKind
from sla.selectors.months import closed_months

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rest_framework.request import Request

    from dashboards.filters import MetricFilter
    from dashboards.registry.base import Metric
    from dashboards.selectors.frame import Frame

MOST_MONTHS = 12
_ROWS_ONLY = frozenset({"part", "bucket", "cursor", "limit"})
_FILTERS = [
    OpenApiParameter("from", str, description="First local date, such as 2026-10-01."),
    OpenApiParameter("to", str, description="First local date after the period."),
    OpenApiParameter("period", str, description="this_quarter, 2026Q4, 2026-11, all ..."),
    OpenApiParameter(
        "timezone", str, description="Cut days here, not in the organisation's zone."
    ),
    OpenApiParameter("group_by", str, description="A bucket, attributes.NAME, or none."),
    OpenApiParameter("segment", str),
    OpenApiParameter("source_group", str),
    OpenApiParameter("channel", str),
    OpenApiParameter("team", str),
    OpenApiParameter("rep", str),
]


class MetricApiView(ApiView):
    """What the metric endpoints share."""

    scopes = {"GET": "metrics:read"}
    rights = {"GET": "dashboards.view_metrics"}

    def question(
        self, key: str, *, also: frozenset[str] = frozenset()
    ) -> tuple[Metric, MetricFilter, Frame]:
        """Return the metric, what is asked of it, and the frame it stands in.

        Raises:
            Http404: No metric has this key.
            ProblemError: 422, naming every parameter that is not understood.
        """
        if key not in REGISTRY:
            raise Http404
        metric, held = REGISTRY[key], frame(at=self.at)
        given = {name: [str(value) for value in values]
                 for name, values in self.request.query_params.lists()}  # fmt: skip
        try:
            return metric, answers.ask(metric, given, frame=held, also=also), held
        except FilterError as error:
            raise refusal(error) from None


class MetricListView(MetricApiView):
    """`GET /api/v1/metrics/`."""

    @extend_schema(operation_id="metrics_list", responses=MetricSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List every metric with its definition in words."""
        described = [
            metric_json(metric, url=request.build_absolute_uri(answer_url(metric.key)))
            for metric in REGISTRY
        ]
        return Response({"data": described, "next": None})


class MetricDetailView(MetricApiView):
    """`GET /api/v1/metrics/{key}/`."""

    @extend_schema(operation_id="metrics_read", parameters=_FILTERS, responses=AnswerSerializer)
    def get(self, request: Request, key: str) -> Response:
        """Answer with value, fraction, groups and versions, and where the rows are."""
        metric, asked, held = self.question(key)
        rows = reverse("dashboards:api_metric_rows", args=[key])
        url = request.build_absolute_uri(f"{rows}?{asked.query()}")
        ripe = judgement(metric=key, signed_on=signed_from(held), today=held.today)
        answer = answers.answer(metric, asked, frame=held)
        return Response(answer_json(answer, rows_url=url, judgement=ripe))


class MetricRowsView(MetricApiView):
    """`GET /api/v1/metrics/{key}/rows/`."""

    @extend_schema(
        operation_id="metrics_rows",
        parameters=[
            *_FILTERS,
            OpenApiParameter("part", str, enum=["numerator", "excluded"]),
            OpenApiParameter("bucket", str, description="The key of one group of group_by."),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        responses=RowPageSerializer,
    )
    def get(self, request: Request, key: str) -> Response:
        """List exactly the n rows the answer to the same question is made of."""
        metric, asked, _ = self.question(key, also=_ROWS_ONLY)
        given = request.query_params
        try:
            page = answers.row_page(
                metric,
                asked,
                part=answers.read_part(given.get("part", "")),
                bucket=known_bucket(metric, asked, bucket=given.get("bucket", "")),
                cursor=given.get("cursor", ""),
                limit=answers.read_limit(given.get("limit", "")),
            )
        except FilterError as error:
            raise refusal(error) from None
        following = None
        if page.next_cursor:
            kept = ("limit", "part", "bucket")
            extra = {name: given[name] for name in kept if given.get(name)}
            query = asked.query(**extra, cursor=page.next_cursor)
            following = request.build_absolute_uri(f"{request.path}?{query}")
        shown: list[dict[str, Any]] = [
            row_json(row, currency=asked.setting.currency) for row in page.rows
        ]
        return Response({"data": shown, "next": following})


class ClosedMonthListView(ApiView):
    """`GET /api/v1/sla/months/`."""

    scopes = {"GET": "metrics:read"}
    rights = {"GET": "dashboards.view_metrics"}

    @extend_schema(
        operation_id="sla_months_list",
        parameters=[
            OpenApiParameter("from", str, description="First month, such as 2026-01."),
            OpenApiParameter("to", str, description="First month after, at most twelve later."),
            OpenApiParameter("kind", str, enum=ClockKind.values),
        ],
        responses=ClosedMonthListSerializer,
    )
    def get(self, request: Request) -> Response:
        """List each promise in each closed month: as frozen, and with later corrections."""
        asked = read_months(request.query_params, today=frame(at=self.at).today)
        shown = [
            month_json(one)
            for one in closed_months(since=asked.first)
            if one.month < asked.after and asked.kind in {"", one.kind}
        ]
        return Response({"data": shown, "next": None})


@dataclass(frozen=True, slots=True)
class Months:
    """Which closed months are asked for: `first <= month < after`, of one promise or all."""

    first: date
    after: date
    kind: str


def read_months(given: Mapping[str, str], *, today: date) -> Months:
    """Return what the address asks for; without `from` it is the twelve months up to `to`.

    Raises:
        ProblemError: 422, naming every parameter that is not understood.
    """
    errors = {
        name: "is not a parameter of this list"
        for name in given
        if name not in {"from", "to", "kind"}
    }
    found = {}
    for name in ("from", "to"):
        text = given.get(name, "")
        match = MONTH.fullmatch(text)
        if text and match is None:
            errors[name] = "is no month such as 2026-01"
        elif match is not None:
            found[name] = date(int(match[1]), int(match[2]), 1)
    kind = given.get("kind", "")
    if kind and kind not in ClockKind.values:
        errors["kind"] = f"is none of {', '.join(ClockKind.values)}"
    after = found.get("to", metrics.add_months(day=today, months=1))
    first = found.get("from", metrics.add_months(day=after, months=-MOST_MONTHS))
    if not errors and not first < after <= metrics.add_months(day=first, months=MOST_MONTHS):
        errors["to"] = f"is not one to {MOST_MONTHS} months after from"
    if errors:
        raise refusal(FilterError(errors))
    return Months(first, after, kind)


def answer_url(key: str) -> str:
    """Return the path of a metric's answer."""
    return reverse("dashboards:api_metric_detail", args=[key])


def refusal(error: FilterError) -> ProblemError:
    """Return the problem document of parameters that are not understood."""
    return invalid(
        [
            FieldProblem(f"/{name}", "bad_parameter", f"{name} {words}")
            for name, words in error.errors.items()
        ]
    )
