"""Sales tells marketing something of a lead; marketing answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from pipeline.choices import FeedbackAnswer
from pipeline.fact_forms import TellForm
from pipeline.forms import FeedbackForm
from pipeline.selectors.actors import actor_of
from pipeline.selectors.feedback import answer_clock, items_of, latest_reject
from pipeline.services.errors import LeadRefusedError
from pipeline.services.feedback import answer_feedback, give_feedback, withdraw_feedback
from pipeline.views.common import Act, Done, answer, lead_to_see, lead_to_work, posted
from revops.people.selectors import viewer
from sla.choices import EvidenceKind
from sla.models import Evidence

if TYPE_CHECKING:
    from django.http import HttpResponse

    from revops.requests import MemberRequest


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("pipeline.answer_feedback", raise_exception=True)
def feedback_answer(request: MemberRequest, pk: int) -> HttpResponse:
    """Show what sales said and the answers; on a valid POST store one and stop the clock."""
    lead = lead_to_see(request, pk)
    items = [item for item in items_of(lead=lead) if item.is_open]
    form = FeedbackForm(posted(request), items=items, chosen=request.GET.get("item", ""))

    def run() -> Done:
        given = FeedbackAnswer(form.cleaned_data["answer"])
        answer_feedback(
            lead=lead,
            answer=given,
            note=form.cleaned_data["note"],
            items=form.answered,
            by=request.user,
            at=request.at,
        )
        return Done(text=f"Answered for {lead}: {given.label}.")

    act = Act(
        lead=lead,
        template="pipeline/feedback_answer.html",
        term="mql",
        form=form,
        run=run,
        extra={
            "said": items[0].said if items else latest_reject(lead=lead),
            "clock": answer_clock(lead=lead, reader=viewer(request), at=request.at),
        },
    )
    return answer(request, act)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("pipeline.dispose_lead", raise_exception=True)
def feedback_give(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the form; on a POST with words tell marketing, without turning the lead down."""
    lead = lead_to_work(request, pk, right="pipeline.dispose_lead")
    form = TellForm(posted(request))

    def run() -> Done:
        give_feedback(
            lead=lead,
            note=form.cleaned_data["note"],
            actor=actor_of(request.user),
            by=request.user,
            at=request.at,
        )
        return Done(text=f"Marketing has to answer about {lead}.")

    act = Act(lead=lead, template="pipeline/feedback_give.html", term="mql", form=form, run=run)
    return answer(request, act)


@require_POST
@login_required
@permission_required("pipeline.view_lead", raise_exception=True)
def feedback_withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    """Take a note back; only its author may, and RevOps."""
    item = get_object_or_404(Evidence, pk=pk, kind=EvidenceKind.FEEDBACK)
    lead = lead_to_see(request, item.lead_id or 0)
    try:
        withdraw_feedback(item=item, actor=actor_of(request.user), by=request.user, at=request.at)
    except LeadRefusedError as refusal:
        messages.error(request, f"Not withdrawn. {refusal}")
    else:
        messages.success(request, "Withdrawn. Nobody has to answer it.")
    return redirect(lead)
