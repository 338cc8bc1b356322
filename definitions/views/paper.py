"""The agreement and its versions on paper: PDFs, where they can be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from definitions import printing, selectors
from definitions.choices import DocumentKind
from definitions.models import Version
from definitions.reading import Section, sections
from definitions.views.common import instant, kind_of, verify_address
from revops import formats

if TYPE_CHECKING:
    from django.http import HttpRequest

    from definitions.selectors import Certificate

may_read = permission_required("definitions.view_agreement", raise_exception=True)


@dataclass(frozen=True)
class Sheet:
    """One document on paper: its text, and the certificate at the end."""

    certificate: Certificate
    sections: list[Section]

    @property
    def version(self) -> Version:
        """The version."""
        return self.certificate.version

    @property
    def title(self) -> str:
        """The document's name."""
        return str(DocumentKind(self.version.kind).label)

    @property
    def slug(self) -> str:
        """The document in the anchors of its clauses."""
        return self.version.kind.replace("_", "-")

    @property
    def is_signed(self) -> bool:
        """Whether anybody signed it."""
        return bool(self.certificate.witnesses)


@require_safe
@login_required
@may_read
def agreement_pdf(request: HttpRequest) -> HttpResponse:
    """Answer with all four documents in use as one PDF, named by the day it was printed."""
    in_use = selectors.in_use_all(at=instant(request))
    versions = [in_use[kind].version for kind in DocumentKind]
    return _paper(request, versions=versions, title="Agreement", name="")


@require_safe
@login_required
@may_read
def version_pdf(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Answer with one version as a PDF, whatever became of it."""
    found = get_object_or_404(Version, kind=kind_of(kind), number=number)
    name = f"{found.kind.replace('_', '-')}-v{number}"
    return _paper(request, versions=[found], title=str(found), name=name)


def _paper(
    request: HttpRequest, *, versions: list[Version], title: str, name: str
) -> HttpResponse:
    at = instant(request)
    certificates = selectors.certificates_of(versions=versions, at=at)
    first = certificates[0]
    html = render_to_string(
        "definitions/paper.html",
        {
            "title": title,
            "sheets": [
                Sheet(certificate=each, sections=sections(selectors.document_of(each.version)))
                for each in certificates
            ],
            "first": first,
            "printed_on": formats.local(at, zone=first.zone, style="date"),
            "verify_address": verify_address(first.head_sha256),
        },
        request=request,
    )
    try:
        drawn = printing.draw(html=html)
    except printing.NoPrinterError as error:
        context = {"title": title, "reason": str(error), "back": request.path.removesuffix("pdf/")}
        return render(request, "definitions/paper_missing.html", context, status=503)
    name = name or f"agreement-{at.astimezone(ZoneInfo(first.zone)).date()}"
    return HttpResponse(
        drawn,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
    )
