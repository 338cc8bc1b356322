"""The queue: a list on the left, the lead in hand on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pipeline.selectors import queue as selectors
from pipeline.selectors.clocks import working_hours
from pipeline.selectors.coverage import coverage_line
from pipeline.selectors.lead import lead_card
from pipeline.views.common import judged_word, lead_to_see
from revops.people.selectors import viewer

if TYPE_CHECKING:
    from typing import Any

    from revops.requests import MemberRequest


@require_GET
@login_required
@permission_required("pipeline.view_lead", raise_exception=True)
def queue(request: MemberRequest) -> HttpResponse:
    """Show a tab of the queue; a poll with an unchanged stamp is answered 204."""
    tab = request.GET.get("tab", "")
    if tab not in selectors.TABS:
        tab = selectors.default_tab(request.user)
    shown = selectors.queue(
        user=request.user,
        tab=tab,
        page=_whole(request.GET.get("page"), otherwise=1),
        reader=viewer(request),
        at=request.at,
    )
    if request.htmx:
        if request.GET.get("stamp") == shown.stamp:
            return HttpResponse(status=204)
        context = {"queue": shown, "current": _whole(request.GET.get("lead"), otherwise=0)}
        return render(request, "pipeline/queue.html#list", context)
    picked = _whole(request.GET.get("lead"), otherwise=0)
    if not picked and shown.rows:
        picked = shown.rows[0].lead_id
    context = {
        "queue": shown,
        "current": picked,
        "hours": working_hours(at=request.at, reader=viewer(request)),
        "coverage": coverage_line(user=request.user, at=request.at)
        if request.user.has_perm("pipeline.view_coverage")
        else None,
        **(_panel(request, picked) if picked else {}),
    }
    return render(request, "pipeline/queue.html", context)


@require_GET
@login_required
@permission_required("pipeline.view_lead", raise_exception=True)
def queue_panel(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the panel of one lead, which htmx puts beside the list."""
    return render(request, "pipeline/_panel.html", _panel(request, pk))


def _panel(request: MemberRequest, pk: int) -> dict[str, Any]:
    """Return what the panel shows of a lead."""
    lead = lead_to_see(request, pk)
    card = lead_card(lead=lead, user=request.user, reader=viewer(request), at=request.at)
    return {"card": card, "word": judged_word(card, term="sal", request=request)}


def _whole(text: str | None, *, otherwise: int) -> int:
    """Return a positive number of the address, or `otherwise` when it is none."""
    is_number = text is not None and text.isascii() and text.isdecimal()
    return int(text) if text is not None and is_number and len(text) < 10 else otherwise  # noqa: PLR2004 - fits the database
