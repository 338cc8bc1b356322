"""What the editor of the agreement shows of promises; loaded by URL name."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_POST

from definitions import editing
from definitions.choices import DocumentKind
from definitions.views.common import kind_of
from sla.choices import ClockKind, Unit
from sla.selectors.preview import default_calendar, dues

if TYPE_CHECKING:
    from django.http import HttpResponse

    from revops.requests import MemberRequest

LONGEST = 10_000


@require_POST
@login_required
@permission_required("definitions.edit_draft", raise_exception=True)
def promise_preview(request: MemberRequest, kind: str, key: str) -> HttpResponse:
    """Say when three typical starts would be due under the promise as it is posted."""
    if kind_of(kind) is not DocumentKind.SLA or not key.startswith("commitments/"):
        raise Http404("no such promise")
    body = editing.body_of(kind=DocumentKind.SLA, key=key, post=request.POST)
    context: dict[str, object] = {"dues": []}
    calendar = default_calendar()
    amount = body["allowance_amount"]
    if body["unit"] == Unit.PER_MONTH:
        context["note"] = "The volume is counted from the first to the last day of a month."
    elif body["unit"] == Unit.AT_HANDOFF:
        context["note"] = "It is judged once, in the moment a lead is first assigned to a person."
    elif not isinstance(amount, int) or not 1 <= amount <= LONGEST:
        context["note"] = "Fill in how much time is allowed, a whole number from 1."
    elif body["unit"] not in Unit.values or body["kind"] not in ClockKind.values:
        context["note"] = "Choose what the time is counted in."
    elif calendar is None:
        context["note"] = "No hours are set yet: the company's calendar is empty."
    else:
        about, unit = ClockKind(body["kind"]), Unit(body["unit"])
        context["dues"] = dues(
            kind=about, unit=unit, amount=amount, calendar=calendar, at=request.at
        )
        context["zone"] = calendar.zone.key
        context["what_if_query"] = urlencode(
            {"commitment": about.value, "amount": amount, "unit": unit.value}
        )
    return render(request, "sla/_promise_preview.html", context)
