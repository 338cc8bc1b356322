"""Pages of RevOps: open a draft, edit its clauses, send it for signature."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from definitions import editing, selectors, services
from definitions.choices import DocumentKind
from definitions.documents import SPLIT, clause_title, parse_document
from definitions.forms import SendForm, WithdrawForm
from definitions.lint import findings
from definitions.models import Clause, Version
from definitions.reading import changes, sections
from definitions.views.common import anchor_of, instant, kind_of, member, slots_of
from definitions.views.talking import comment_form, talk_context

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from definitions.models import Draft
    from definitions.reading import Section
    from revops.people.models import User

KEY = re.compile(r"[a-z_]{1,40}(/[a-z0-9_]{1,40})?")
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")

may_edit = permission_required("definitions.edit_draft", raise_exception=True)
may_comment = permission_required("definitions.comment_draft", raise_exception=True)


@require_POST
@login_required
@may_edit
def draft_open(request: HttpRequest, kind: str) -> HttpResponse:
    """Open the draft of a document, or go to the one that is open."""
    services.open_draft(kind=kind_of(kind), by=member(request), at=instant(request))
    return redirect("definitions:draft", kind=kind)


@require_safe
@login_required
@may_comment
def draft(request: HttpRequest, kind: str) -> HttpResponse:
    """Show the open draft: its text, what changed, what stands in its way, and how to send it."""
    found = _draft(kind)
    form = SendForm()
    return render(
        request, "definitions/draft.html", _context(found, form, member(request), instant(request))
    )


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
    scores = selectors.version_in_use(kind=DocumentKind.SCORE_MODEL, at=at)
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
                "form": comment_form(key=section.key),
            }
            for section in after
            if section.key in clauses
        ],
        "changes": changed,
        "findings": findings(
            document=document, score_model=selectors.score_model_of(scores.version)
        ),
        "open_request": request,
        "slots": slots_of(request),
        "earliest": "" if earliest is None else services.day_in_words(instant=earliest),
        "form": form,
        **talk_context(draft=draft, content=content, reader=reader),
    }


@require_http_methods(["GET", "POST"])
@login_required
@may_edit
def clause(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Show a clause of the open draft as a form; on a valid POST store it."""
    if not KEY.fullmatch(key):
        raise Http404("no such clause")
    about = kind_of(kind)
    found = _draft(kind)
    stored = _stored(draft=found, key=key, request=request)
    title = clause_title(key=key, body=stored.body)
    if request.method != "POST":
        node = editing.form_of(kind=about, key=key, body=stored.body, title=title)
        return _clause_page(request, draft=found, clause=stored, node=node)
    body = editing.body_of(kind=about, key=key, post=request.POST)
    try:
        services.edit_clause(
            draft=found,
            key=key,
            body=body,
            revision=_revision(request),
            by=member(request),
            at=instant(request),
        )
    except services.ClauseConflictError as conflict:
        node = editing.form_of(kind=about, key=key, body=body, title=title)
        return _conflict_page(request, draft=found, conflict=conflict, node=node)
    except services.ContentError as error:
        node = editing.form_of(kind=about, key=key, body=body, title=title)
        node = editing.with_faults(node, key=key, faults=error.faults)
        return _clause_page(
            request,
            draft=found,
            clause=stored,
            node=node,
            revision=_revision(request),
            faults=editing.faults_in_words(node, key=key, faults=error.faults),
            status=422,
        )
    except services.DraftClosedError as refusal:
        messages.error(request, str(refusal))
        return redirect("definitions:document", kind=kind)
    messages.success(request, f"{title} saved.")
    return redirect("definitions:draft", kind=kind)


def _stored(*, draft: Draft, key: str, request: HttpRequest) -> Clause:
    """Return the clause, or an empty one of revision 0 where the document may grow."""
    stored = draft.clauses.select_related("edited_by").filter(key=key).first()
    if stored is not None:
        return stored
    name, _, code = key.partition("/")
    if name not in SPLIT[DocumentKind(draft.kind)] - {"reasons"} or not CODE.fullmatch(code):
        raise Http404("no such clause")
    at, by = instant(request), member(request)
    return Clause(draft=draft, key=key, body=None, revision=0, edited_at=at, edited_by=by)


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


def _revision(request: HttpRequest) -> int:
    text = str(request.POST.get("revision", "0"))
    return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - fits a column


def _clause_page(
    request: HttpRequest,
    *,
    draft: Draft,
    clause: Clause,
    node: editing.Node,
    revision: int | None = None,
    faults: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    return render(
        request,
        "definitions/clause.html",
        {
            "draft": draft,
            "kind": DocumentKind(draft.kind),
            "slug": draft.kind.replace("_", "-"),
            "clause": clause,
            "node": node,
            "revision": clause.revision if revision is None else revision,
            "faults": faults or [],
            "history": _edits(clause),
            "key": clause.key,
            "anchor": anchor_of(clause.key),
            "thread": selectors.threads(draft=draft).get(clause.key),
            "form": comment_form(key=clause.key) if clause.pk else None,
        },
        status=status,
    )


def _edits(clause: Clause) -> list[Any]:
    """Return the last edits of a stored clause, the newest first."""
    if clause.pk is None:
        return []
    rows = clause.history.select_related("history_user")
    return list(rows.order_by("-history_date", "-history_id")[:8])


def _conflict_page(
    request: HttpRequest,
    *,
    draft: Draft,
    conflict: services.ClauseConflictError,
    node: editing.Node,
) -> HttpResponse:
    """Show both texts, and let the person save over the other one or leave it."""
    theirs = conflict.theirs
    return render(
        request,
        "definitions/conflict.html",
        {
            "draft": draft,
            "kind": DocumentKind(draft.kind),
            "slug": draft.kind.replace("_", "-"),
            "theirs": theirs,
            "theirs_section": _section(draft, theirs.key, theirs.body),
            "mine_section": _section(draft, theirs.key, conflict.mine),
            "node": node,
        },
        status=409,
    )


def _section(draft: Draft, key: str, body: Any) -> Section | None:
    """Return a clause as people read it, or None when the text is not valid."""
    content = {clause.key: clause.body for clause in draft.clauses.all()}
    try:
        document = parse_document(
            kind=DocumentKind(draft.kind),
            content=services.assembled(clauses={**content, key: body}),
        )
    except services.ContentError:
        return None
    return next((each for each in sections(document) if each.key == key), None)


@require_POST
@login_required
@permission_required("definitions.request_signatures", raise_exception=True)
def draft_send(request: HttpRequest, kind: str) -> HttpResponse:
    """Freeze the draft and ask for signatures."""
    found = _draft(kind)
    form = SendForm(request.POST)
    at = instant(request)
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
