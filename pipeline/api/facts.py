"""Single facts the promises read: pauses, resumptions, attempts taken back."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from pipeline.api.shared import lead_of, visible_leads
from pipeline.choices import FeedbackAnswer
from pipeline.models import Activity
from pipeline.serializers.facts import (
    AnswerBody,
    FactAnswer,
    FeedbackBody,
    MergeAnswer,
    MergeBody,
    PauseBody,
    ResumeBody,
    VoidAnswer,
    VoidBody,
)
from pipeline.serializers.leads import lead_url
from pipeline.services.errors import LeadRefusedError
from pipeline.services.feedback import answer_feedback, give_feedback, withdraw_feedback
from pipeline.services.merging import merge_leads
from pipeline.services.pauses import PauseRow, pause_lead, resume_lead
from pipeline.services.rows import Refusal
from pipeline.services.voids import Voided, void_by_name, void_told
from revops.rest.problems import ProblemError, invalid
from revops.rest.schema import PROBLEMS
from revops.rest.strict import FieldProblem
from revops.rest.views import ApiView
from sla.choices import EvidenceKind
from sla.models import Evidence
from sla.services import EvidenceConflictError, EvidenceRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.request import Request

CONFLICTS: Final = frozenset(
    {
        Refusal.STAGE,
        Refusal.PAUSED,
        Refusal.NOT_PAUSED,
        Refusal.NOTHING_RUNS,
        Refusal.NOTHING_TO_ANSWER,
        Refusal.MERGE,
    }
)


class FactView(ApiView):
    """What the endpoints of single facts share."""

    def stored(self, act: Callable[[], Evidence]) -> Response:
        """Do it and answer with the fact: 201 when it is new, 200 when it was told before.

        Raises:
            ProblemError: 409 for the lead's state or another body under the same id, 422 for
                what the fact lacks.
        """
        try:
            fact = act()
        except LeadRefusedError as refusal:
            raise problem_of_refusal(refusal) from None
        except EvidenceConflictError as conflict:
            raise ProblemError(
                status=HTTPStatus.CONFLICT, code="told_differently", detail=str(conflict)
            ) from None
        except EvidenceRefusedError as refusal:
            raise invalid(
                [FieldProblem("/occurred_at", str(Refusal.FUTURE), str(refusal))]
            ) from None
        is_new = fact.recorded_at == self.at
        return Response(
            fact_out(fact, is_new=is_new).model_dump(mode="json"),
            status=HTTPStatus.CREATED if is_new else HTTPStatus.OK,
        )


def problem_of_refusal(refusal: LeadRefusedError) -> ProblemError:
    """Return a refusal as the API words it: 409 for the state of things, else 422."""
    if refusal.code in CONFLICTS:
        return ProblemError(
            status=HTTPStatus.CONFLICT, code=str(refusal.code), detail=str(refusal)
        )
    pointer = f"/{refusal.field}" if refusal.field else ""
    return invalid([FieldProblem(pointer, str(refusal.code), str(refusal))])


def fact_out(fact: Evidence, *, is_new: bool) -> FactAnswer:
    """Return a fact as the API shows one."""
    return FactAnswer(
        id=fact.pk,
        lead_id=fact.lead_id or 0,
        kind=fact.kind,
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
        status="created" if is_new else "unchanged",
    )


class LeadPauseView(FactView):
    """POST a pause of a lead's promises."""

    scopes = {"POST": "dispositions:write"}

    @extend_schema(
        summary="Let the promises on a lead stand still",
        request=PauseBody,
        responses={201: FactAnswer, 200: FactAnswer, **PROBLEMS},
    )
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Store the pause; the agreement's reasons and caps hold."""
        lead = lead_of(self, pk)
        body = self.body(PauseBody)
        row = PauseRow(
            lead_id=lead.pk,
            reason=body.reason,
            until=body.until,
            note=body.note,
            occurred_at=body.occurred_at,
            external_id=body.external_id or "",
        )
        return self.stored(lambda: pause_lead(row=row, actor=self.actor, at=self.at))


class LeadResumeView(FactView):
    """POST that a lead's promises go on."""

    scopes = {"POST": "dispositions:write"}

    @extend_schema(
        summary="Let the promises on a lead go on",
        request=ResumeBody,
        responses={201: FactAnswer, 200: FactAnswer, **PROBLEMS},
    )
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Store the resumption."""
        lead = lead_of(self, pk)
        body = self.body(ResumeBody)
        return self.stored(
            lambda: resume_lead(
                lead=lead,
                actor=self.actor,
                at=self.at,
                note=body.note,
                occurred_at=body.occurred_at,
                external_id=body.external_id or "",
            )
        )


class LeadFeedbackView(FactView):
    """POST what marketing should know of a lead."""

    scopes = {"POST": "dispositions:write"}

    @extend_schema(
        summary="Tell marketing something of a lead",
        request=FeedbackBody,
        responses={201: FactAnswer, 200: FactAnswer, **PROBLEMS},
    )
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Store the note; marketing's clock on the answer starts."""
        lead = lead_of(self, pk)
        body = self.body(FeedbackBody)
        return self.stored(
            lambda: give_feedback(
                lead=lead,
                note=body.note,
                actor=self.actor,
                at=self.at,
                occurred_at=body.occurred_at,
                external_id=body.external_id or "",
            )
        )


