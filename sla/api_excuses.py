"""The endpoints of excuses: people ask and decide, an integration does neither."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from pydantic import BeforeValidator, Field
from rest_framework.response import Response

from revops.rest.problems import ProblemError, invalid
from revops.rest.schema import PROBLEMS, Out
from revops.rest.strict import FieldProblem, Row, Story, one_of
from revops.rest.views import ApiView, forbidden
from sla.api import of_visible_leads
from sla.choices import ExcuseCause, ExcuseDecision
from sla.models import Breach, Clock, ExcuseRequest
from sla.selectors.excuses import requests
from sla.services import (
    ExcuseForbiddenError,
    ExcuseRefusedError,
    ExcuseStaleError,
    ask_excuse,
    decline_excuse,
    grant_excuse,
)

if TYPE_CHECKING:
    from rest_framework.request import Request

    from revops.people.models import User

Words = Annotated[Story, Field(max_length=500)]


class ExcuseBody(Row):
    """Why a miss should be excused."""

    cause: Annotated[str, BeforeValidator(one_of(ExcuseCause.values))]
    note: Words = ""


class DecisionBody(Row):
    """Whether it is excused; declining needs a note."""

    decision: Annotated[str, BeforeValidator(one_of(ExcuseDecision.values))]
    note: Words = ""


class ExcuseOut(Out):
    """A request and what became of it."""

    id: int
    breach_id: int
    cause: str
    asked_by: int
    asked_at: datetime
    decision: str
    decided_by: int | None
    decided_at: datetime | None


class ExcuseView(ApiView):
    """What both endpoints share."""

    def caller(self) -> User:
        """Return the person who calls; a key has been refused before."""
        if self.person is None:
            raise forbidden("Only people ask for excuses and decide about them.")
        return self.person

    def clocks(self) -> Q:
        """Return the condition on breaches: those of clocks the person may see."""
        theirs = of_visible_leads(self.caller())
        # An empty condition is every clock; or-ed with another it would be none but that.
        seen = theirs | Q(lead__isnull=True) if theirs else theirs
        return Q(clock__in=Clock.objects.filter(seen))


class BreachExcuseView(ExcuseView):
    """POST a request that a miss be excused."""

    rights = {"POST": "sla.ask_excuse"}

    @extend_schema(
        summary="Ask that a miss be excused",
        request=ExcuseBody,
        responses={201: ExcuseOut, **PROBLEMS},
    )
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Store the request; the other side or RevOps decides it."""
        breach = get_object_or_404(Breach.objects.filter(self.clocks()), pk=pk)
        body = self.body(ExcuseBody)
        try:
            stored = ask_excuse(
                breach=breach, cause=body.cause, note=body.note, by=self.caller(), at=self.at
            )
        except ExcuseRefusedError as refusal:
            raise _problem(refusal) from None
        return Response(excuse_out(stored).model_dump(mode="json"), status=HTTPStatus.CREATED)


class ExcuseDecisionView(ExcuseView):
    """POST the decision about a request."""

    rights = {"POST": "sla.excuse_breach"}

    @extend_schema(
        summary="Grant or decline an excuse",
        request=DecisionBody,
        responses={200: ExcuseOut, **PROBLEMS},
    )
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Decide once; the breach keeps its place in the ledger either way."""
        seen = Breach.objects.filter(self.clocks())
        asked = get_object_or_404(requests().filter(breach__in=seen), pk=pk)
        body = self.body(DecisionBody)
        decide = grant_excuse if body.decision == ExcuseDecision.GRANTED else decline_excuse
        try:
            decide(request=asked, note=body.note, by=self.caller(), at=self.at)
        except ExcuseRefusedError as refusal:
            raise _problem(refusal) from None
        asked.refresh_from_db()
        return Response(excuse_out(asked).model_dump(mode="json"))


def _problem(refusal: ExcuseRefusedError) -> ProblemError:
    """Return a refusal as the API words it."""
    if isinstance(refusal, ExcuseForbiddenError):
        return forbidden(str(refusal))
    if isinstance(refusal, ExcuseStaleError):
        return ProblemError(status=HTTPStatus.CONFLICT, code="excuse_settled", detail=str(refusal))
    return invalid([FieldProblem(f"/{refusal.field}", "required", str(refusal))])


def excuse_out(row: ExcuseRequest) -> ExcuseOut:
    """Return a request as the API shows one; words stay on the pages."""
    return ExcuseOut(**{name: getattr(row, name) for name in ExcuseOut.model_fields
                        if name not in {"asked_by", "decided_by"}},
                     asked_by=row.asked_by_id, decided_by=row.decided_by_id)  # fmt: skip


urlpatterns = [
    path("breaches/<int:pk>/excuses/", BreachExcuseView.as_view(), name="api_breach_excuses"),
    path("excuses/<int:pk>/decision/", ExcuseDecisionView.as_view(), name="api_excuse_decision"),
]
