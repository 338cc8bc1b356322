"""Any two texts of a document beside each other, and what was in force when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from definitions import selectors, services
from definitions.documents import parse_document
from definitions.models import Version
from definitions.reading import changes, sections
from definitions.views.common import kind_of, member

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from definitions.choices import DocumentKind
    from definitions.documents import Document

may_read = permission_required("definitions.view_agreement", raise_exception=True)
DRAFT = "draft"
LAYOUTS = (("inline", "Inline"), ("sides", "Side by side"))


@dataclass(frozen=True)
class Text:
    """A version or the open draft, as the page of a comparison offers it."""

    name: str
    label: str
    document: Document


@require_safe
@login_required
@may_read
def compare(request: HttpRequest, kind: str) -> HttpResponse:
    """Show what differs between two versions, or between a version and the open draft."""
    about = kind_of(kind)
    asked = request.GET
    numbers = list(
        Version.objects.filter(kind=about).order_by("number").values_list("number", flat=True)
    )
    names = [str(number) for number in numbers]
    has_draft = selectors.open_draft_of(kind=about) is not None
    if has_draft and member(request).has_perm("definitions.comment_draft"):
        names.append(DRAFT)
    newer = asked.get("to") or names[-1]
    older = asked.get("from") or names[max(0, names.index(newer) - 1 if newer in names else 0)]
    layout = "sides" if asked.get("layout") == "sides" else "inline"
    before, after = (_text(request, about, name, names) for name in (older, newer))
    chosen = {"from": older, "to": newer, "layout": layout}
    return render(
        request,
        "definitions/compare.html",
        {
            "kind": about,
            "slug": kind,
            "before": before,
            "after": after,
            "changes": changes(before=sections(before.document), after=sections(after.document)),
            "layout": layout,
            "layouts": [
                {
                    "label": label,
                    "href": _address(chosen, layout=key),
                    "current": key == layout,
                }
                for key, label in LAYOUTS
            ],
            "choices": [
                {
                    "label": label,
                    "options": [
                        {
                            "label": _label(name),
                            "href": _address(chosen, **{side: name}),
                            "current": name == chosen[side],
                        }
                        for name in names
                    ],
                }
                for side, label in (("from", "From"), ("to", "To"))
            ],
        },
    )


def _address(chosen: Mapping[str, str], **other: str) -> str:
    return f"?{urlencode({**chosen, **other})}"


def _label(name: str) -> str:
    return "Open draft" if name == DRAFT else f"Version {name}"


def _text(request: HttpRequest, kind: DocumentKind, name: str, names: list[str]) -> Text:
    """Return the text of a name.

    Raises:
        PermissionDenied: It is a draft, and the reader's role takes no part in drafts.
        Http404: There is no such version, or no draft is open.
    """
    if name == DRAFT and not member(request).has_perm("definitions.comment_draft"):
        raise PermissionDenied("Your role takes no part in drafts.")
    if name not in names:
        raise Http404("no such version")
    if name == DRAFT:
        draft = selectors.open_draft_of(kind=kind)
        if draft is None:
            raise Http404("no draft is open")
        content: dict[str, Any] = services.draft_content(draft=draft)
        return Text(name, _label(name), parse_document(kind=kind, content=content))
    version = Version.objects.defer("canonical_text").get(kind=kind, number=int(name))
    return Text(name, _label(name), selectors.document_of(version))
