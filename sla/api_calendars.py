"""The endpoints of calendars: their hours, and the re-plan of running deadlines."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from pydantic import BeforeValidator, Field
from rest_framework.response import Response

from revops.rest.pagination import PageQuery, page
from revops.rest.problems import ProblemError
from revops.rest.schema import PROBLEMS, Out, query_parameters
from revops.rest.strict import Row, one_of
from revops.rest.views import ApiView, forbidden
from sla.choices import ReplanReason
from sla.selectors.calendars import Hours, calendars_with_hours, latest_version
from sla.services import ReplanRefusedError, ReplanRow, preview_replan, replan

if TYPE_CHECKING:
    from rest_framework.request import Request

    from sla.models import Calendar, CalendarVersion

MOST_KEYS = 10_000
Key = Annotated[str, Field(max_length=80)]


class CalendarOut(Out):
    """A calendar with the hours in force: a specification, and the same in words."""

    id: int
    name: str
    is_default: bool
    version: int
    since: datetime
    hours: dict[str, Any]
    words: str
    teams: list[str]


class CalendarPage(Out):
    """A page of calendars."""

    data: list[CalendarOut]
    next: str | None


class ReplanRowOut(Out):
    """A running deadline that other hours would move; `key` chooses it."""

    key: str
    lead_id: int
    cycle: int
    kind: str
    old_due_at: datetime
    new_due_at: datetime
    extends: bool


class ReplanOut(Out):
    """The deadlines that would move, or moved, under the calendar's newest version."""

    calendar_id: int
    version: int
    data: list[ReplanRowOut]


class ReplanBody(Row):
    """Which deadlines to plan again, why, and under which version; no keys: all that gain time."""

    version: int
    reason: Annotated[str, BeforeValidator(one_of(ReplanReason.values))]
    keys: Annotated[list[Key], Field(max_length=MOST_KEYS)] | None = None


class CalendarListView(ApiView):
    """GET calendars."""

    scopes = {"GET": "metrics:read leads:read"}
    rights = {"GET": "definitions.view_agreement"}

    @extend_schema(
        summary="List calendars",
        parameters=query_parameters(PageQuery),
        responses={200: CalendarPage, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """Return every calendar with the hours in force."""
        query = self.query(PageQuery)
        return Response(
            page(
                rows=calendars_with_hours(),
                query=query,
                request=request,
                show=lambda calendar: calendar_out(calendar).model_dump(mode="json"),
            )
        )


class ReplanView(ApiView):
    """GET and POST the re-plan of a calendar; people only."""

    rights = {"GET": "sla.edit_calendar", "POST": "sla.edit_calendar"}

    def latest(self, pk: int) -> CalendarVersion:
        """Return the version in force, 404 where there is none."""
        found = latest_version(get_object_or_404(calendars_with_hours(), pk=pk))
        if found is None:
            raise Http404("no hours")
        return found

    @extend_schema(
        summary="Show which deadlines would move", responses={200: ReplanOut, **PROBLEMS}
    )
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Return the running deadlines that would move, the earliest first."""
        version = self.latest(pk)
        rows = preview_replan(version=version, at=self.at)
        return Response(replan_out(version, rows).model_dump(mode="json"))

    @extend_schema(
        summary="Plan deadlines again",
        request=ReplanBody,
        responses={200: ReplanOut, **PROBLEMS},
    )
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Move the chosen deadlines; what ended meanwhile stays and is not in the answer."""
        if self.person is None:
            raise forbidden("Only people plan deadlines again.")
        version = self.latest(pk)
        body = self.body(ReplanBody)
        if body.version != version.number:
            raise _stale("These hours have changed again.")
        try:
            rows = replan(
                version=version,
                keys=None if body.keys is None else set(body.keys),
                reason=ReplanReason(body.reason),
                by=self.person,
                at=self.at,
                is_automatic=body.keys is None,
            )
        except ReplanRefusedError as refusal:
            raise _stale(str(refusal)) from None
        return Response(replan_out(version, rows).model_dump(mode="json"))


def _stale(words: str) -> ProblemError:
    return ProblemError(status=409, code="stale", detail=words)


def calendar_out(calendar: Calendar) -> CalendarOut:
    """Return a calendar as the API shows one; its versions and territories are loaded."""
    version = max(calendar.versions.all(), key=lambda row: row.number)
    hours = Hours.of(version)
    return CalendarOut(
        id=calendar.pk,
        name=calendar.name,
        is_default=calendar.is_default,
        version=version.number,
        since=version.created_at,
        hours=hours.spec,
        words=hours.words,
        teams=sorted(row.team.name for row in calendar.territories.all()),
    )


def replan_out(version: CalendarVersion, rows: list[ReplanRow]) -> ReplanOut:
    """Return a re-plan as the API shows one."""
    return ReplanOut(
        calendar_id=version.calendar_id,
        version=version.number,
        data=[
            ReplanRowOut(
                key=row.key,
                lead_id=row.lead_id,
                cycle=row.cycle,
                kind=row.kind.value,
                old_due_at=row.old_due_at,
                new_due_at=row.new_due_at,
                extends=row.extends,
            )
            for row in rows
        ],
    )


urlpatterns = [
    path("calendars/", CalendarListView.as_view(), name="api_calendar_list"),
    path("calendars/<int:pk>/replan/", ReplanView.as_view(), name="api_calendar_replan"),
]
