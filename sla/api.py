"""The endpoints of clocks, with the explanation of a deadline, and of the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from pydantic import BeforeValidator
from rest_framework.response import Response

from revops.people.choices import Role, Side
from revops.rest.pagination import PageQuery, page
from revops.rest.schema import PROBLEMS, Out, query_parameters
from revops.rest.strict import Instant, Key, one_of
from revops.rest.views import ApiView
from sla.choices import ClockKind, ClockStatus, Scope
from sla.models import Breach, Clock
from sla.selectors import badge, explain_deadline
from sla.services import current_terms

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from revops.people.models import User
    from sla.fold import Fact, Terms
    from sla.selectors import DeadlineExplanation


class ClockQuery(PageQuery):
    """Filters of the clocks."""

    lead_external_id: Key | None = None
    kind: Annotated[str, BeforeValidator(one_of(ClockKind.values))] | None = None
    status: Annotated[str, BeforeValidator(one_of(ClockStatus.values))] | None = None
    scope: Annotated[str, BeforeValidator(one_of(Scope.values))] | None = None
    due_since: Instant | None = None
    due_before: Instant | None = None


class ClockOut(Out):
    """A clock: `state` is what its badge says at the instant of the request.

    `measure` holds what was measured apart from time: age_seconds of a lead; fit and
    fit_threshold; missing, the codes of the agreed context that lacked.
    """

    id: int
    lead_id: int | None
    lead_external_id: str | None
    cycle: int
    kind: str
    scope: str
    side: str
    rep_id: int | None
    status: str
    state: str
    state_words: str
    enforced: bool
    started_at: datetime | None
    due_at: datetime | None
    breach_at: datetime | None
    warn_at: datetime | None
    paused_since: datetime | None
    stopped_at: datetime | None
    business_seconds: int | None
    late_business_seconds: int | None
    late_calendar_seconds: int | None
    counted: int | None
    measure: dict[str, Any]
    commitment: str
    sla_version_id: int
    calendar_version_id: int


class IntervalOut(Out):
    """Business time that counted."""

    start: datetime
    end: datetime
    seconds: int


class ClosedDateOut(Out):
    """A local date on which the usual hours did not hold."""

    on: str
    cause: str
    name: str


class PauseOut(Out):
    """A stretch in which the clock stood still; `end` is null while it lasts."""

    start: datetime
    end: datetime | None
    reason: str


class HolderOut(Out):
    """Who had the lead from when; `rep_id` is null where nobody is recorded."""

    rep_id: int | None
    since: datetime


class EvidenceOut(Out):
    """A fact that decided about the clock, or did until it was taken back.

    `recorded_at` is when it was learned of, `taken_back_at` when a void did so.
    """

    kind: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    started_it: bool
    stopped_it: bool
    taken_back_at: datetime | None


class ExplanationOut(Out):
    """Why the deadline is when it is, and whether and why the clock is a breach."""

    zone: str
    unit: str
    business: bool
    intervals: list[IntervalOut]
    closed_dates: list[ClosedDateOut]
    pauses: list[PauseOut]
    holders: list[HolderOut]
    replanned_from: datetime | None
    is_breach: bool
    answer: str
    because: str
    otherwise: str
    evidence: list[EvidenceOut]
    verdict: str
    sentences: list[str]


class ClockDetail(ClockOut):
    """A clock with the explanation of its deadline."""

    explanation: ExplanationOut


class ClockPage(Out):
    """A page of clocks."""

    data: list[ClockOut]
    next: str | None


class BreachQuery(PageQuery):
    """Filters of the ledger."""

    lead_external_id: Key | None = None
    kind: Annotated[str, BeforeValidator(one_of(ClockKind.values))] | None = None
    side: Annotated[str, BeforeValidator(one_of(Side.values))] | None = None
    breached_since: Instant | None = None
    breached_before: Instant | None = None


class BreachOut(Out):
    """A broken promise that stands in the ledger."""

    id: int
    clock_id: int
    lead_id: int | None
    lead_external_id: str | None
    kind: str
    side: str
    rep_id: int | None
    cause: str
    status: str
    last_revision: str | None
    due_at: datetime
    breach_at: datetime
    detected_at: datetime


class BreachPage(Out):
    """A page of the ledger."""

    data: list[BreachOut]
    next: str | None


class PromiseView(ApiView):
    """What the endpoints of promises share."""

    scopes = {"GET": "metrics:read leads:read"}
    rights = {"GET": "sla.view_breach"}

    def clocks(self) -> QuerySet[Clock]:
        """Return the clocks the caller may see: a rep those of the own leads and the team's."""
        rows = Clock.objects.select_related("commitment", "lead")
        return rows if self.person is None else rows.filter(of_visible_leads(self.person))


