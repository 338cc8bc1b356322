"""Taking back what was just done."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from pipeline.models import Activity, Assignment, Transition
from pipeline.services import undo
from pipeline.services.errors import UndoRefusedError
from pipeline.views.common import lead_to_see, next_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from pipeline.models import Lead
    from revops.requests import MemberRequest


@require_POST
@login_required
def undo_transition(request: MemberRequest, pk: int) -> HttpResponse:
    """Take a decision back."""
    row = get_object_or_404(Transition.objects.select_related("round"), pk=pk)
    lead = lead_to_see(request, row.round.lead_id)
    return _answer(
        request, lead, lambda: undo.undo_move(transition=row, by=request.user, at=request.at)
    )


@require_POST
@login_required
def undo_assignment(request: MemberRequest, pk: int) -> HttpResponse:
    """Take an assignment back."""
    row = get_object_or_404(Assignment.objects.select_related("round"), pk=pk)
    lead = lead_to_see(request, row.round.lead_id)
    return _answer(
        request,
        lead,
        lambda: undo.undo_assignment(assignment=row, by=request.user, at=request.at),
    )


@require_POST
@login_required
def undo_contact(request: MemberRequest, pk: int) -> HttpResponse:
    """Take a logged contact back."""
    row = get_object_or_404(Activity, pk=pk)
    lead = lead_to_see(request, row.lead_id)
    return _answer(
        request, lead, lambda: undo.undo_contact(activity=row, by=request.user, at=request.at)
    )


def _answer(request: MemberRequest, lead: Lead, act: Callable[[], Lead]) -> HttpResponse:
    """Take it back and return to where the person was, saying how it went."""
    try:
        act()
    except UndoRefusedError as refusal:
        messages.error(request, f"Not undone. {refusal}")
    else:
        messages.success(request, f"Undone. {lead} is where it was before.")
    return redirect(next_page(request, fallback=_came_from(request) or lead.get_absolute_url()))


def _came_from(request: MemberRequest) -> str:
    """Return our page the button stood on, empty when the browser does not say."""
    address = urlsplit(request.headers.get("Referer", ""))
    if address.netloc != request.get_host() or not address.path.startswith("/"):
        return ""
    return f"{address.path}?{address.query}" if address.query else address.path
