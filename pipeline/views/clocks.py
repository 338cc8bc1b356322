"""The page of one clock: why it is a breach, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pipeline.selectors.explanation import clock_page, find_clock
from revops.people.selectors import viewer
from sla.models import Clock

if TYPE_CHECKING:
    from django.http import HttpResponse

    from revops.requests import MemberRequest


@require_GET
@login_required
@permission_required(("pipeline.view_lead", "sla.view_breach"), raise_exception=True)
def clock_detail(request: MemberRequest, pk: int) -> HttpResponse:
    """Explain one clock to those who may see its lead; 404 for everybody else."""
    try:
        clock = find_clock(user=request.user, pk=pk)
    except Clock.DoesNotExist as error:
        raise Http404 from error
    page = clock_page(clock=clock, user=request.user, reader=viewer(request), at=request.at)
    context = {
        "page": page,
        "clock": clock,
        "counted_columns": _columns("When", "Counted", "Running total", numbers=2),
        "evidence_columns": _columns(
            "When it happened", "What", "What it did", "When we learned of it", "Who told it"
        ),
        "revision_columns": _columns("When", "Correction", "Status"),
    }
    return render(request, "pipeline/clock_detail.html", context)


def _columns(*labels: str, numbers: int = 0) -> list[dict[str, object]]:
    """Return headings; the last `numbers` of them stand above figures."""
    first = len(labels) - numbers
    return [{"label": label, "number": place >= first} for place, label in enumerate(labels)]
