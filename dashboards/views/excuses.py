"""Asking that a miss be excused, and deciding about it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from dashboards.forms import AskForm, DecideForm
from dashboards.pages.lists import who
from pipeline.models import Lead
from sla.choices import ExcuseDecision
from sla.models import Breach
from sla.selectors.excuses import may_ask, objection_to, requests
from sla.services import (
    ExcuseForbiddenError,
    ExcuseRefusedError,
    ExcuseStaleError,
    ask_excuse,
    decline_excuse,
    grant_excuse,
)

if TYPE_CHECKING:
    from django.http import HttpResponse

    from revops.people.models import User
    from revops.requests import MemberRequest
    from sla.models import ExcuseRequest


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("sla.ask_excuse", raise_exception=True)
def excuse_ask(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the causes; on a valid POST of the side that missed ask for the excuse."""
    breach = get_object_or_404(_seen_breaches(request.user), pk=pk)
    if not may_ask(side=breach.side, by=request.user):
        raise PermissionDenied
    form = AskForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if form.is_valid():
        try:
            ask_excuse(breach=breach, by=request.user, at=request.at, **form.cleaned_data)
        except ExcuseRefusedError as refusal:
            status = _refused(form, refusal)
        else:
            messages.success(request, "Asked. The other side or RevOps decides.")
            return redirect("dashboards:breaches")
    elif form.is_bound:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"page_title": "Ask to excuse a miss", "form": form, **_about(breach, request)}
    return render(request, "dashboards/excuse_ask.html", context, status=status)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("sla.excuse_breach", raise_exception=True)
def excuse_decide(request: MemberRequest, pk: int) -> HttpResponse:
    """Show what is asked; a POST of the other side's leader or of RevOps decides it."""
    asked = requests().select_related("decided_by").filter(pk=pk).first()
    if asked is None or not _seen_breaches(request.user).filter(pk=asked.breach_id).exists():
        raise Http404
    objection = objection_to(request=asked, by=request.user)
    form = DecideForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and objection:
        raise PermissionDenied
    status = HTTPStatus.OK
    if form.is_valid():
        try:
            said = _decide(asked, form.cleaned_data, request)
        except ExcuseRefusedError as refusal:
            status = _refused(form, refusal)
        else:
            messages.success(request, said)
            return redirect("dashboards:breaches")
    elif form.is_bound:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "page_title": "Excuse a miss?",
        "form": form,
        "asked": asked,
        "objection": objection,
        **_about(asked.breach, request),
    }
    return render(request, "dashboards/excuse_decide.html", context, status=status)


def _decide(asked: ExcuseRequest, said: dict[str, Any], request: MemberRequest) -> str:
    """Decide and return in words what was decided."""
    if said["decision"] == ExcuseDecision.GRANTED:
        grant_excuse(request=asked, note=said["note"], by=request.user, at=request.at)
        return "Excused. The breach stays in the ledger and says so."
    decline_excuse(request=asked, note=said["note"], by=request.user, at=request.at)
    return "Declined. The breach counts as before."


def _refused(form: AskForm | DecideForm, refusal: ExcuseRefusedError) -> HTTPStatus:
    """Put the refusal on the form and return its status."""
    if isinstance(refusal, ExcuseForbiddenError):
        raise PermissionDenied
    form.add_error(refusal.field or None, str(refusal))
    is_stale = isinstance(refusal, ExcuseStaleError)
    return HTTPStatus.CONFLICT if is_stale else HTTPStatus.UNPROCESSABLE_ENTITY


def _seen_breaches(user: User) -> Any:
    """Return the breaches of months, and of leads the user may see."""
    seen = Q(clock__lead__isnull=True) | Q(clock__lead__in=Lead.objects.visible_to(user))
    rows = Breach.objects.with_standing().filter(seen)
    return rows.select_related("clock__lead__company", "commitment", "rep")


def _about(breach: Any, request: MemberRequest) -> dict[str, Any]:
    """Return what both pages say of the breach."""
    sees_names = request.user.has_perm("pipeline.view_personal")
    return {"breach": breach, "about": who(breach.clock, sees_names=sees_names)}
