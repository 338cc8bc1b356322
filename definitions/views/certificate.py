"""The certificate of a version: who signed, when, from where, and how to check it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from definitions import selectors
from definitions.models import Version
from definitions.views.common import instant, kind_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

may_read = permission_required("definitions.view_agreement", raise_exception=True)


@require_safe
@login_required
@may_read
def certificate(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Show what proves a version, with the way to check it."""
    versions = Version.objects.defer("content", "canonical_text")
    found = get_object_or_404(versions, kind=kind_of(kind), number=number)
    (proof,) = selectors.certificates_of(versions=[found], at=instant(request))
    return render(
        request,
        "definitions/certificate.html",
        {"version": found, "slug": kind, "certificate": proof, "milestone": proof.milestone},
    )
