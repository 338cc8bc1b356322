"""Pages of the signers: read through, sign or decline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_ipv46_address
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from definitions import selectors, services
from definitions.choices import Closure, DocumentKind
from definitions.forms import DeclineForm, SignForm
from definitions.models import Signature, SignatureRequest
from definitions.reading import changes, sections
from definitions.views.common import SIDES, instant, is_authentic, member, slots_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from revops.people.models import User

may_read = permission_required("definitions.view_agreement", raise_exception=True)
REQUESTS = SignatureRequest.objects.select_related(
    "version", "requested_by", "closure", "decline__signer"
)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
@login_required
@may_read
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a version that waits for signatures; on a valid POST sign it for the person's slot."""
    asked = get_object_or_404(REQUESTS, pk=pk)
    user, at = member(request), instant(request)
    slot = open_slot(asked=asked, user=user, at=at)
    if request.method != "POST":
        services.note_viewing(request=asked, reader=user, at=at)
        form = _sign_form(asked=asked, slot=slot, user=user, at=at)
        return _page(request, asked=asked, slot=slot, form=form)
    slot = slot or _slot_of(asked=asked, user=user, at=at)
    form = _sign_form(asked=asked, slot=slot, user=user, at=at, posted=request.POST)
    if form.is_valid() and is_authentic(request, form):
        status = _sign(request, asked=asked, slot=slot, form=form, at=at)
        if status is None:
            messages.success(request, f"You signed {asked.version} for {SIDES[slot]}.")
            return redirect("definitions:sign", pk=pk)
        asked = get_object_or_404(REQUESTS, pk=pk)
        slot = open_slot(asked=asked, user=user, at=at)
        return _page(request, asked=asked, slot=slot, form=form, status=status)
    return _page(request, asked=asked, slot=slot, form=form, status=422)


def _sign(
    request: HttpRequest, *, asked: SignatureRequest, slot: str, form: SignForm, at: datetime
) -> int | None:
    """Sign; return None, or the status of the refusal after noting it on the form."""
    proof = services.Proof(
        typed_name=form.cleaned_data["typed_name"],
        document_sha256=form.cleaned_data["document_sha256"],
        # The password was checked in this request; the page never relies on an older check.
        authenticated_at=at,
        ip=_address(request),
        user_agent=request.headers.get("User-Agent", ""),
    )
    try:
        services.sign_version(request=asked, slot=slot, by=member(request), proof=proof, at=at)
    except services.NotAllowedError as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except services.TypedNameError as refusal:
        form.add_error("typed_name", str(refusal))
        return 422
    except services.DocumentError as refusal:
        form.add_error(None, str(refusal))
        return 409
    return None


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
@may_read
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the form to decline; on a valid POST end the request with the reason."""
    asked = get_object_or_404(REQUESTS, pk=pk)
    slot = _slot_of(asked=asked, user=member(request), at=instant(request))
    form = DeclineForm(request.POST if request.method == "POST" else None)
    status = 422 if form.errors else 200
    if form.is_valid():
        try:
            services.decline_version(
                request=asked,
                slot=slot,
                by=member(request),
                reason=form.cleaned_data["reason"],
                at=instant(request),
            )
        except services.NotAllowedError as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except services.DocumentError as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, f"You declined {asked.version}.")
            return redirect("definitions:sign", pk=pk)
    return render(
        request,
        "definitions/decline.html",
        {"asked": asked, "version": asked.version, "form": form, "side": SIDES[slot]},
        status=status,
    )


def open_slot(*, asked: SignatureRequest, user: User, at: datetime) -> str:
    """Return the slot the person may fill now; empty when there is none."""
    if getattr(asked, "closure", None) is not None or asked.expires_at <= at:
        return ""
    signed = dict(Signature.objects.filter(request=asked).values_list("slot", "signer_id"))
    if user.pk in signed.values():
        return ""
    mine = (slot for slot in selectors.slots_of(user=user, at=at) if slot in asked.slots)
    return next((slot for slot in mine if slot not in signed), "")


def _slot_of(*, asked: SignatureRequest, user: User, at: datetime) -> str:
    """Return the slot the person holds, by role or as a substitute, filled or not.

    Raises:
        PermissionDenied: The person holds none of this request.
    """
    for slot in selectors.slots_of(user=user, at=at):
        if slot in asked.slots:
            return slot
    raise PermissionDenied("Your role signs for no side of this version.")


def _sign_form(
    *, asked: SignatureRequest, slot: str, user: User, at: datetime, posted: Any = None
) -> SignForm:
    words = ""
    if slot:
        delegation = selectors.delegation_for(user=user, slot=slot, at=at)
        words = services.statement(request=asked, slot=slot, delegation=delegation)
    return SignForm(posted, initial={"document_sha256": asked.version.sha256}, statement=words)


def _page(
    request: HttpRequest,
    *,
    asked: SignatureRequest,
    slot: str,
    form: SignForm,
    status: int = 200,
) -> HttpResponse:
    version = asked.version
    after = sections(selectors.document_of(version))
    base, is_own = selectors.compared_with(
        request=asked, reader=member(request), at=instant(request)
    )
    before = sections(selectors.document_of(base))
    closure = getattr(asked, "closure", None)
    return render(
        request,
        "definitions/sign.html",
        {
            "asked": asked,
            "version": version,
            "slug": version.kind.replace("_", "-"),
            "kind": DocumentKind(version.kind),
            "sections": after,
            "changes": changes(before=before, after=after),
            "report": selectors.reports_of(versions=[version]).get(version.pk, ""),
            "base": base,
            "is_own": is_own,
            "slots": slots_of(asked),
            "slot": slot,
            "side": SIDES.get(slot, ""),
            "form": form,
            "closure": None if closure is None else Closure(closure.cause),
            "is_expired": closure is None and asked.expires_at <= instant(request),
        },
        status=status,
    )


def _address(request: HttpRequest) -> str | None:
    """Return the caller's address, or None when the server does not know it."""
    address = request.META.get("REMOTE_ADDR", "")
    try:
        validate_ipv46_address(address)
    except ValidationError:
        return None
    return str(address)
