"""What the editor of documents shows of leads: how many match, and how examples score.

The editor belongs to `definitions`, which knows no leads; it loads these fragments by URL name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_POST

from definitions import editing, selectors, services
from definitions.choices import DocumentKind
from definitions.content import Definitions, ScoreModel
from definitions.criteria_json import CriteriaError, parse
from definitions.editing.lines import decoded
from definitions.views.common import kind_of
from pipeline.selectors.counting import counted
from pipeline.selectors.examples import examples

if TYPE_CHECKING:
    from django.http import HttpResponse

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
    """Score the made-up persons by the clause as it is posted, the rest as it is in use."""
    model_version = selectors.version_in_use(kind=DocumentKind.SCORE_MODEL, at=request.at)
    rule_version = selectors.version_in_use(kind=DocumentKind.DEFINITIONS, at=request.at)
    model = model_before = selectors.score_model_of(model_version.version)
    rule = rule_before = selectors.definitions_of(rule_version.version).mql
    template = "pipeline/_score_example.html"
    try:
        document = _posted_document(request, kind=kind, key=key)
    except services.ContentError:
        return render(request, template, {"is_unfinished": True})
    if isinstance(document, ScoreModel):
        model = document
    elif isinstance(document, Definitions):
        rule = document.mql
    shown = examples(
        model=model, rule=rule, model_before=model_before, rule_before=rule_before, at=request.at
    )
    return render(request, template, {"examples": shown, "model": model, "rule": rule})


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
