"""Everything that happened to a lead, in one list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from pipeline.api.shared import lead_of
from pipeline.models import Activity, Assignment, LeadNote, Touch, Transition
from pipeline.serializers.leads import Timeline, TimelineEntry
from revops.rest.schema import PROBLEMS
from revops.rest.views import ApiView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rest_framework.request import Request

    from pipeline.models import Lead


class LeadTimelineView(ApiView):
    """GET the timeline of a lead."""

    scopes = {"GET": "leads:read"}
    rights = {"GET": "pipeline.view_lead"}

    @extend_schema(summary="Show a lead's timeline", responses={200: Timeline, **PROBLEMS})
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Return what happened, the newest first; notes only to those who may read them."""
        lead = lead_of(self, pk)
        shows = self.person is None or self.person.has_perm("pipeline.view_personal")
        entries = [*_acts(lead), *_moves(lead), *(_notes(lead) if shows else ())]
        entries.sort(key=lambda entry: (entry.at, entry.kind, entry.id), reverse=True)
        return Response(Timeline(data=entries).model_dump(mode="json"))


def _acts(lead: Lead) -> Iterator[TimelineEntry]:
    if lead.captured_at is not None:
        what = f"Captured in {lead.source_system}"
        yield TimelineEntry(at=lead.captured_at, kind="captured", id=lead.pk, what=what)
    for touch in Touch.objects.filter(lead=lead).select_related("channel"):
        channel = None if touch.channel is None else touch.channel.name
        yield TimelineEntry(
            at=touch.occurred_at,
            kind="touch",
            id=touch.pk,
            what=touch.get_kind_display(),
            details={"kind": touch.kind, "channel": channel, "campaign": touch.campaign}
            | {"asset": touch.asset},
        )
    for activity in Activity.objects.filter(lead=lead, voided_at__isnull=True):
        yield TimelineEntry(
            at=activity.occurred_at,
            kind="activity",
            id=activity.pk,
            what=activity.get_kind_display(),
            actor=activity.actor,
            details={
                "kind": activity.kind,
                "outcome": activity.outcome,
                "automatic": activity.is_automatic,
                "rep_id": activity.rep_id,
            },
        )


def _moves(lead: Lead) -> Iterator[TimelineEntry]:
    rows = Transition.objects.filter(round__lead=lead).select_related("round", "reason")
    for step in rows:
        yield TimelineEntry(
            at=step.occurred_at,
            kind="transition",
            id=step.pk,
            what=step.get_to_stage_display(),
            actor=step.actor,
            details={
                "round": step.round.number,
                "from": step.from_stage,
                "to": step.to_stage,
                "reason": None if step.reason is None else step.reason.code,
                "implied": step.is_implied,
                "undoes": step.undoes_id,
                "recorded_at": step.recorded_at.isoformat(),
            },
        )
    for given in Assignment.objects.filter(round__lead=lead).select_related("round", "rep"):
        yield TimelineEntry(
            at=given.assigned_at,
            kind="assignment",
            id=given.pk,
            what="Waits unassigned" if given.rep is None else f"Assigned to {given.rep.name}",
            actor=given.actor,
            details={"round": given.round.number, "rep_id": given.rep_id, "why": given.why},
        )


def _notes(lead: Lead) -> Iterator[TimelineEntry]:
    for note in LeadNote.objects.filter(lead=lead):
        actor = f"user:{note.author_id}" if note.author_id else ""
        yield TimelineEntry(
            at=note.written_at, kind="note", id=note.pk, what=note.text, actor=actor
        )