class ClockListView(PromiseView):
    """GET clocks."""

    @extend_schema(
        operation_id="clocks_list",
        summary="List clocks",
        parameters=query_parameters(ClockQuery),
        responses={200: ClockPage, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """Return clocks, the newest first."""
        query = self.query(ClockQuery)
        wanted = {
            "lead__external_id": query.lead_external_id,
            "kind": query.kind,
            "status": query.status,
            "scope": query.scope,
            "due_at__gte": query.due_since,
            "due_at__lt": query.due_before,
        }
        rows = self.clocks().filter(**{k: v for k, v in wanted.items() if v is not None})
        terms = current_terms(at=self.at)
        return Response(
            page(
                rows=rows,
                query=query,
                request=request,
                show=lambda clock: ClockOut(
                    **clock_fields(clock, terms=terms, at=self.at)
                ).model_dump(mode="json"),
                newest_first=True,
            )
        )


class ClockDetailView(PromiseView):
    """GET a clock."""

    @extend_schema(
        summary="Show a clock and explain its deadline", responses={200: ClockDetail, **PROBLEMS}
    )
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Return the clock with every interval, holiday and fact that decided about it."""
        clock = get_object_or_404(self.clocks(), pk=pk)
        terms = current_terms(at=self.at)
        breach = Breach.objects.with_standing().filter(clock=clock).first()
        explained = explain_deadline(clock=clock, terms=terms, at=self.at, breach=breach)
        shown = ClockDetail(
            **clock_fields(clock, terms=terms, at=self.at),
            explanation=explanation_out(explained, clock=clock),
        )
        return Response(shown.model_dump(mode="json"))


class BreachListView(PromiseView):
    """GET the ledger."""

    @extend_schema(
        summary="List breaches that stand",
        parameters=query_parameters(BreachQuery),
        responses={200: BreachPage, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """Return breaches, the newest first; rescinded ones are left out."""
        query = self.query(BreachQuery)
        wanted = {
            "clock__lead__external_id": query.lead_external_id,
            "clock__kind": query.kind,
            "side": query.side,
            "breach_at__gte": query.breached_since,
            "breach_at__lt": query.breached_before,
        }
        rows = (
            Breach.objects.ledger()
            .select_related("clock__lead")
            .filter(clock__in=self.clocks())
            .filter(**{k: v for k, v in wanted.items() if v is not None})
        )
        return Response(
            page(
                rows=rows,
                query=query,
                request=request,
                show=lambda breach: breach_out(breach).model_dump(mode="json"),
                newest_first=True,
            )
        )


def of_visible_leads(user: User) -> Q:
    """Return the condition on clocks: reps see those of their own and their team's leads."""
    if user.role != Role.SALES_REP:
        return Q()
    return (
        Q(lead__owner__user=user) | Q(lead__owner__team=user.team_id) | Q(lead__owner__isnull=True)
    )


def clock_fields(clock: Clock, *, terms: Terms, at: datetime) -> dict[str, Any]:
    """Return the fields of a clock as it stands at `at`."""
    shown = badge(clock=clock, terms=terms, at=at)
    names = set(ClockOut.model_fields) - {
        "lead_external_id", "state", "state_words", "commitment", "sla_version_id",
    }  # fmt: skip
    return {name: getattr(clock, name) for name in names} | {
        "lead_external_id": None if clock.lead is None else clock.lead.external_id,
        "state": shown.state.value,
        "state_words": shown.words,
        "commitment": clock.commitment.sentence,
        "sla_version_id": clock.commitment.version_id,
    }


def explanation_out(explained: DeadlineExplanation, *, clock: Clock) -> ExplanationOut:
    """Return an explanation as the API shows one."""
    return ExplanationOut(
        zone=explained.zone,
        unit=explained.unit,
        business=explained.unit.startswith("business"),
        intervals=[
            IntervalOut(start=one.start, end=one.end, seconds=int(one.length.total_seconds()))
            for one in explained.intervals
        ],
        closed_dates=[
            ClosedDateOut(on=one.on.isoformat(), cause=one.cause, name=one.name)
            for one in explained.closed_dates
        ],
        pauses=[
            PauseOut(start=one.start, end=one.end, reason=one.reason) for one in explained.pauses
        ],
        holders=[HolderOut(rep_id=one.rep_id, since=one.since) for one in explained.holders],
        replanned_from=explained.replanned_from,
        is_breach=explained.reasons.is_breach,
        answer=explained.reasons.answer,
        because=explained.reasons.because,
        otherwise=explained.reasons.otherwise,
        evidence=[evidence_out(fact, clock=clock) for fact in explained.evidence]
        + [evidence_out(fact, clock=clock, void=void) for fact, void in explained.taken_back],
        verdict=explained.verdict,
        sentences=explained.sentences,
    )


def evidence_out(fact: Fact, *, clock: Clock, void: Fact | None = None) -> EvidenceOut:
    """Return a fact as the API shows one."""
    return EvidenceOut(
        kind=str(fact.kind),
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
        actor=fact.actor,
        started_it=fact.key == clock.started_by_id,
        stopped_it=fact.key == clock.stopped_by_id,
        taken_back_at=void.recorded_at if void else None,
    )


def breach_out(breach: Breach) -> BreachOut:
    """Return a breach as the API shows one."""
    lead = breach.clock.lead
    return BreachOut(
        id=breach.pk,
        clock_id=breach.clock_id,
        lead_id=breach.clock.lead_id,
        lead_external_id=None if lead is None else lead.external_id,
        kind=breach.clock.kind,
        side=breach.side,
        rep_id=breach.rep_id,
        cause=breach.cause,
        status=getattr(breach, "revised_status", None) or breach.status,
        last_revision=getattr(breach, "last_revision", None),
        due_at=breach.due_at,
        breach_at=breach.breach_at,
        detected_at=breach.detected_at,
    )


urlpatterns = [
    path("clocks/", ClockListView.as_view(), name="api_clock_list"),
    path("clocks/<int:pk>/", ClockDetailView.as_view(), name="api_clock_detail"),
    path("breaches/", BreachListView.as_view(), name="api_breach_list"),
]
