"""The bell's list, and how somebody wants to hear of things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from revops import formats
from revops.outbox import kinds, reading, selectors, services
from revops.outbox.forms import PreferencesForm

if TYPE_CHECKING:
    from django.http import HttpResponse

    from revops.requests import MemberRequest

KEEPER = "outbox.manage_endpoints"


@require_GET
@login_required
def notices(request: MemberRequest) -> HttpResponse:
    """Show what the reader was told, newest first."""
    found = selectors.notices(user=request.user, page=request.GET.get("page", "1"), at=request.at)
    return render(
        request,
        "outbox/notices.html",
        {"found": found, "keeps": request.user.has_perm(KEEPER)},
    )


@require_POST
@login_required
def notice_read(request: MemberRequest, pk: int) -> HttpResponse:
    """Mark one of the reader's notices as read and go where it leads, or stay."""
    message = get_object_or_404(selectors.own(request.user), pk=pk)
    reading.mark_read(message=message, at=request.at)
    path = selectors.target_of(message, at=request.at) if request.POST.get("go") else ""
    return redirect(path or "outbox:notices")


@require_POST
@login_required
def notices_read(request: MemberRequest) -> HttpResponse:
    """Mark everything the reader was told as read."""
    count = reading.mark_all_read(by=request.user, at=request.at)
    messages.success(request, f"{formats.plural(count, 'notice')} marked as read.")
    return redirect("outbox:notices")


@require_http_methods(["GET", "POST"])
@login_required
def preferences(request: MemberRequest) -> HttpResponse:
    """Show how the reader hears of things; on a valid POST store the choices."""
    form = PreferencesForm(
        request.POST if request.method == "POST" else None,
        chosen=selectors.chosen_timings(user=request.user),
    )
    if form.is_valid():
        reading.choose_timings(by=request.user, chosen=form.timings())
        messages.success(request, "Saved.")
        return redirect("outbox:preferences")
    return render(
        request,
        "outbox/preferences.html",
        {"form": form, "channels": kinds.PERSONAL},
        status=422 if form.errors else 200,
    )


@require_GET
@login_required
@permission_required(KEEPER, raise_exception=True)
def undelivered(request: MemberRequest) -> HttpResponse:
    """Show what was given up after the last try, and why."""
    return render(request, "outbox/undelivered.html", {"rows": selectors.undelivered()})


@require_POST
@login_required
@permission_required(KEEPER, raise_exception=True)
def undelivered_retry(request: MemberRequest, pk: int) -> HttpResponse:
    """Send a message again that was given up."""
    message = get_object_or_404(selectors.dead(), pk=pk)
    services.replay(message=message, at=request.at)
    messages.success(request, "It is on its way again.")
    return redirect("outbox:undelivered")
