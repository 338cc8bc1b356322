"""Pages of one clause of a draft: its form, saved by hand or as the person pauses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from definitions import editing, selectors, services
from definitions.documents import SPLIT, clause_title, parse_document
from definitions.models import Clause
from definitions.reading import sections
from definitions.views.common import KEY, anchor_of, instant, kind_of, member
from definitions.views.talking import comment_form

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from definitions.lint import Finding
    from definitions.models import Draft
    from definitions.reading import Section
    from revops.requests import MemberRequest

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
INPUT = re.compile(r"body[a-z0-9_-]{0,200}")

# What stands beside a clause and follows it, loaded by address from the apps that can tell.
PANELS = {
    "commitments": "sla:promise_preview",
    "mql": "pipeline:score_example",
    "fit": "pipeline:score_example",
    "intent": "pipeline:score_example",
    "intent_groups": "pipeline:score_example",
    "half_life_days": "pipeline:score_example",
}

may_edit = permission_required("definitions.edit_draft", raise_exception=True)


@require_http_methods(["GET", "POST"])
@login_required
@may_edit
def clause(request: MemberRequest, kind: str, key: str) -> HttpResponse:
    """Show a clause of the open draft as a form; on a valid POST store it.

    A POST of htmx is an autosave and is answered with how that went; a POST of one of the form's
    own buttons changes its shape and stores nothing.
    """
    page = Page(request, kind=kind, key=key)
    if request.method != "POST" or "_do" in request.POST:
        return page.form(page.reshaped() if request.method == "POST" else page.as_stored())
    try:
        saved = page.save(is_autosave=bool(request.htmx))
    except services.ClauseConflictError as conflict:
        return page.conflict(conflict)
    except services.ContentError as error:
        return page.refused(error)
    except (services.DraftClosedError, services.SignaturesAwaitedError) as refusal:
        if request.htmx:
            return page.answer(notice=str(refusal), status=409)
        messages.error(request, str(refusal))
        return redirect("definitions:document", kind=kind)
    return page.saved(saved)


@require_POST
@login_required
@may_edit
def clause_shape(request: MemberRequest, kind: str, key: str) -> HttpResponse:
    """Draw one list or one criteria builder again after a button in it was pressed."""
    page = Page(request, kind=kind, key=key)
    wanted = _input_name(request)
    node = next((each for each in editing.walk(page.reshaped()) if each.name == wanted), None)
    if node is None:
        raise Http404("no such input")
    answer = render(
        request,
        "definitions/_input.html",
        {"node": node, "root": wanted == "body", "at": page.addresses},
    )
    return trigger_client_event(answer, "shaped")


@require_POST
@login_required
@may_edit
def clause_reading(request: MemberRequest, kind: str, key: str) -> HttpResponse:
    """Say one criterion in words as it is typed, or what is wrong with which node of it."""
    page = Page(request, kind=kind, key=key)
    node = editing.criterion(post=request.POST, name=_input_name(request))
    return render(request, "definitions/_reading.html", {"node": node, "at": page.addresses})


def _input_name(request: HttpRequest) -> str:
    name = str(request.POST.get("_input", ""))
    if not INPUT.fullmatch(name):
        raise Http404("no such input")
    return name


class Page:
    """One clause of an open draft, as a request asks for it.

    Attributes:
        stored: The clause; one of revision 0 where the document may grow by it.
    """

    def __init__(self, request: MemberRequest, *, kind: str, key: str) -> None:
        """Find the draft and the clause.

        Raises:
            Http404: There is no such document, draft or clause.
        """
        if not KEY.fullmatch(key):
            raise Http404("no such clause")
        self.request, self.key, self.slug = request, key, kind
        self.kind = kind_of(kind)
        draft = selectors.open_draft_of(kind=self.kind)
        if draft is None:
            raise Http404("no draft is open")
        self.draft: Draft = draft
        self.clauses = {each.key: each for each in draft.clauses.select_related("edited_by")}
        self.stored = self.clauses.get(key) or self._new()
        self.title = clause_title(key=key, body=self.stored.body)

    def _new(self) -> Clause:
        name, _, code = self.key.partition("/")
        if name not in SPLIT[self.kind] - {"reasons"} or not CODE.fullmatch(code):
            raise Http404("no such clause")
        at, by = instant(self.request), member(self.request)
        return Clause(
            draft=self.draft, key=self.key, body=None, revision=0, edited_at=at, edited_by=by
        )

    @property
    def addresses(self) -> dict[str, str]:
        """Where the form's own buttons post to."""
        about = {"kind": self.slug, "key": self.key}
        return {
            name: reverse(f"definitions:clause_{name}", kwargs=about)
            for name in ("shape", "reading")
        }

    def node_of(self, body: Any, *, focus: str = "") -> editing.Node:
        """Return the form of the clause with a body."""
        content = {key: clause.body for key, clause in self.clauses.items()}
        return editing.form_of(
            kind=self.kind, key=self.key, body=body, title=self.title, focus=focus, others=content
        )

    def as_stored(self) -> editing.Node:
        """Return the form of the clause as it is stored."""
        return self.node_of(self.stored.body)

    def reshaped(self) -> editing.Node:
        """Return the form after one of its own buttons was pressed."""
        press = str(self.request.POST.get("_do", ""))
        body, focus = editing.reshaped(
            kind=self.kind, key=self.key, post=self.request.POST, press=press
        )
        return self.node_of(body, focus=focus)

    def posted(self) -> Any:
        """Return the body the form describes."""
        return editing.body_of(kind=self.kind, key=self.key, post=self.request.POST)

    def save(self, *, is_autosave: bool) -> Clause:
        """Store what was posted."""
        return services.edit_clause(
            draft=self.draft,
            key=self.key,
            body=self.posted(),
            revision=self._revision(),
            by=member(self.request),
            at=instant(self.request),
            is_autosave=is_autosave,
        )

    def _revision(self) -> int:
        # Saving over somebody's text names the revision that was shown beside one's own.
        text = str(self.request.POST.get("over") or self.request.POST.get("revision", "0"))
        return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - fits a column

    def form(
        self, node: editing.Node, *, faults: list[str] | None = None, status: int = 200
    ) -> HttpResponse:
        """Show the form."""
        is_posted = self.request.method == "POST"
        context = {
            "draft": self.draft,
            "clause": self.stored,
            "node": node,
            "revision": self._revision() if is_posted else self.stored.revision,
            "faults": faults or [],
            "history": self._edits(),
            "open_request": selectors.open_request_of(draft=self.draft, at=instant(self.request)),
            "findings": self.findings(),
            "panel": PANELS.get(self.key.partition("/")[0]),
            "at": self.addresses,
            "anchor": anchor_of(self.key),
            "thread": selectors.threads(draft=self.draft).get(self.key),
            "form": comment_form(key=self.key) if self.stored.pk else None,
        }
        return self._render("definitions/clause.html", context, status)

    def refused(self, error: services.ContentError) -> HttpResponse:
        """Say what keeps the text from being stored, each fault at its input."""
        node = self.node_of(self.posted())
        node = editing.with_faults(node, key=self.key, faults=error.faults)
        faults = editing.faults_in_words(node, key=self.key, faults=error.faults)
        if self.request.htmx:
            return self.answer(faults=faults, status=422)
        return self.form(node, faults=faults, status=422)

    def answer(self, *, status: int = 200, **told: Any) -> HttpResponse:
        """Say how an autosave went, with the findings as they stand now."""
        context = {
            "clause": self.stored,
            "is_answer": True,
            "findings": self.findings(),
            **told,
        }
        return self._render("definitions/_saved.html", context, status)

    def saved(self, clause: Clause) -> HttpResponse:
        """Say that the clause is stored: beneath the form, or on the page of the draft."""
        if self.request.htmx:
            self.stored = clause
            return self.answer(saved_at=clause.edited_at)
        messages.success(self.request, f"{self.title} saved.")
        return redirect("definitions:draft", kind=self.slug)

    def conflict(self, conflict: services.ClauseConflictError) -> HttpResponse:
        """Show both texts, and let the person save over the other one or leave it."""
        theirs = conflict.theirs
        context: dict[str, Any] = {
            "draft": self.draft,
            "theirs": theirs,
            "theirs_section": self._section(theirs.body),
            "mine_section": self._section(conflict.mine),
            "at": self.addresses,
        }
        if self.request.htmx:
            return self._render("definitions/_both.html", context, 409)
        context["node"] = self.node_of(conflict.mine)
        return self._render("definitions/conflict.html", context, 409)

    def findings(self) -> list[Finding]:
        """Return what is remarked on this clause in the draft as it is stored."""
        bodies = {key: clause.body for key, clause in self.clauses.items()}
        if self.stored.pk:
            bodies[self.key] = self.stored.body
        document = parse_document(kind=self.kind, content=services.assembled(clauses=bodies))
        found = services.remarks(document=document, at=instant(self.request))
        return [each for each in found if each.is_about(self.key)]

    def _edits(self) -> list[selectors.Sitting]:
        """Return the last edits of a stored clause, the newest first."""
        return [] if self.stored.pk is None else selectors.sittings(clause=self.stored)

    def _section(self, body: Any) -> Section | None:
        """Return a text of the clause as people read it, or None when it is not valid."""
        content = {key: clause.body for key, clause in self.clauses.items()}
        try:
            document = parse_document(
                kind=self.kind,
                content=services.assembled(clauses={**content, self.key: body}),
            )
        except services.ContentError:
            return None
        return next((each for each in sections(document) if each.key == self.key), None)

    def _render(self, template: str, context: dict[str, Any], status: int) -> HttpResponse:
        about = {"kind": self.kind, "slug": self.slug, "key": self.key}
        return render(self.request, template, {**about, **context}, status=status)