class LeadFeedbackAnswerView(FactView):
    """POST marketing's answer to what sales said of a lead."""

    scopes = {"POST": "leads:write"}

    @extend_schema(
        summary="Answer what sales said of a lead",
        request=AnswerBody,
        responses={201: FactAnswer, **PROBLEMS},
    )
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Store the answer; it stops the clocks of the items it names, or of all."""
        lead = lead_of(self, pk)
        body = self.body(AnswerBody)
        return self.stored(
            lambda: answer_feedback(
                lead=lead,
                answer=FeedbackAnswer(body.answer),
                note=body.note,
                items=body.items,
                actor=self.actor,
                at=self.at,
            )
        )


class FeedbackWithdrawView(FactView):
    """POST that a note needs no answer any more."""

    scopes = {"POST": "dispositions:write"}

    @extend_schema(
        summary="Withdraw feedback", request=None, responses={201: FactAnswer, **PROBLEMS}
    )
    @transaction.atomic
    def post(self, request: Request, pk: int, item: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Take the note back; its clock is cancelled."""
        lead = lead_of(self, pk)
        fact = get_object_or_404(Evidence, pk=item, lead=lead, kind=EvidenceKind.FEEDBACK)
        return self.stored(
            lambda: withdraw_feedback(item=fact, actor=self.actor, at=self.at, by=None)
        )


class LeadMergeView(ApiView):
    """POST into which lead another one goes."""

    scopes = {"POST": "leads:write"}

    @extend_schema(
        summary="Merge a lead into another",
        request=MergeBody,
        responses={200: MergeAnswer, **PROBLEMS},
    )
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Merge them; told again it changes nothing."""
        lead = get_object_or_404(visible_leads(self), pk=pk)
        body = self.body(MergeBody)
        into = visible_leads(self).filter(pk=body.into).first()
        if into is None:
            raise invalid([FieldProblem("/into", "unknown_lead", "into: no such lead")])
        try:
            kept = merge_leads(
                lead=lead,
                into=into,
                actor=self.actor,
                at=self.at,
                occurred_at=body.occurred_at,
            )
        except LeadRefusedError as refusal:
            raise problem_of_refusal(refusal) from None
        except EvidenceRefusedError as refusal:
            raise invalid(
                [FieldProblem("/occurred_at", str(Refusal.FUTURE), str(refusal))]
            ) from None
        answer = MergeAnswer(lead_id=lead.pk, merged_into=kept.pk, url=lead_url(kept.pk))
        return Response(answer.model_dump(mode="json"))


class ActivityVoidView(ApiView):
    """POST that a sales attempt counts no longer."""

    scopes = {"POST": "activities:write"}

    @extend_schema(
        summary="Take a sales attempt back",
        request=None,
        responses={201: VoidAnswer, 200: VoidAnswer, **PROBLEMS},
    )
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Take it back; it stays in the history and stops no clock any more."""
        leads = visible_leads(self)
        activity = get_object_or_404(Activity.objects.filter(lead__in=leads), pk=pk)
        return _voided(void_told(activity=activity, actor=self.actor, at=self.at))


class ActivityVoidByNameView(ApiView):
    """POST that the attempt a source knows by an id counts no longer."""

    scopes = {"POST": "activities:write"}

    @extend_schema(
        operation_id="activities_void_named",
        summary="Take a sales attempt back by its id in the source system",
        request=VoidBody,
        responses={201: VoidAnswer, 200: VoidAnswer, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        """Take it back, even before it arrives."""
        body = self.body(VoidBody)
        found = void_by_name(
            source=body.source_system,
            external_id=body.external_id,
            actor=self.actor,
            at=self.at,
        )
        return _voided(found)


def _voided(found: Voided) -> Response:
    waits = found.activity is None
    answer = VoidAnswer(
        activity_id=None if found.activity is None else found.activity.pk,
        status="waiting" if waits else "voided" if found.is_new else "unchanged",
    )
    status = HTTPStatus.CREATED if found.is_new else HTTPStatus.OK
    return Response(answer.model_dump(mode="json"), status=status)
