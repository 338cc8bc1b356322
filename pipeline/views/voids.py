"""Taking back a contact that should not be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from pipeline.fact_forms import VoidForm
from pipeline.models import Activity
from pipeline.services.voids import void_contact
from pipeline.views.common import Act, Done, answer, lead_to_see, posted

if TYPE_CHECKING:
    from django.http import HttpResponse

    from revops.requests import MemberRequest


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("pipeline.correct_contact", raise_exception=True)
def contact_void(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the contact; on a POST with a reason it counts no longer."""
    activity = get_object_or_404(Activity.objects.select_related("rep"), pk=pk)
    lead = lead_to_see(request, activity.lead_id)
    form = VoidForm(posted(request))

    def run() -> Done:
        void_contact(
            activity=activity, note=form.cleaned_data["note"], by=request.user, at=request.at
        )
        return Done(text=f"Taken back. It counts for nothing on {lead} any more.")

    act = Act(
        lead=lead,
        template="pipeline/contact_void.html",
        term="sal",
        form=form,
        run=run,
        extra={"activity": activity},
    )
    return answer(request, act)
