"""The fragment that tells how far scoring everybody again has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pipeline.selectors.rescoring import rescoring_progress as read_progress

if TYPE_CHECKING:
    from revops.requests import MemberRequest


@require_GET
@login_required
@permission_required("definitions.view_agreement", raise_exception=True)
def rescoring_progress(request: MemberRequest) -> HttpResponse:
    """Show the progress, which asks again until the work is over; 204 where there is none."""
    progress = read_progress(at=request.at)
    if progress is None:
        return HttpResponse(status=204)
    return render(request, "pipeline/_rescoring.html", {"progress": progress})
