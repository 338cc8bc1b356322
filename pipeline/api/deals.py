"""Deals: upserted, listed, accepted, won and lost."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from pipeline.api.quotes import described, move_body, quoted
from pipeline.api.shared import visible_leads
from pipeline.choices import Origin, Stage
from pipeline.fact_rows import OpportunityIn
from pipeline.models import Opportunity
from pipeline.serializers.common import DEFAULT_SYSTEM
from pipeline.serializers.deals import (
    DealTransitionBody,
    OpportunityBody,
    OpportunityOut,
    OpportunityPage,
    OpportunityQuery,
    opportunity_out,
)
from pipeline.services.deals_batch import upsert_opportunities
from revops.rest.pagination import page
from revops.rest.problems import ProblemError, invalid
from revops.rest.schema import PROBLEMS, query_parameters
from revops.rest.strict import FieldProblem
from revops.rest.views import ApiView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from rest_framework.request import Request

    from pipeline.services.deals_batch import DealResult


class OpportunityListView(ApiView):
    """POST a deal; GET the list."""

    scopes = {"GET": "leads:read", "POST": "stages:write"}
    rights = {"GET": "pipeline.view_lead"}

    @extend_schema(
        summary="Create or update a deal",
        request=OpportunityBody,
        responses={201: OpportunityOut, 200: OpportunityOut, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        """Store the deal by (source_system, external_id); absent fields stay as they are."""
        raw = self.raw_body()
        system = raw.get("source_system") if isinstance(raw, dict) else None
        self.validated(OpportunityBody, raw)
        if isinstance(raw, dict):
            raw = {name: value for name, value in raw.items() if name != "source_system"}
        row = self.validated(OpportunityIn, raw)
        result = self.store(row, source_system=system or DEFAULT_SYSTEM)
        deal = _deals().get(source_system=system or DEFAULT_SYSTEM, external_id=row.external_id)
        is_new = result.status == "created"
        return Response(
            opportunity_out(deal).model_dump(mode="json"),
            status=HTTPStatus.CREATED if is_new else HTTPStatus.OK,
        )

    def store(self, row: OpportunityIn, *, source_system: str) -> DealResult:
        """Store one deal.

        Raises:
            ProblemError: 422, with the definition's words where the reason is at fault.
        """
        return stored(self, row, source_system=source_system)

    @extend_schema(
        operation_id="opportunities_list",
        summary="List deals",
        parameters=query_parameters(OpportunityQuery),
        responses={200: OpportunityPage, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """Return deals, the newest first."""
        query = self.query(OpportunityQuery)
        return Response(
            page(
                rows=_filtered(_visible(self), query),
                query=query,
                request=request,
                show=lambda deal: opportunity_out(deal).model_dump(mode="json"),
                newest_first=True,
            )
        )


class OpportunityDetailView(ApiView):
    """GET one deal."""

    scopes = {"GET": "leads:read"}
    rights = {"GET": "pipeline.view_lead"}

    @extend_schema(summary="Show a deal", responses={200: OpportunityOut, **PROBLEMS})
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Return the deal."""
        deal = get_object_or_404(_visible(self), pk=pk)
        return Response(opportunity_out(deal).model_dump(mode="json"))


class OpportunityTransitionView(ApiView):
    """POST what happened to a deal."""

    scopes = {"POST": "stages:write"}

    @extend_schema(
        summary="Accept, win or lose a deal",
        request=DealTransitionBody,
        responses={201: OpportunityOut, **PROBLEMS},
    )
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Store it; a lost deal needs a reason of the list in use."""
        deal = get_object_or_404(
            Opportunity.objects.select_for_update(no_key=True, of=("self",)), pk=pk
        )
        body = move_body(self, DealTransitionBody, moves=_MOVES)
        _check_open(deal, to=body.to)
        at = body.occurred_at or self.at
        row = OpportunityIn.model_validate(
            {"external_id": deal.external_id}
            | ({"accepted_at": at} if body.to == "accepted" or deal.accepted_at is None else {})
            | ({} if body.to == "accepted" else {"closed_at": at, "outcome": body.to})
            | ({"lost_reason": body.reason or None} if body.to == "lost" else {})
            | ({"competitor": body.competitor} if body.competitor else {})
        )
        stored(self, row, source_system=deal.source_system, to=_MOVES[body.to])
        return Response(
            opportunity_out(_deals().get(pk=pk)).model_dump(mode="json"),
            status=HTTPStatus.CREATED,
        )

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002 - the framework's signature
        """Return the term behind every move of a deal with its version and reasons."""
        return Response(described(moves=[stage.value for stage in _MOVES.values()], at=self.at))


def stored(view: ApiView, row: OpportunityIn, *, source_system: str, to: str = "") -> DealResult:
    """Store one deal; a refusal (422) quotes the definition of the move.

    A row that names no move quotes the one its mistaken field is about, if there is one.
    """
    (result,) = upsert_opportunities(
        rows=[row],
        source_system=source_system,
        actor=view.actor,
        origin=Origin.API,
        at=view.at,
    )
    if not result.problems:
        return result
    to = to or _stage_at_fault(row, result.problems)
    if to:
        # A reason is judged by the list in use when the deal was lost.
        judged_at = row.closed_at if to == Stage.LOST and row.closed_at else view.at
        extra = quoted(to=to, at=min(judged_at, view.at))
        raise ProblemError(
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            code=result.problems[0].code,
            detail=f"{result.problems[0].detail}. {extra['definition']['quote']}",
            errors=result.problems,
            extra=extra,
        )
    raise invalid(result.problems)


_MOVES = {"accepted": Stage.OPPORTUNITY, "won": Stage.WON, "lost": Stage.LOST}
"""What happened to a deal -> the stage whose term it is about."""


def _stage_at_fault(row: OpportunityIn, problems: Sequence[FieldProblem]) -> str:
    """Return the stage whose term a mistake is about; empty where it is about none."""
    for problem in problems:
        match problem.pointer:
            case "/lost_reason" | "/competitor":
                return Stage.LOST
            case "/closed_at" | "/outcome" if row.outcome in _MOVES:
                return _MOVES[row.outcome]
            case "/accepted_at":
                return Stage.OPPORTUNITY
    return ""


def _check_open(deal: Opportunity, *, to: str) -> None:
    if deal.outcome or (to == "accepted" and deal.accepted_at is not None):
        word = deal.get_outcome_display() if deal.outcome else "accepted"
        raise ProblemError(
            status=HTTPStatus.CONFLICT,
            code="not_open",
            detail=f"The deal is already {str(word).lower()}.",
            errors=[FieldProblem("/to", "not_open", "to: the deal does not allow it")],
        )


def _deals() -> QuerySet[Opportunity]:
    return Opportunity.objects.filter(voided_at__isnull=True).select_related(
        "lead", "company", "sdr", "rep", "lost_reason"
    )


def _visible(view: ApiView) -> QuerySet[Opportunity]:
    if view.person is None:
        return _deals()
    return _deals().filter(lead__in=visible_leads(view))


def _filtered(rows: QuerySet[Opportunity], query: OpportunityQuery) -> QuerySet[Opportunity]:
    wanted = {
        "source_system": query.source_system,
        "external_id": query.external_id,
        "lead__external_id": query.lead_external_id,
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if query.outcome is not None:
        rows = rows.filter(outcome="" if query.outcome == "open" else query.outcome)
    return rows
