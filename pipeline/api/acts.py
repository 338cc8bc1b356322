"""Marketing acts and sales attempts, in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from pipeline.api.shared import batch_answer, batch_of
from pipeline.choices import ActivityKind, ActivityOutcome, Origin
from pipeline.fact_rows import ActivityIn, TouchIn, read_row
from pipeline.models import Lead
from pipeline.serializers.acts import ActivityBatchIn, TouchBatchIn
from pipeline.serializers.common import BatchAnswer
from pipeline.services.activities import record_activities
from pipeline.services.rows import ActivityRow, Refusal, Status
from pipeline.services.touches import TouchRow, record_touches
from revops.people.models import Rep
from revops.rest.parsing import BULK_LIMIT
from revops.rest.schema import PROBLEMS
from revops.rest.strict import FieldProblem
from revops.rest.views import ApiView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rest_framework.request import Request

    from pipeline.services.rows import ActivityResult
    from pipeline.services.touches import TouchResult

_STATUS = {Status.CREATED: "created", Status.UNCHANGED: "unchanged", Status.REFUSED: "error"}


class TouchBatchView(ApiView):
    """POST up to 1,000 marketing acts; nurture leads that qualify by them go to sales."""

    scopes = {"POST": "leads:write"}
    body_limit = BULK_LIMIT

    @extend_schema(
        summary="Record marketing acts",
        request=TouchBatchIn,
        responses={200: BatchAnswer, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        """Store the acts; each row has its own answer."""
        system, raws = batch_of(self, name="touches", model=TouchBatchIn)
        good, rows = _read(raws, shape=TouchIn, system=system)
        results = record_touches(
            rows=[
                TouchRow(
                    lead_id=lead_id,
                    occurred_at=row.occurred_at,
                    kind=row.kind,
                    channel=row.channel or "",
                    campaign=row.campaign or "",
                    asset=row.asset or "",
                    source=system,
                    external_id=row.external_id or "",
                )
                for _, row, lead_id, _ in good
            ],
            actor=self.actor,
            origin=Origin.API,
            at=self.at,
        )
        rows += [
            _answer(index, row, result, result.touch_id)
            for (index, row, _, _), result in zip(good, results, strict=True)
        ]
        return Response(batch_answer(rows))


class ActivityBatchView(ApiView):
    """POST up to 1,000 sales attempts."""

    scopes = {"POST": "activities:write"}
    body_limit = BULK_LIMIT

    @extend_schema(
        summary="Record sales attempts",
        request=ActivityBatchIn,
        responses={200: BatchAnswer, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        """Store the attempts; each row has its own answer."""
        system, raws = batch_of(self, name="activities", model=ActivityBatchIn)
        good, rows = _read(raws, shape=ActivityIn, system=system)
        results = record_activities(
            rows=[
                ActivityRow(
                    lead_id=lead_id,
                    kind=ActivityKind(row.kind),
                    occurred_at=row.occurred_at,
                    outcome=ActivityOutcome(row.outcome) if row.outcome else None,
                    rep_id=rep_id,
                    is_automatic=row.automatic,
                    source=system,
                    external_id=row.external_id or "",
                )
                for _, row, lead_id, rep_id in good
            ],
            actor=self.actor,
            origin=Origin.API,
            at=self.at,
        )
        rows += [
            _answer(index, row, result, result.activity_id)
            for (index, row, _, _), result in zip(good, results, strict=True)
        ]
        return Response(batch_answer(rows))


def _read(
    raws: Sequence[Any], *, shape: Any, system: str
) -> tuple[list[tuple[int, Any, int, int | None]], list[dict[str, Any]]]:
    """Read rows and look up what they name; two statements."""
    read = []
    refused = []
    for index, raw in enumerate(raws):
        if not isinstance(raw, dict):
            problems = (FieldProblem("", "wrong_type", "the row: is an object"),)
            refused.append(_refusal(index, "", problems))
            continue
        one = read_row(shape=shape, raw={k: v for k, v in raw.items() if v is not None})
        if one.row is None:
            given = raw.get("external_id")
            name = given[:120] if isinstance(given, str) else ""
            refused.append(_refusal(index, name, one.problems))
        else:
            read.append((index, one.row))
    leads = dict(
        Lead.objects.kept()
        .filter(source_system=system, external_id__in={row.lead_external_id for _, row in read})
        .values_list("external_id", Coalesce("merged_into", "id"))
    )
    named = {getattr(row, "rep_external_id", None) for _, row in read} - {None}
    reps = dict(Rep.objects.filter(external_id__in=named).values_list("external_id", "id"))
    good: list[tuple[int, Any, int, int | None]] = []
    for index, row in read:
        rep = getattr(row, "rep_external_id", None)
        missing = _unknown(row, leads=leads, reps=reps, rep=rep)
        if missing:
            refused.append(_refusal(index, row.external_id or "", missing))
        else:
            good.append((index, row, leads[row.lead_external_id], reps.get(rep or "")))
    return good, refused


def _unknown(
    row: Any, *, leads: dict[str, int], reps: dict[str, int], rep: str | None
) -> tuple[FieldProblem, ...]:
    found = []
    if row.lead_external_id not in leads:
        detail = "lead_external_id: no such lead"
        found.append(FieldProblem("/lead_external_id", "unknown_lead", detail))
    if rep and rep not in reps:
        detail = "rep_external_id: no such rep on the roster"
        found.append(FieldProblem("/rep_external_id", "unknown_rep", detail))
    return tuple(found)


def _refusal(index: int, name: str, problems: Sequence[FieldProblem]) -> dict[str, Any]:
    return {
        "index": index,
        "external_id": name,
        "status": "error",
        "id": None,
        "kept": [],
        "errors": [problem.to_json() for problem in problems],
    }


def _answer(
    index: int, row: Any, result: TouchResult | ActivityResult, pk: int | None
) -> dict[str, Any]:
    if result.status == Status.REFUSED:
        is_instant = result.code in {Refusal.FUTURE, Refusal.TOO_EARLY}
        pointer = "/occurred_at" if is_instant else ""
        problem = FieldProblem(pointer, str(result.code), result.message)
        return _refusal(index, row.external_id or "", [problem])
    return {
        "index": index,
        "external_id": row.external_id or "",
        "status": _STATUS[result.status],
        "id": pk,
        "kept": [],
        "errors": [],
    }
