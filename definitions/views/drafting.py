"""Pages of RevOps: open a draft, edit its clauses, send it for signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from definitions import selectors, services
from definitions.choices import DocumentKind
from definitions.documents import SPLIT, parse_document
from definitions.forms import SendForm, WithdrawForm
from definitions.models import Version
from definitions.reading import changes, sections
from definitions.views.clauses import CODE, may_edit
from definitions.views.common import instant, kind_of, member, slots_of
from definitions.views.talking import comment_form, talk_context

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from definitions.models import Draft
    from revops.people.models import User

may_comment = permission_required("definitions.comment_draft", raise_exception=True)


@require_POST
@login_required
@may_edit
def draft_open(request: HttpRequest, kind: str) -> HttpResponse:
    """Open the draft of a document, or go to the one that is open."""
    try:
        services.open_draft(kind=kind_of(kind), by=member(request), at=instant(request))
    except services.DraftingClosedError as refusal:
        messages.error(request, str(refusal))
        return redirect("definitions:document", kind=kind)
    return redirect("definitions:draft", kind=kind)


@require_safe
@login_required
@may_comment
def draft(request: HttpRequest, kind: str) -> HttpResponse:
    """Show the open draft: its text, what changed, what stands in its way, and how to send it."""
    found = _draft(kind)
    at = instant(request)
    form = SendForm(needs_report=_needs_report(found, at))
    context = _context(found, form, member(request), at)
    return render(request, "definitions/draft.html", context)


def _needs_report(draft: Draft, at: datetime) -> bool:
    return services.report_is_needed(kind=DocumentKind(draft.kind), at=at)


def _draft(kind: str) -> Draft:
    found = selectors.open_draft_of(kind=kind_of(kind))
    if found is None:
        raise Http404("no draft is open")
    return found


def _context(draft: Draft, form: SendForm, reader: User, at: datetime) -> dict[str, Any]:
    kind = DocumentKind(draft.kind)
    content = services.draft_content(draft=draft)
    document = parse_document(kind=kind, content=content)
    after = sections(document)
    before = sections(selectors.document_of(draft.based_on))
    changed = changes(before=before, after=after)
    found = services.remarks(document=document, at=at)
    anchors = {section.key: section.anchor for section in after}
    request = selectors.open_request_of(draft=draft, at=at)
    clauses = {clause.key: clause for clause in draft.clauses.select_related("edited_by")}
    earliest = services.earliest_change(kind=kind, at=at)
    said = selectors.threads(draft=draft)
    changed_keys = {change.key for change in changed}
    return {
        "draft": draft,
        "kind": kind,
        "slug": kind.value.replace("_", "-"),
        "grows_by": {"terms": "term", "commitments": "commitment"}.get(
            min(SPLIT[kind] - {"reasons"}, default=""), ""
        ),
        "rows": [
            {
                "section": section,
                "clause": clauses[section.key],
                "is_changed": section.key in changed_keys,
                "thread": said.get(section.key),
                "findings": [each for each in found if each.clause == section.key],
                "form": comment_form(key=section.key),
            }
            for section in after
            if section.key in clauses
        ],
        "changes": changed,
        "findings": [{"finding": each, "anchor": anchors.get(each.clause, "")} for each in found],
        "open_request": request,
        "slots": slots_of(request),
        "earliest": "" if earliest is None else services.day_in_words(instant=earliest),
        "form": form,
        "report_is_optional": not form.fields["report"].required,
        **talk_context(draft=draft, content=content, reader=reader),
    }


@require_POST
@login_required
@may_edit
def clause_add(request: HttpRequest, kind: str) -> HttpResponse:
    """Go to the empty form of a new term or commitment, named by what was typed."""
    found = _draft(kind)
    names = SPLIT[DocumentKind(found.kind)] - {"reasons"}
    code = slugify(request.POST.get("name", "")).replace("-", "_")[:40].strip("_")
    if not names or not CODE.fullmatch(code):
        messages.error(request, "Name it with letters: the name becomes its short address.")
        return redirect("definitions:draft", kind=kind)
    return redirect("definitions:clause", kind=kind, key=f"{min(names)}/{code}")


@require_POST
@login_required
@permission_required("definitions.request_signatures", raise_exception=True)
def draft_send(request: HttpRequest, kind: str) -> HttpResponse:
    """Freeze the draft and ask for signatures."""
    found = _draft(kind)
    at = instant(request)
    form = SendForm(request.POST, needs_report=_needs_report(found, at))
    if form.is_valid():
        try:
            made = services.request_signatures(
                draft=found,
                by=member(request),
                at=at,
                effective_from=form.effective_from,
                exceptional_reason=form.cleaned_data["exceptional_reason"],
                report=form.cleaned_data["report"],
            )
        except services.ReportError as refusal:
            form.add_error("report", str(refusal))
        except services.RequestRefusedError as refusal:
            form.add_error("effective_on" if refusal.field else None, str(refusal))
        except services.DocumentError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{made.version} was sent for signature.")
            return redirect("definitions:sign", pk=made.pk)
    return render(
        request, "definitions/draft.html", _context(found, form, member(request), at), status=422
    )


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("definitions.request_signatures", raise_exception=True)
def version_withdraw(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Show the form to take a signed version out of use; on a valid POST do it."""
    found = get_object_or_404(Version, kind=kind_of(kind), number=number)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.withdraw_version(
                version=found,
                by=member(request),
                reason=form.cleaned_data["reason"],
                at=instant(request),
            )
        except services.DocumentError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{found} is withdrawn; the version before it holds again.")
            return redirect("definitions:document", kind=kind)
    return render(
        request,
        "definitions/version_withdraw.html",
        {"version": found, "slug": kind, "form": form},
        status=422 if form.errors else 200,
    )
