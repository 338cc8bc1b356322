"""Pages of everybody who is held to a text: comment on a draft, and approve it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from definitions import canonical, selectors, services
from definitions.choices import DocumentKind
from definitions.documents import clause_title, clauses_of
from definitions.forms import CommentForm
from definitions.models import Comment, Version
from definitions.views.common import KEY, anchor_of, instant, kind_of, member

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from definitions.models import Draft
    from revops.people.models import User

may_comment = permission_required("definitions.comment_draft", raise_exception=True)


def talk_context(*, draft: Draft, content: Mapping[str, Any], reader: User) -> dict[str, Any]:
    """Return what the page of a draft shows of approvals and of who has taken part."""
    sha256 = canonical.content_sha256(dict(content))
    approvals = selectors.approvals(draft=draft, sha256=sha256)
    return {
        "content_sha256": sha256,
        "approvals": approvals,
        "has_approved": any(
            word.is_current and word.approved_by.pk == reader.pk for word in approvals
        ),
        "taking_part": [
            {
                "state": "missing" if part.is_missing else "pass",
                "label": part.who.removeprefix("the ").removeprefix("a ").capitalize(),
                "value": _taken(part),
            }
            for part in selectors.taking_part(draft=draft)
        ],
    }


def _taken(part: selectors.Part) -> str:
    if part.names:
        return ", ".join(part.names)
    return "not yet" if part.is_awaited else "nobody holds this role"


def comment_form(*, key: str, posted: Any = None) -> CommentForm:
    """Return the form under a clause; its ids are unique on a page with many clauses."""
    return CommentForm(posted, auto_id=f"id_{anchor_of(key)}_%s")


@require_http_methods(["GET", "POST"])
@login_required
@may_comment
def comments(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Show what was said about a clause of the open draft; on a valid POST say something more."""
    draft = selectors.open_draft_of(kind=kind_of(kind))
    if draft is None:
        raise Http404("no draft is open")
    if not KEY.fullmatch(key):
        raise Http404("no such clause")
    clause = get_object_or_404(draft.clauses, key=key)
    form = comment_form(key=key, posted=request.POST if request.method == "POST" else None)
    status = 422 if form.errors else 200
    if form.is_valid():
        try:
            services.post_comment(
                draft=draft,
                clause_key=key,
                text=form.cleaned_data["text"],
                by=member(request),
                at=instant(request),
            )
        except services.DraftClosedError as refusal:
            form.add_error(None, str(refusal))
            status = 409
        except services.CommentError as refusal:
            form.add_error("text", str(refusal))
            status = 422
        else:
            if not is_htmx(request):
                return redirect(thread_address(kind=kind, key=key))
            form = comment_form(key=key)
    title = clause_title(key=key, body=clause.body)
    return _thread(request, draft=draft, key=key, title=title, form=form, status=status)


@require_POST
@login_required
@may_comment
def comment_resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle a comment and return to its clause."""
    comment = get_object_or_404(Comment.objects.select_related("draft"), pk=pk)
    kind = comment.draft.kind.replace("_", "-")
    try:
        services.resolve_comment(comment=comment, by=member(request), at=instant(request))
    except services.NotAllowedError as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except services.DraftClosedError as refusal:
        messages.error(request, str(refusal))
        return redirect("definitions:document", kind=kind)
    if not is_htmx(request):
        return redirect(thread_address(kind=kind, key=comment.clause_key))
    return _thread(
        request,
        draft=comment.draft,
        key=comment.clause_key,
        title="",
        form=comment_form(key=comment.clause_key),
    )


@require_POST
@login_required
@may_comment
def draft_approve(request: HttpRequest, kind: str) -> HttpResponse:
    """Note that the reader approves the open draft as it stood on the page."""
    draft = selectors.open_draft_of(kind=kind_of(kind))
    if draft is None:
        raise Http404("no draft is open")
    shown = request.POST.get("content_sha256", "")
    try:
        services.approve_draft(
            draft=draft, shown_sha256=shown, by=member(request), at=instant(request)
        )
    except services.DocumentError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "You approved this draft as it stands.")
    return redirect("definitions:draft", kind=kind)


@require_safe
@login_required
@may_comment
def version_comments(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Show what was said about the draft a version was made of."""
    version = get_object_or_404(
        Version.objects.select_related("signature_request__draft"),
        kind=kind_of(kind),
        number=number,
    )
    asked = getattr(version, "signature_request", None)
    said = {} if asked is None else selectors.threads(draft=asked.draft)
    sha256 = canonical.content_sha256(version.content)
    clauses = clauses_of(kind=DocumentKind(version.kind), content=version.content)
    return render(
        request,
        "definitions/version_comments.html",
        {
            "version": version,
            "slug": kind,
            "rows": [
                {
                    "key": key,
                    "anchor": anchor_of(key),
                    "title": clause_title(key=key, body=clauses.get(key)),
                    "thread": thread,
                }
                for key, thread in said.items()
            ],
            "approvals": []
            if asked is None
            else selectors.approvals(draft=asked.draft, sha256=sha256),
        },
    )


def is_htmx(request: HttpRequest) -> bool:
    """Return whether only a part of the page is asked for."""
    return bool(getattr(request, "htmx", False))


def thread_address(*, kind: str, key: str) -> str:
    """Return where a clause and what was said about it stand on the page of the draft."""
    return f"{reverse('definitions:draft', kwargs={'kind': kind})}#comments-{anchor_of(key)}"


def _thread(
    request: HttpRequest,
    *,
    draft: Draft,
    key: str,
    title: str,
    form: CommentForm,
    status: int = 200,
) -> HttpResponse:
    thread = selectors.threads(draft=draft).get(key, selectors.Thread())
    return render(
        request,
        "definitions/_comments.html" if is_htmx(request) else "definitions/comments.html",
        {
            "slug": draft.kind.replace("_", "-"),
            "kind": DocumentKind(draft.kind),
            "key": key,
            "anchor": anchor_of(key),
            "title": title,
            "thread": thread,
            "form": form,
            "is_shown": True,
        },
        status=status,
    )
