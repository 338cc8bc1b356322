"""What the past would have come to under another promise."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboards import pages
from dashboards.forms import WhatIfForm
from dashboards.selectors.frame import frame
from dashboards.selectors.what_if import NotAnsweredError, answer, hindsight
from definitions.choices import DocumentKind
from revops import formats
from revops.people.selectors import viewer
from sla.selectors.what_if import SpanTooLargeError

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse

    from revops.requests import MemberRequest


@require_safe
@login_required
@permission_required("sla.run_what_if", raise_exception=True)
def what_if(request: MemberRequest) -> HttpResponse:
    """Ask for a promise and a span; with both in the address, answer."""
    held = frame(at=request.at)
    # A link from a draft fills the promise in and leaves the span to the form.
    is_asked = "first" in request.GET or "last" in request.GET
    today = held.setting.today(at=request.at)
    form = WhatIfForm(request.GET if is_asked else None, today=today)
    if not is_asked:
        form.initial.update(
            {name: request.GET[name] for name in form.fields if name in request.GET}
        )
    context: dict[str, Any] = {"page_title": "What if", "form": form}
    if form.is_valid():
        try:
            found = answer(form.question(), zone=held.setting.zone, at=request.at)
        except NotAnsweredError as refusal:
            form.add_error(refusal.field, str(refusal))
        except SpanTooLargeError as refusal:
            form.add_error("first", f"{refusal} The command what_if has no such bound.")
        else:
            reader = viewer(request)

            def moment(at: datetime) -> str:
                return formats.local(
                    at, zone=reader.zone, style="moment", twelve_hours=reader.twelve_hours
                )

            sees_names = request.user.has_perm("pipeline.view_personal")
            context |= pages.what_if(found, moment=moment, sees_names=sees_names)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "dashboards/what_if.html", context, status=status)


@require_safe
@login_required
@permission_required("sla.run_what_if", raise_exception=True)
def start_breaches(request: MemberRequest) -> HttpResponse:
    """Show the breaches the last year would have had; a part of the page of first steps."""
    held = frame(at=request.at)
    context: dict[str, Any] = {}
    try:
        found = hindsight(zone=held.setting.zone, at=request.at)
    except (NotAnsweredError, SpanTooLargeError) as refusal:
        context["refusal"] = str(refusal)
    else:
        context |= pages.hindsight(found, is_signed=held.is_signed(DocumentKind.SLA))
    is_part = request.headers.get("HX-Request") == "true"
    template = "dashboards/start_breaches.html"
    return render(request, f"{template}#breaches" if is_part else template, context)
