"""Bring a CRM export: upload, dry run, and the import itself."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pipeline.choices import QualityFlag
from pipeline.services.importing.faults import ImportRefusedError
from pipeline.services.importing.guessing import shape_called, shapes
from pipeline.services.importing.uploads import (
    MOST_BYTES,
    MOST_ROWS,
    errors_path,
    forget_upload,
    import_upload,
    keep_upload,
    recognise,
    try_upload,
)
from revops import formats

if TYPE_CHECKING:
    from pipeline.services.importing.guessing import Shape
    from pipeline.services.importing.uploads import Trial
    from revops.requests import MemberRequest

SESSION_KEY: Final = "upload"
may_import = permission_required("pipeline.import_leads", raise_exception=True)


@require_http_methods(["GET", "POST"])
@login_required
@may_import
def import_file(request: MemberRequest) -> HttpResponse:
    """Show the form; on a POST keep the file and show what importing it would do."""
    if request.method != "POST":
        return _page(request)
    try:
        held = _held(request)
        found = recognise(held["token"])
        shape = _known(shape_called(request.POST.get("shape", "")) or found)
        trial = try_upload(
            token=held["token"], name=held["name"], shape=shape, by=request.user, at=request.at
        )
    except ImportRefusedError as refusal:
        return _page(request, refusal=str(refusal), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _page(request, held=held, shape=shape, trial=trial)


def _held(request: MemberRequest) -> dict[str, Any]:
    """Keep the file that came in place of the one before; return its token and its name.

    Raises:
        ImportRefusedError: None came, or it is too large.
    """
    upload = request.FILES.get("file")
    if upload is None:
        raise ImportRefusedError("Choose a file first.")
    forget_upload(request.session.pop(SESSION_KEY, {}).get("token", ""))
    token = keep_upload(upload, at=request.at)
    held = {"token": token, "name": str(upload.name or "file")[:200]}
    request.session[SESSION_KEY] = held
    return held


def _known(shape: Shape | None) -> Shape:
    """Return the shape.

    Raises:
        ImportRefusedError: There is none.
    """
    if shape is None:
        raise ImportRefusedError(
            "No known export has these columns. Say what the file is, or write a map and import "
            "it on the command line."
        )
    return shape


def _confirmed(request: MemberRequest) -> tuple[dict[str, Any], Shape]:
    """Return the file that was tried and as what; a page of an older file confirms nothing.

    Raises:
        ImportRefusedError: The file is gone or another one.
    """
    held = request.session.get(SESSION_KEY, {})
    shape = shape_called(request.POST.get("shape", ""))
    if not held or shape is None or request.POST.get("token") != held["token"]:
        raise ImportRefusedError("The file is not here any more. Choose it again.")
    return held, shape


@require_POST
@login_required
@may_import
def import_confirm(request: MemberRequest) -> HttpResponse:
    """Import the file that was tried, as what it was tried as."""
    try:
        held, shape = _confirmed(request)
        trial = import_upload(
            token=held["token"], name=held["name"], shape=shape, by=request.user, at=request.at
        )
    except ImportRefusedError as refusal:
        return _page(request, refusal=str(refusal), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    request.session.pop(SESSION_KEY, None)
    counts = trial.summary.statuses
    messages.success(
        request,
        f"{held['name']}: {formats.count(counts['created'])} new, "
        f"{formats.count(counts['updated'])} updated, "
        f"{formats.count(counts['error'])} refused.",
    )
    return redirect("pipeline:signals")


@require_GET
@login_required
@may_import
def import_errors(request: MemberRequest) -> HttpResponse | FileResponse:
    """Return the refused rows of the dry run as a file to mend."""
    held = request.session.get(SESSION_KEY, {})
    try:
        path = errors_path(held.get("token", ""))
        stream = path.open("rb")
    except (ImportRefusedError, FileNotFoundError) as error:
        raise Http404("no dry run") from error
    return FileResponse(
        stream, as_attachment=True, filename="refused-rows.csv", content_type="text/csv"
    )


def _page(
    request: MemberRequest,
    *,
    refusal: str = "",
    held: dict[str, Any] | None = None,
    shape: Shape | None = None,
    trial: Trial | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "refusal": refusal,
        "file_name": (held or {}).get("name", ""),
        "token": (held or {}).get("token", ""),
        "shape": shape,
        "shapes": shapes(),
        "most_rows": MOST_ROWS,
        "most_megabytes": MOST_BYTES // 1024 // 1024,
        **(_told(trial) if trial else {}),
    }
    return render(request, "pipeline/import_file.html", context, status=status)


def _told(trial: Trial) -> dict[str, Any]:
    """Return what a trial says, as the page shows it."""
    statuses = trial.summary.statuses
    return {
        "row_count": trial.summary.rows,
        "stats": [
            {"label": "New", "value": formats.count(statuses["created"])},
            {"label": "Updated", "value": formats.count(statuses["updated"])},
            {"label": "Unchanged", "value": formats.count(statuses["unchanged"])},
            {"label": "Refused", "value": formats.count(statuses["error"])},
        ],
        "error_count": statuses["error"],
        "will_write": statuses["created"] + statuses["updated"] + statuses["unchanged"],
        "refused": [
            {"line": outcome.line, "reasons": [problem.detail for problem in outcome.problems]}
            for outcome in trial.refused
        ],
        "odd": [
            {"label": str(QualityFlag(flag).label), "count": count}
            for flag, count in trial.summary.flags.most_common()
        ],
    }
