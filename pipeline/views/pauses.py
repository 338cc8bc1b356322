"""Pausing a lead, letting it go on, and the list of what stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from pipeline.fact_forms import PauseForm
from pipeline.forms import NoteForm
from pipeline.models import Lead
from pipeline.selectors.actors import actor_of
from pipeline.selectors.holds import passed_on
from pipeline.selectors.pauses import pause_shown, paused_leads
from pipeline.services.pauses import PauseRow, pause_lead, resume_lead
from pipeline.views.common import Act, Done, answer, lead_to_see, posted
from sla.selectors.pauses import agreed_pauses

if TYPE_CHECKING:
    from django.http import HttpResponse

    from revops.requests import MemberRequest

PAUSE = "pipeline.pause_lead"


@require_http_methods(["GET", "POST"])
@login_required
@permission_required(PAUSE, raise_exception=True)
def lead_pause(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the agreed reasons; on a valid POST let the lead's promises stand still."""
    lead = _lead_to_pause(request, pk)
    form = PauseForm(posted(request), reasons=agreed_pauses(at=request.at))

    def run() -> Done:
        row = PauseRow(
            lead_id=lead.pk,
            reason=form.cleaned_data["reason"],
            until=form.cleaned_data["until"],
            note=form.cleaned_data["note"],
        )
        pause_lead(row=row, actor=actor_of(request.user), by=request.user, at=request.at)
        return Done(text=f"{lead} is paused.")

    act = Act(lead=lead, template="pipeline/lead_pause.html", term="mql", form=form, run=run)
    return answer(request, act)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required(PAUSE, raise_exception=True)
def lead_resume(request: MemberRequest, pk: int) -> HttpResponse:
    """Show why the lead is paused; on a POST let its promises go on."""
    lead = _lead_to_pause(request, pk)
    form = NoteForm(posted(request))

    def run() -> Done:
        resume_lead(
            lead=lead,
            actor=actor_of(request.user),
            by=request.user,
            note=form.cleaned_data["note"],
            at=request.at,
        )
        return Done(text=f"The promises on {lead} go on.")

    act = Act(
        lead=lead,
        template="pipeline/lead_resume.html",
        term="mql",
        form=form,
        run=run,
        extra={"pause": pause_shown(lead=lead, sees_notes=True, at=request.at)},
    )
    return answer(request, act)


@require_GET
@login_required
@permission_required("pipeline.view_lead", raise_exception=True)
def paused(request: MemberRequest) -> HttpResponse:
    """List the leads whose promises stand still, and those handed on too often."""
    context = {
        "rows": paused_leads(user=request.user, at=request.at),
        "passed_on": passed_on(user=request.user),
    }
    return render(request, "pipeline/paused.html", context)


def _lead_to_pause(request: MemberRequest, pk: int) -> Lead:
    """Return the lead: sales pauses what it works, RevOps any."""
    lead = lead_to_see(request, pk)
    if not Lead.objects.pausable_by(request.user).filter(pk=pk).exists():
        raise Http404
    return lead
