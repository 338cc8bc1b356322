"""Marketing's answer to a reject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required, permission_required
from django.views.decorators.http import require_http_methods

from pipeline.choices import FeedbackAnswer
from pipeline.forms import FeedbackForm
from pipeline.selectors.feedback import answer_clock, latest_reject
from pipeline.services.feedback import answer_feedback
from pipeline.views.common import Act, Done, answer, lead_to_see, posted
from revops.people.selectors import viewer

if TYPE_CHECKING:
    from django.http import HttpResponse

    from revops.requests import MemberRequest


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("pipeline.answer_feedback", raise_exception=True)
def feedback_answer(request: MemberRequest, pk: int) -> HttpResponse:
    """Show what sales said and the answers; on a valid POST store one and stop the clock."""
    lead = lead_to_see(request, pk)
    form = FeedbackForm(posted(request))

    def run() -> Done:
        given = FeedbackAnswer(form.cleaned_data["answer"])
        answer_feedback(
            lead=lead, answer=given, note=form.cleaned_data["note"], by=request.user, at=request.at
        )
        return Done(text=f"Answered for {lead}: {given.label}.")

    act = Act(
        lead=lead,
        template="pipeline/feedback_answer.html",
        term="mql",
        form=form,
        run=run,
        extra={
            "said": latest_reject(lead=lead),
            "clock": answer_clock(lead=lead, reader=viewer(request), at=request.at),
        },
    )
    return answer(request, act)
