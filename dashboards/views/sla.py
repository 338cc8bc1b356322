"""The page of the SLA both teams look at, its share links, the answers to missed months."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboards import letters, pages, services
from dashboards.forms import RevisionForm, ShareForm
from dashboards.models import ShareLink
from dashboards.selectors.frame import frame
from dashboards.selectors.promises import signers
from dashboards.selectors.scorecard import changes, response_months, scorecard
from definitions.choices import DocumentKind
from revops.people.selectors import organization
from revops.rest import limits
from sla.models import ProcessRevision
from sla.selectors.calendars import Hours, latest_versions
from sla.services import (
    RevisionAnsweredError,
    RevisionRefusedError,
    answer_revision,
    may_answer,
)

if TYPE_CHECKING:
    from typing import Any

    from dashboards.selectors.frame import Frame
    from revops.requests import MemberRequest

SHARED_PER_MINUTE = 60
"""Requests one address may make to shared pages; guessing a token is hopeless at any rate."""


def _frame(request: HttpRequest) -> Frame:
    return frame(at=request.at)  # type: ignore[attr-defined] # set by a middleware


def _body(held: Frame) -> dict[str, Any]:
    """Return what members and holders of a share link see alike."""
    found = scorecard(frame=held)
    signed_on = found.signed_on
    since = changes(frame=held, signed_on=signed_on) if signed_on else []
    months = response_months(frame=held, signed_on=signed_on) if signed_on else []
    hours = [Hours.of(version) for version in latest_versions()]
    return {
        **pages.sla(found, since, frame=held),
        "response": pages.response(months, found=found, frame=held),
        "calendars": pages.hours(hours, frame=held),
    }


@require_safe
@login_required
@permission_required("dashboards.view_metrics", raise_exception=True)
def sla(request: MemberRequest) -> HttpResponse:
    """Show the promises of both sides, how they go, and since when."""
    return _page(request)


def _page(
    request: MemberRequest, *, form: ShareForm | None = None, token: str = ""
) -> HttpResponse:
    """Show the page; with the address of a link that was made just now, this once."""
    held = _frame(request)
    may_share = request.user.has_perm("sla.share_page")
    context = {
        "page_title": "SLA",
        **_body(held),
        "signers": ", ".join(signers(frame=held, kind=DocumentKind.SLA)),
        "document_href": reverse("definitions:document", args=["sla"]),
        "may_share": may_share,
        "share_links": services.open_links(at=request.at) if may_share else [],
        "share_form": form or ShareForm(),
        "address": request.build_absolute_uri(_shared_url(token)) if token else "",
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form and form.errors else HTTPStatus.OK
    answer = render(request, "dashboards/sla.html", context, status=status)
    if token:
        answer["Cache-Control"] = "no-store"
    return answer


def _shared_url(token: str) -> str:
    return reverse("dashboards:sla_shared", args=[token])


@require_POST
@login_required
@permission_required("sla.share_page", raise_exception=True)
def sla_share(request: MemberRequest) -> HttpResponse:
    """Make a share link and show its address, once."""
    form = ShareForm(request.POST)
    if form.is_valid():
        try:
            _, token = services.create_share_link(
                days=form.cleaned_data["days"], by=request.user, at=request.at
            )
        except services.ShareRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            return _page(request, token=token)
    return _page(request, form=form)


@require_POST
@login_required
@permission_required("sla.share_page", raise_exception=True)
def sla_unshare(request: MemberRequest, pk: int) -> HttpResponse:
    """Close a share link for good."""
    link = get_object_or_404(ShareLink, pk=pk)
    services.revoke_share_link(link=link, by=request.user, at=request.at)
    messages.success(request, "The link is closed.")
    return redirect("dashboards:sla")


@require_safe
@never_cache
def sla_shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page behind a share link, without a login and without anybody's name.

    A token that opens nothing is not found, whether it is wrong, expired or revoked.
    """
    allowance = limits.spend(
        caller=f"share:{request.META.get('REMOTE_ADDR', '')}", limit=SHARED_PER_MINUTE
    )
    if allowance.is_exceeded:
        why = "This address was opened too often. Try again in a minute."
        answer = render(
            request, "errors/429.html", {"why": why}, status=HTTPStatus.TOO_MANY_REQUESTS
        )
        answer["Retry-After"] = str(allowance.reset_seconds)
        return _unlisted(answer)
    held = _frame(request)
    link = services.follow_share_link(token=token, at=held.at)
    if link is None:
        raise Http404
    owner = organization()
    context = {
        "page_title": "Service level agreement",
        **_body(held),
        "organization": owner.name if owner else "",
        "link": link,
    }
    return _unlisted(render(request, "dashboards/sla_shared.html", context))


def _unlisted(answer: HttpResponse) -> HttpResponse:
    """Keep an answer out of search engines, and its address out of other sites' logs."""
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("sla.share_page", raise_exception=True)
def sla_slack(request: MemberRequest) -> HttpResponse:
    """Show what would be posted to Slack; a POST posts it, once a day."""
    refusal = ""
    if request.method == "POST":
        try:
            is_new = services.post_to_slack(by=request.user, at=request.at)
        except services.ShareRefusedError as error:
            refusal = str(error)
        else:
            if is_new:
                messages.success(request, "On its way to Slack.")
            else:
                messages.info(request, "Today's post is on its way already.")
            return redirect("dashboards:sla")
    context = {
        "page_title": "Post to Slack",
        "letter": letters.sla_page({"at": request.at.isoformat()}),
        "is_connected": bool(settings.SLACK_WEBHOOK_URL),
        "refusal": refusal,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK
    return render(request, "dashboards/sla_slack.html", context, status=status)


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
