"""Pages of who signs in whose place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from definitions import selectors, services
from definitions.forms import DelegationForm
from definitions.models import Delegation
from definitions.views.common import SIDES, instant, is_authentic, member
from revops.people.choices import Side

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from revops.people.models import User

may_read = permission_required("definitions.view_agreement", raise_exception=True)
# Where a refusal of the service stands on the form.
FIELDS = {"starts_at": "starts_on", "ends_at": "ends_on"}


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
@login_required
@may_read
def substitutes(request: HttpRequest) -> HttpResponse:
    """Show every delegation; on a valid POST delegate one's own slot."""
    user, at = member(request), instant(request)
    slot = _delegable_slot(user)
    status = 200
    form = None
    if slot:
        form = DelegationForm(
            request.POST if request.method == "POST" else None,
            substitutes=selectors.possible_substitutes(slot=slot, user=user),
            at=at,
        )
        if request.method == "POST":
            status = _delegate(request, form=form, slot=slot, at=at)
            if status == 302:  # noqa: PLR2004 - the status of a redirect
                return redirect("definitions:substitutes")
    elif request.method == "POST":
        raise PermissionDenied("Only who signs for marketing or sales names a substitute.")
    return render(
        request,
        "definitions/substitutes.html",
        {
            "form": form,
            "side": SIDES.get(slot, ""),
            "has_choice": form is not None and form.fields["substitute"].queryset.exists(),  # type: ignore[attr-defined]
            "substitutions": selectors.substitutions(at=at),
        },
        status=status,
    )


def _delegable_slot(user: User) -> str:
    """Return the slot the person may delegate; empty where there is none."""
    own = selectors.own_slots(user=user)
    return next((slot for slot in own if Side(slot) in selectors.TEAMS), "")


def _delegate(request: HttpRequest, *, form: DelegationForm, slot: str, at: datetime) -> int:
    """Delegate; return 302, or the status of the refusal after noting it on the form."""
    if not (form.is_valid() and is_authentic(request, form)):
        return 422
    substitute: User = form.cleaned_data["substitute"]
    try:
        services.delegate_slot(
            slot=slot,
            substitute=substitute,
            starts_at=form.starts_at,
            ends_at=form.ends_at,
            reason=form.cleaned_data["reason"],
            by=member(request),
            authenticated_at=at,
            at=at,
        )
    except services.DelegationRefusedError as refusal:
        form.add_error(FIELDS.get(refusal.field, refusal.field), str(refusal))
        return 422
    messages.success(request, f"{substitute} signs for {SIDES[slot]} in your place.")
    return 302


@require_POST
@login_required
@may_read
def substitute_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own delegation back."""
    delegation = get_object_or_404(Delegation, pk=pk)
    try:
        services.end_delegation(delegation=delegation, by=member(request), at=instant(request))
    except services.NotAllowedError as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except services.DocumentError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The delegation is ended. What was signed by it stays signed.")
    return redirect("definitions:substitutes")
