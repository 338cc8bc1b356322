"""The glossary: every term with search, the page of one term, its short address, its uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

from definitions import selectors
from definitions.choices import DocumentKind
from definitions.reading import sections
from definitions.reading.search import search
from definitions.uses import Use
from definitions.views.common import instant, member, shown, slots_of
from definitions.views.reading import history, may_read, tabs

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from definitions.content import Definitions

LONGEST_SEARCH = 100
TABS = (("text", "Text"), ("history", "History"), ("used", "Where used"))


@require_safe
@login_required
@may_read
def index(request: HttpRequest) -> HttpResponse:
    """Show one card per term, those that fit a search first, and the documents."""
    at = instant(request)
    words = " ".join(request.GET.get("q", "").split())[:LONGEST_SEARCH]
    in_use = selectors.in_use_all(at=at)
    held = in_use[DocumentKind.DEFINITIONS]
    context: dict[str, Any] = {
        "words": words,
        "found": search(selectors.definitions_of(held.version), words=words),
        "in_use": held,
    }
    if getattr(request, "htmx", False):
        return render(request, "definitions/index.html#results", context)
    return render(
        request,
        "definitions/index.html",
        context
        | {
            "documents": [shown(kind=kind, in_use=in_use[kind], at=at) for kind in DocumentKind],
            "review_due_at": selectors.review_due_at(in_use=held),
            "awaiting": selectors.awaiting(user=member(request), at=at),
            "is_closed": selectors.drafting_is_closed(kind=DocumentKind.DEFINITIONS),
        },
    )


@require_safe
@login_required
def short(request: HttpRequest, term: str) -> HttpResponse:
    """Go on from the short address, which mails carry and people say aloud."""
    del request
    return redirect("definitions:term", term=term.lower().replace("_", "-"))


@require_safe
@login_required
@may_read
def term(request: HttpRequest, term: str) -> HttpResponse:
    """Show one term as it is in use, how its words changed, or where it is used."""
    at = instant(request)
    code = term.replace("-", "_")
    held = selectors.version_in_use(kind=DocumentKind.DEFINITIONS, at=at)
    document = selectors.definitions_of(held.version)
    if code not in document.terms:
        raise Http404("no such term")
    keys = {f"terms/{code}", *(("mql",) if code == "mql" else ())}
    tab = request.GET.get("tab", "")
    tab = tab if tab in dict(TABS) else "text"
    address = reverse("definitions:short", kwargs={"term": code.replace("_", "-")})
    context: dict[str, Any] = {
        "code": code,
        "term": document.terms[code],
        "wording": selectors.wordings(at=at)[code],
        "in_use": held,
        "tab": tab,
        "tabs": tabs(tab, among=TABS),
        "short_address": request.build_absolute_uri(address),
        "sections": [each for each in sections(document) if each.key in keys],
        "slots": slots_of(getattr(held.version, "signature_request", None)),
        "terms": document.ordered_terms(),
    }
    if tab == "history":
        context["milestones"] = history(kind=DocumentKind.DEFINITIONS, keys=keys, request=request)
    if tab == "used":
        context |= {
            "uses": _grouped(_own_uses(document, code=code) + _uses_above(code)),
            "judged": import_string(settings.LEADS_JUDGED)(),
        }
    return render(request, "definitions/term.html", context)


def _own_uses(document: Definitions, *, code: str) -> list[Use]:
    """Return the moves and reason lists of the document itself that a term governs."""
    stages = set(import_string(settings.STAGES_OF_TERM)(code))
    found: list[Use] = []
    for rule in document.transitions:
        if rule.to not in stages:
            continue
        label = rule.to.replace("_", " ")
        label = label.upper() if label in {"mql", "sql"} else label.capitalize()
        note = f"Decided by {rule.decided_by.label.lower()}"
        found.append(Use(group="Moves", label=label, note=rule.note or note))
        if rule.purpose is not None:
            entries = document.reasons[rule.purpose].entries
            found += [
                Use(group=f"{rule.purpose.label} reasons", label=entry.label, note=entry.meaning)
                for entry in entries
                if not entry.is_retired and not entry.history_only
            ]
    return found


def _uses_above(code: str) -> list[Use]:
    return [use for path in settings.USES_OF_TERMS for use in import_string(path)(code)]


def _grouped(uses: list[Use]) -> list[tuple[str, list[Use]]]:
    groups: dict[str, list[Use]] = {}
    for use in uses:
        groups.setdefault(use.group, []).append(use)
    return list(groups.items())
