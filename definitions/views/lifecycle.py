"""Pages of RevOps about the life of a document: restore, give up, review; and its timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from definitions import selectors, services
from definitions.choices import DocumentKind
from definitions.forms import GiveUpForm, ReviewForm
from definitions.models import Version
from definitions.views.common import instant, kind_of, member
from definitions.views.periods import tracks

if TYPE_CHECKING:
    from django.http import HttpRequest

may_read = permission_required("definitions.view_agreement", raise_exception=True)
may_edit = permission_required("definitions.edit_draft", raise_exception=True)


@require_POST
@login_required
@may_edit
def version_restore(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Open a draft that says what a version said, and go to it."""
    version = get_object_or_404(Version, kind=kind_of(kind), number=number)
    try:
        services.restore_version(version=version, by=member(request), at=instant(request))
    except services.DraftInTheWayError as refusal:
        messages.error(request, str(refusal))
        return redirect("definitions:draft_give_up", kind=kind)
    except services.DraftingClosedError as refusal:
        messages.error(request, str(refusal))
        return redirect("definitions:document", kind=kind)
    messages.success(request, f"The draft says what version {number} said.")
    return redirect("definitions:draft", kind=kind)


@require_http_methods(["GET", "POST"])
@login_required
@may_edit
def draft_give_up(request: HttpRequest, kind: str) -> HttpResponse:
    """Show the form to give the open draft up; on a valid POST close it with the reason."""
    draft = selectors.open_draft_of(kind=kind_of(kind))
    if draft is None:
        raise Http404("no draft is open")
    form = GiveUpForm(request.POST if request.method == "POST" else None)
    status = 422 if form.errors else 200
    if form.is_valid():
        try:
            services.give_up_draft(
                draft=draft,
                reason=form.cleaned_data["reason"],
                by=member(request),
                at=instant(request),
            )
        except services.DocumentError as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, "The draft is given up. What is in force stays.")
            return redirect("definitions:document", kind=kind)
    return render(
        request,
        "definitions/draft_give_up.html",
        {"draft": draft, "kind": DocumentKind(draft.kind), "slug": kind, "form": form},
        status=status,
    )


@require_http_methods(["GET", "POST"])
@login_required
@may_read
def review(request: HttpRequest) -> HttpResponse:
    """Show when the definitions are reviewed and how reviews ended; RevOps closes one here."""
    user, at = member(request), instant(request)
    form = ReviewForm(request.POST if request.method == "POST" else None)
    status = 422 if form.errors else 200
    if form.is_valid():
        try:
            services.close_review(
                decision=form.cleaned_data["decision"],
                report=form.cleaned_data["report"],
                by=user,
                at=at,
            )
        except services.ReportError as refusal:
            form.add_error("report", str(refusal))
            status = 422
        except services.NotAllowedError as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except services.DocumentError as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, "The review is closed.")
            return redirect("definitions:review")
    in_use, due_at = selectors.review_in_use(at=at)
    return render(
        request,
        "definitions/review.html",
        {
            "in_use": in_use,
            "due_at": due_at,
            "opens_at": None if due_at is None else services.closable_from(due_at=due_at),
            "is_open": due_at is not None and services.closable_from(due_at=due_at) <= at,
            "is_due": due_at is not None and due_at <= at,
            "reviews": [
                {"review": each, "words": services.DECISIONS[each.decision]}
                for each in selectors.reviews()
            ],
            "form": form,
        },
        status=status,
    )


@require_safe
@login_required
@may_read
def timeline(request: HttpRequest) -> HttpResponse:
    """Show which version of each document was in force when."""
    at = instant(request)
    milestones = {kind: selectors.timeline(kind=kind, at=at) for kind in DocumentKind}
    return render(request, "definitions/timeline.html", {"tracks": tracks(milestones, at=at)})
