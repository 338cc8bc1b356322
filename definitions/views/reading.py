"""Pages that show documents: the agreement, versions, and the check of the chain."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from definitions import selectors
from definitions.choices import DocumentKind
from definitions.models import Signature, Version
from definitions.reading import changes, sections
from definitions.verification import verify
from definitions.views.common import instant, kind_of, member, shown, slots_of, verify_address
from revops.audit.services import verify_triggers

if TYPE_CHECKING:
    from django.http import HttpRequest

    from definitions.reading import Section

may_read = permission_required("definitions.view_agreement", raise_exception=True)
TABS = (("text", "Text"), ("history", "History"))


@require_safe
@login_required
@may_read
def agreement(request: HttpRequest) -> HttpResponse:
    """Show all four documents as one whole, with their signatures; made to be printed."""
    at = instant(request)
    in_use = selectors.in_use_all(at=at)
    documents = [shown(kind=kind, in_use=in_use[kind], at=at) for kind in DocumentKind]
    head = selectors.head_sha256()
    return render(
        request,
        "definitions/agreement.html",
        {
            "documents": documents,
            "provisional": [each for each in documents if not each.is_signed],
            "awaiting": selectors.awaiting(user=member(request), at=at),
            "head_sha256": head,
            "verify_address": verify_address(head),
        },
    )


@require_safe
@login_required
@may_read
def document(request: HttpRequest, kind: str) -> HttpResponse:
    """Show one document as it is in use, or its versions."""
    at = instant(request)
    about = kind_of(kind)
    tab = "history" if request.GET.get("tab") == "history" else "text"
    page = shown(kind=about, in_use=selectors.version_in_use(kind=about, at=at), at=at)
    context: dict[str, Any] = {
        "page": page,
        "tab": tab,
        "tabs": tabs(tab),
        "is_closed": page.draft is None and selectors.drafting_is_closed(kind=about),
    }
    if tab == "history":
        context["milestones"] = history(kind=about, keys=None, request=request)
        if member(request).has_perm("definitions.comment_draft"):
            context["given_up"] = selectors.drafts_given_up(kind=about)
    return render(request, "definitions/document.html", context)


def tabs(current: str, *, among: tuple[tuple[str, str], ...] = TABS) -> list[dict[str, Any]]:
    """Return the views of a page as the component tabs reads them."""
    return [
        {"label": label, "href": f"?tab={key}", "current": key == current} for key, label in among
    ]


def history(
    *, kind: DocumentKind, keys: set[str] | None, request: HttpRequest
) -> list[dict[str, Any]]:
    """Return every version, newest first, with what it changed against the one it is based on."""
    milestones = selectors.timeline(kind=kind, at=instant(request))
    texts = {each.version.pk: _sections_of(version=each.version, keys=keys) for each in milestones}
    reports = selectors.reports_of(versions=[each.version for each in milestones])
    older = dict(pairwise(each.version.pk for each in milestones))
    found = []
    for each in milestones:
        base = each.version.based_on_id or older.get(each.version.pk)
        before = texts.get(base) if base is not None else None
        changed = [] if before is None else changes(before=before, after=texts[each.version.pk])
        found.append(
            {
                "milestone": each,
                "changes": changed,
                "is_first": before is None,
                "report": reports.get(each.version.pk, ""),
            }
        )
    return found


def _sections_of(*, version: Version, keys: set[str] | None) -> list[Section]:
    held = sections(selectors.document_of(version))
    return held if keys is None else [section for section in held if section.key in keys]


@require_safe
@login_required
@may_read
def version(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Show one version of a document, whatever became of it, with its signatures."""
    about = kind_of(kind)
    found = get_object_or_404(Version.objects.defer("canonical_text"), kind=about, number=number)
    milestone = next(
        each
        for each in selectors.timeline(kind=about, at=instant(request))
        if each.version.pk == found.pk
    )
    slots = slots_of(milestone.request)
    head = selectors.head_sha256()
    return render(
        request,
        "definitions/version.html",
        {
            "version": found,
            "slug": kind,
            "milestone": milestone,
            "slots": slots,
            "pages": [{"title": found.get_kind_display(), "version": found, "slots": slots}],
            "head_sha256": head,
            "verify_address": verify_address(head),
            "report": selectors.reports_of(versions=[found]).get(found.pk, ""),
            "sections": sections(selectors.document_of(found)),
        },
    )


@require_safe
@login_required
@may_read
def canonical_text(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Answer with the exact bytes that were signed; their SHA-256 is the version's hash."""
    del request
    found = get_object_or_404(Version, kind=kind_of(kind), number=number)
    return HttpResponse(found.canonical_text, content_type="text/plain; charset=utf-8")


@require_safe
@login_required
@may_read
def verification(request: HttpRequest) -> HttpResponse:
    """Recompute every text, hash and link now, and show the chain."""
    head = request.GET.get("head", "").strip().lower()[:64]
    found = verify(expected_head=head)
    triggers = verify_triggers()
    chain = Signature.objects.select_related("request__version", "signer").order_by("-position")
    return render(
        request,
        "definitions/verification.html",
        {
            "found": found,
            "damage": [*found.damage, *triggers],
            "triggers": triggers,
            "head": head,
            "chain": chain,
        },
    )
