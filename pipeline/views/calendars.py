"""Bring absences from a calendar file: what it would do, and doing it."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core import signing
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from pipeline.absence_forms import CalendarForm
from revops.people.absences.ical import MOST_BYTES, CalendarFileError
from revops.people.absences.importing import import_calendar, try_calendar
from revops.people.models import Rep

if TYPE_CHECKING:
    from django.http import HttpResponse

    from revops.people.absences.importing import Outcome
    from revops.requests import MemberRequest

KEPT_FOR: Final = timedelta(hours=8)

may_enter = permission_required("people.enter_absence", raise_exception=True)


@require_http_methods(["GET", "POST"])
@login_required
@may_enter
def absence_import(request: MemberRequest) -> HttpResponse:
    """Show the form; on a POST show what the file would do. Nothing is stored."""
    own = _own(request)
    if request.method != "POST":
        return _page(request, form=CalendarForm(by=request.user, own=own))
    form = CalendarForm(request.POST, request.FILES, by=request.user, own=own)
    if not form.is_valid():
        return _page(request, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    upload = form.cleaned_data["file"]
    rep = own or form.cleaned_data.get("rep")
    try:
        raw = upload.read(MOST_BYTES + 1)  # one byte more, so that too much is noticed
        outcome = try_calendar(raw=raw, rep=rep, by=request.user, at=request.at)
    except CalendarFileError as refusal:
        form.add_error("file", str(refusal))
        return _page(request, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    # The page carries the file, signed for its reader, so nothing lies about that nobody fetches.
    held = signing.dumps(
        {"text": raw.decode("utf-8-sig"), "rep": rep.pk if rep else None},
        salt=_salt(request),
        compress=True,
    )
    return _page(request, form=CalendarForm(by=request.user, own=own), outcome=outcome, held=held)


@require_POST
@login_required
@may_enter
def absence_import_confirm(request: MemberRequest) -> HttpResponse:
    """Store what the file says, as it was tried."""
    try:
        held = signing.loads(request.POST.get("held", ""), salt=_salt(request), max_age=KEPT_FOR)
        rep = None
        if held["rep"] is not None:
            rep = Rep.objects.active().kept_by(request.user).get(pk=held["rep"])
        outcome = import_calendar(
            raw=held["text"].encode(), rep=rep, by=request.user, at=request.at
        )
    except (signing.BadSignature, Rep.DoesNotExist):
        form = CalendarForm({}, by=request.user, own=_own(request))
        form.add_error("file", "The file is not here any more. Choose it again.")
        return _page(request, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    told = ", ".join(f"{count} {word.lower()}" for word, count in outcome.counts)
    messages.success(request, f"Imported: {told}.")
    return redirect("pipeline:absence_list")


def _own(request: MemberRequest) -> Rep | None:
    """Return the one rep the reader speaks for, None where there are several or none."""
    reps = list(Rep.objects.active().kept_by(request.user).order_by("pk")[:2])
    return reps[0] if len(reps) == 1 else None


def _salt(request: MemberRequest) -> str:
    return f"absences of user {request.user.pk}"


def _page(
    request: MemberRequest,
    *,
    form: CalendarForm,
    outcome: Outcome | None = None,
    held: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "outcome": outcome, "held": held}
    return render(request, "pipeline/absence_import.html", context, status=status)
