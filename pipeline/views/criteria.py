"""What the editor of documents shows of leads: how many match, and how examples score.

The editor belongs to `definitions`, which knows no leads; it loads these fragments by URL name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_POST

from definitions import editing, selectors, services
from definitions.content import ScoreModel
from definitions.criteria_json import CriteriaError, parse
from definitions.editing.lines import decoded
from definitions.views.common import kind_of
from pipeline.selectors.counting import counted
from pipeline.selectors.examples import examples

if TYPE_CHECKING:
    from django.http import HttpResponse

    from definitions.content import Definitions, MqlRule
    from definitions.documents import Document
    from revops.requests import MemberRequest

may_edit = permission_required("definitions.edit_draft", raise_exception=True)


@require_POST
@login_required
@permission_required("definitions.comment_draft", raise_exception=True)
def criteria_count(request: MemberRequest) -> HttpResponse:
    """Say how many of the leads of the last 90 days the posted tree holds for."""
    template = "pipeline/_criteria_count.html"
    try:
        tree = parse(decoded(str(request.POST.get("tree", ""))))
    except CriteriaError as error:
        return render(request, template, {"problems": error.problems}, status=422)
    return render(request, template, {"count": counted(tree=tree, at=request.at)})


@require_POST
@login_required
@may_edit
def score_example(request: MemberRequest, kind: str, key: str) -> HttpResponse:
    """Score the made-up persons by the clause as it is posted, beside the other document."""
    template = "pipeline/_score_example.html"
    try:
        document = _posted_document(request, kind=kind, key=key)
    except services.ContentError:
        return render(request, template, {"is_unfinished": True})
    other = services.beside(kind=kind_of(kind), at=request.at)
    if other is None:
        raise Http404("no score depends on this document")
    in_use = selectors.document_of(
        selectors.version_in_use(kind=kind_of(kind), at=request.at).version
    )
    model, rule = _pair(document, other.document)
    model_before, rule_before = _pair(in_use, other.in_use)
    shown = examples(
        model=model, rule=rule, model_before=model_before, rule_before=rule_before, at=request.at
    )
    context = {"examples": shown, "model": model, "rule": rule, "other": other}
    return render(request, template, context)


def _pair(one: Document, other: Document) -> tuple[ScoreModel, MqlRule]:
    """Return the score model and the MQL rule of two documents, whichever comes first."""
    model, words = (one, other) if isinstance(one, ScoreModel) else (other, one)
    return cast("ScoreModel", model), cast("Definitions", words).mql


def _posted_document(request: MemberRequest, *, kind: str, key: str) -> Document:
    """Return the open draft's document with the posted clause in its place.

    Raises:
        Http404: There is no such document, draft or clause.
        ContentError: The clause is not finished.
    """
    about = kind_of(kind)
    draft = selectors.open_draft_of(kind=about)
    if draft is None:
        raise Http404("no draft is open")
    clauses = {clause.key: clause.body for clause in draft.clauses.all()}
    if key not in clauses:
        raise Http404("no such clause")
    body = editing.body_of(kind=about, key=key, post=request.POST)
    return services.document_of_clauses(kind=about, clauses={**clauses, key: body})
