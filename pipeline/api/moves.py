"""Decisions on a lead, and who works it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from pipeline.api.quotes import described, move_body, quoted
from pipeline.api.shared import check_fresh, etag_of, lead_of
from pipeline.choices import Origin, Stage
from pipeline.models import Assignment, Lead
from pipeline.serializers.acts import (
    MOVES,
    AssignmentAnswer,
    AssignmentBody,
    TransitionAnswer,
    TransitionBody,
)
from pipeline.serializers.common import rep_out
from pipeline.services.activities import record_dispositions
from pipeline.services.assignments import assign_rounds
from pipeline.services.moves import move_rounds
from pipeline.services.rows import AssignmentRow, DispositionRow, Move, Refusal, Status
from revops.people.models import Rep
from revops.rest.problems import ProblemError, invalid
from revops.rest.schema import PROBLEMS
from revops.rest.strict import FieldProblem
from revops.rest.views import ApiView, forbidden

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest
    from rest_framework.request import Request

    from pipeline.services.rows import AssignmentResult

WORKING: Final = "working"
STAGE_MOVES: Final = frozenset({Stage.SQL, Stage.OPPORTUNITY})
CONFLICTS: Final = frozenset({Refusal.STAGE, Refusal.STALE, Refusal.NO_ROUND})
FIELDS: Final[Mapping[Refusal, str]] = {
    Refusal.REASON_REQUIRED: "reason",
    Refusal.REASON_UNKNOWN: "reason",
    Refusal.REASON_HISTORY_ONLY: "reason",
    Refusal.ATTEMPTS_REQUIRED: "reason",
    Refusal.NOTE_REQUIRED: "note",
    Refusal.DATE_REQUIRED: "recycle_on",
    Refusal.CHECKLIST_REQUIRED: "checklist",
    Refusal.DATE_PAST: "recycle_on",
    Refusal.FUTURE: "occurred_at",
    Refusal.TOO_EARLY: "occurred_at",
    Refusal.UNKNOWN_REP: "rep_external_id",
    Refusal.REP_AWAY: "rep_external_id",
}


class LeadTransitionView(ApiView):
    """POST a decision on a lead."""

    scopes = {"POST": "dispositions:write stages:write"}

    @extend_schema(
        summary="Accept, reject, recycle, disqualify or move on a lead",
        request=TransitionBody,
        responses={201: TransitionAnswer, 200: TransitionAnswer, **PROBLEMS},
    )
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        """Store the decision; what the definition does not allow is refused with its words."""
        lead = lead_of(self, pk)
        body = move_body(self, TransitionBody, moves=dict(zip(MOVES, MOVES, strict=True)))
        is_stage = body.to in STAGE_MOVES
        self.require_scope("stages:write" if is_stage else "dispositions:write")
        if body.to == Stage.RECYCLED and lead.stage == Stage.REJECTED:
            raise forbidden("A rejected lead is recycled by marketing, not by an integration.")
        check_fresh(request, lead=lead)
        if body.to == WORKING:
            return self._work(lead, body)
        (result,) = move_rounds(
            moves=[
                Move(
                    lead_id=lead.pk,
                    to=Stage(body.to),
                    occurred_at=body.occurred_at,
                    reason=body.reason,
                    note=body.note,
                    rep_id=_rep_id(body.rep_external_id),
                    recycle_on=body.recycle_on,
                    checklist=body.checklist,
                )
            ],
            actor=self.actor,
            origin=Origin.API,
            at=self.at,
        )
        if result.status == Status.REFUSED:
            raise refused(result.code, result.message, to=body.to, view=self)
        return _moved(lead.pk, transition_id=result.transition_id, status=result.status)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002 - the framework's signature
        """Return the term behind every move with its version, and the reasons it may carry."""
        return Response(described(moves=MOVES, at=self.at))

    def _work(self, lead: Lead, body: TransitionBody) -> Response:
        (result,) = record_dispositions(
            rows=[DispositionRow(lead_id=lead.pk, occurred_at=body.occurred_at, note=body.note)],
            actor=self.actor,
            origin=Origin.API,
            at=self.at,
        )
        if result.status == Status.REFUSED:
            raise refused(result.code, result.message, to=WORKING, view=self)
        return _moved(lead.pk, transition_id=None, status=result.status)


class LeadAssignmentView(ApiView):
    """POST who works a lead."""

    scopes = {"POST": "leads:assign"}

    @extend_schema(
        summary="Assign or reassign a lead",
        request=AssignmentBody,
        responses={201: AssignmentAnswer, 200: AssignmentAnswer, **PROBLEMS},
    )
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        """Give the lead to the rep or to the next in turn; who is away is refused (rep_away)."""
        lead = lead_of(self, pk)
        body = self.body(AssignmentBody)
        check_fresh(request, lead=lead)
        (result,) = assign_rounds(
            rows=[AssignmentRow(lead_id=lead.pk, rep_id=_rep_id(body.rep_external_id))],
            actor=self.actor,
            origin=Origin.API,
            at=self.at,
        )
        if result.status == Status.REFUSED:
            raise _not_assigned(result, view=self)
        stored = Assignment.objects.filter(pk=result.assignment_id or 0).first()
        rep = Rep.objects.filter(pk=result.rep_id or 0).first()
        lead.refresh_from_db()
        answer = AssignmentAnswer(
            lead_id=lead.pk,
            stage=lead.stage,
            assignment_id=result.assignment_id,
            rep=rep_out(rep),
            why=stored.why if stored else {},
            status=str(result.status),
        )
        return Response(answer.model_dump(mode="json"), status=_status(result.status))


def refused(code: Refusal | None, message: str, *, to: str, view: ApiView) -> ProblemError:
    """Return the refusal of a move: 409 for the lead's state, 422 with the definition's words."""
    if code == Refusal.UNKNOWN_LEAD:
        return ProblemError(status=HTTPStatus.NOT_FOUND, code="not_found", detail=message)
    if code in CONFLICTS:
        return ProblemError(status=HTTPStatus.CONFLICT, code=str(code), detail=message)
    name = FIELDS.get(code) if code is not None else None
    errors = [FieldProblem(f"/{name}", str(code), message)] if name else []
    extra: dict[str, Any] = quoted(to=to, at=view.at)
    return ProblemError(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code=str(code or "refused"),
        detail=f"{message} {extra['definition']['quote']}".strip(),
        errors=errors,
        extra=extra,
    )


def _not_assigned(result: AssignmentResult, *, view: ApiView) -> ProblemError:
    """Return the refusal of an assignment; where the rep is away it names the cover."""
    if result.code != Refusal.REP_AWAY:
        return refused(result.code, result.message, to=Stage.ASSIGNED, view=view)
    cover = rep_out(Rep.objects.filter(pk=result.cover_id or 0).first())
    return ProblemError(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code=str(result.code),
        detail=result.message,
        errors=[FieldProblem("/rep_external_id", str(result.code), result.message)],
        extra={"cover": cover.model_dump(mode="json") if cover else None},
    )


def _rep_id(external_id: str | None) -> int | None:
    if external_id is None:
        return None
    found = Rep.objects.filter(external_id=external_id).values_list("pk", flat=True).first()
    if found is None:
        detail = "rep_external_id: no such rep on the roster"
        raise invalid([FieldProblem("/rep_external_id", "unknown_rep", detail)])
    return found


def _moved(lead_id: int, *, transition_id: int | None, status: Status) -> Response:
    lead = Lead.objects.get(pk=lead_id)
    answer = TransitionAnswer(
        lead_id=lead_id, stage=lead.stage, transition_id=transition_id, status=str(status)
    )
    return Response(
        answer.model_dump(mode="json"), status=_status(status), headers={"ETag": etag_of(lead)}
    )


def _status(status: Status) -> int:
    return HTTPStatus.CREATED if status == Status.CREATED else HTTPStatus.OK
