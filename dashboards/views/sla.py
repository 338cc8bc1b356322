"""The page of the SLA that both teams look at, and the answers to missed months."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from dashboards import pages
from dashboards.forms import RevisionForm
from sla.models import ProcessRevision
from sla.services import (
    RevisionAnsweredError,
    RevisionRefusedError,
    answer_revision,
    may_answer,
)

if TYPE_CHECKING:
    from django.http import HttpResponse

    from revops.requests import MemberRequest


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("sla.view_breach", raise_exception=True)
def revision(request: MemberRequest, pk: int) -> HttpResponse:
    """Show a process revision; a POST of the side that missed, or of RevOps, answers it."""
    held = get_object_or_404(ProcessRevision.objects.select_related("answered_by"), pk=pk)
    may = request.user.has_perm("sla.answer_revision") and may_answer(
        role=request.user.role, revision=held
    )
    form = RevisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and not may:
        raise PermissionDenied
    if form.is_valid():
        try:
            answer_revision(revision=held, by=request.user, at=request.at, **form.cleaned_data)
        except RevisionAnsweredError as late:
            return _answered_meanwhile(request, held, why=str(late))
        except RevisionRefusedError as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, "Answered. The number may be changed again.")
            return redirect("dashboards:revision", pk=held.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {
        "page_title": f"Process revision {held.pk}",
        "form": form,
        "may_answer": may and held.answered_at is None,
        **pages.revision(held),
    }
    return render(request, "dashboards/revision.html", context, status=status)


def _answered_meanwhile(
    request: MemberRequest, revision: ProcessRevision, *, why: str
) -> HttpResponse:
    """Say that somebody was faster, with the way to their answer."""
    context = {
        "why": f"{why} Nothing you entered was stored.",
        "href": request.path,
        "action": "Read the answer",
        "page_title": f"Process revision {revision.pk}",
    }
    return render(request, "errors/409.html", context, status=HTTPStatus.CONFLICT)
