"""The shared page, the page of each metric, the rows behind a number, the ledger of breaches."""

from __future__ import annotations

from datetime import UTC
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboards import cards, files, filters, pages
from dashboards.filters import FilterError, Grouping
from dashboards.registry import REGISTRY
from dashboards.selectors import answers
from dashboards.selectors.frame import frame
from dashboards.selectors.home import home as read_home
from dashboards.selectors.known import known, known_bucket
from dashboards.selectors.ledger import balance, ledger, read_question
from dashboards.selectors.rejects import ACROSS
from dashboards.selectors.rejects import rejects as read_rejects
from dashboards.selectors.start import beginnings
from definitions.choices import DocumentKind
from pipeline.selectors.backtests import latest_of_proposals
from pipeline.services.importing.guessing import shapes
from pipeline.services.importing.uploads import MOST_BYTES, MOST_ROWS
from revops.people.forms import OrganizationForm, PersonForm
from revops.people.selectors import organization, viewer
from revops.people.services import (
    OrganizationError,
    PersonRefusedError,
    add_person,
    set_organization,
)
from sla.services import ensure_default_calendar

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest

    from dashboards.filters import MetricFilter
    from dashboards.registry.base import Metric, Part
    from dashboards.selectors.frame import Frame
    from revops.requests import MemberRequest

ROWS_PER_PAGE = 50
PERSON_IDS = "person_%s"
"""Two forms on one page have a field called name."""
_PRESENT = frozenset({"present", "theme"})
_SHARED = Grouping(allowed=frozenset())


def _frame(request: HttpRequest) -> Frame:
    """Read the frame at the request's instant; the attribute is lazy and is read here."""
    return frame(at=request.at.astimezone(UTC))  # type: ignore[attr-defined] # set by a middleware


def _given(request: HttpRequest) -> dict[str, list[str]]:
    return {name: [str(value) for value in values] for name, values in request.GET.lists()}


def _shared(request: HttpRequest, *, frame: Frame, also: frozenset[str]) -> MetricFilter:
    """Read what is asked of a page of several metrics.

    Raises:
        FilterError: A parameter is unknown or not understood, or names nobody.
    """
    return known(
        filters.parse(
            _given(request), setting=frame.setting, at=frame.at, grouping=_SHARED, also=also
        )
    )


def _refused(request: HttpRequest, error: FilterError, *, back: str) -> HttpResponse:
    """Say which part of the address is not understood, and the way out."""
    context = {
        "errors": error.errors,
        "back": back,
        "page_title": "This address asks for something else",
    }
    return render(
        request, "dashboards/refused.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY
    )


def _metric(key: str) -> Metric:
    if key not in REGISTRY:
        raise Http404
    return REGISTRY[key]


@require_safe
@login_required
@permission_required("dashboards.view_metrics", raise_exception=True)
def home(request: HttpRequest) -> HttpResponse:
    """Show the numbers both teams share; everybody sees the same."""
    held = _frame(request)
    try:
        asked = _shared(request, frame=held, also=_PRESENT)
    except FilterError as error:
        return _refused(request, error, back="/")
    page = read_home(asked, frame=held)
    return render(
        request,
        "dashboards/home.html",
        {
            "page_title": "Shared pipeline",
            "hero": cards.hero(page),
            "cards": cards.cards(page),
            "first_steps": beginnings(at=held.at).done,
            **pages.home(
                page,
                query=request.GET,
                sees_names=request.user.has_perm("pipeline.view_personal"),
            ),
        },
    )


@require_safe
@login_required
@permission_required("dashboards.view_metrics", raise_exception=True)
def metric(request: HttpRequest, key: str) -> HttpResponse:
    """Show one metric: chart, sentence, formula with its numbers, versions, groups."""
    found, held = _metric(key), _frame(request)
    try:
        asked = answers.ask(found, _given(request), frame=held, also=frozenset({"format"}))
    except FilterError as error:
        return _refused(request, error, back=request.path)
    answer = answers.answer(found, asked, frame=held)
    if request.GET.get("format") == "csv":
        return files.groups_file(answer)
    context = pages.metric(answer, frame=held, query=request.GET)
    return render(request, "dashboards/metric.html", {"page_title": found.title, **context})


@require_safe
@login_required
@permission_required("dashboards.view_metrics", raise_exception=True)
def metric_rows(request: HttpRequest, key: str) -> HttpResponse:
    """List exactly the rows a number is made of."""
    found, held = _metric(key), _frame(request)
    extra = frozenset({"page", "part", "bucket", "format"})
    try:
        asked = answers.ask(found, _given(request), frame=held, also=extra)
        part = answers.read_part(request.GET.get("part", ""))
        bucket = known_bucket(found, asked, bucket=request.GET.get("bucket", ""))
    except FilterError as error:
        return _refused(request, error, back=request.path)
    if request.GET.get("format") == "csv":
        return _rows_file(request, found, asked, part=part, bucket=bucket, frame=held)
    rows = answers.described(found, found.rows(asked, part=part, bucket=bucket), asked=asked)
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    shown = [answers.row_of(found, values) for values in page.object_list]
    sees_names = request.user.has_perm("pipeline.view_personal")
    context = pages.rows(
        found, asked, part=part, bucket=bucket, page=page, shown=shown, sees_names=sees_names,
        frame=held, query=request.GET,
    )  # fmt: skip
    title = f"Rows of {found.title.lower()}"
    return render(request, "dashboards/metric_rows.html", {"page_title": title, **context})


def _rows_file(
    request: HttpRequest,
    found: Metric,
    asked: MetricFilter,
    *,
    part: Part,
    bucket: str,
    frame: Frame,
) -> HttpResponse:
    """Return every row as CSV; names only for those who may take them along."""
    with_names = request.user.has_perm("dashboards.export_personal")
    rows = answers.all_rows(found, asked, part=part, bucket=bucket)
    return files.rows_file(
        found, asked, rows, currency=frame.setting.currency, with_names=with_names
    )


@require_safe
@login_required
@permission_required("sla.view_breach", raise_exception=True)
def breaches(request: MemberRequest) -> HttpResponse:
    """List the promises that are overdue now, and those that were broken."""
    held = _frame(request)
    try:
        asked = read_question(request.GET)
    except FilterError as error:
        return _refused(request, error, back=request.path)
    zone = held.setting.zone
    found = ledger(asked=asked, zone=zone, at=held.at)
    if request.GET.get("format") == "csv":
        with_names = request.user.has_perm("dashboards.export_personal")
        return files.ledger_file(found, with_names=with_names)
    page = Paginator(found.entries, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = pages.breaches(
        found,
        balanced=balance(asked=asked, zone=zone, at=held.at),
        page=page,
        query=request.GET,
        sees_names=request.user.has_perm("pipeline.view_personal"),
        frame=held,
    )
    context["excuses"] = pages.excuses(user=request.user, breaches=page.object_list, ledger=found)
    return render(request, "dashboards/breaches.html", {"page_title": "Breaches", **context})


@require_safe
@login_required
@permission_required("dashboards.view_metrics", raise_exception=True)
def rejects(request: HttpRequest) -> HttpResponse:
    """Show why sales turned leads down, and what waits for marketing's answer."""
    held = _frame(request)
    also = frozenset({"page", "across"})
    try:
        asked = _shared(request, frame=held, also=also)
    except FilterError as error:
        return _refused(request, error, back=request.path)
    across = request.GET.get("across", "")
    found = read_rejects(
        asked,
        across=across if across in ACROSS else next(iter(ACROSS)),
        page=request.GET.get("page"),
        only_enforced=held.is_signed(DocumentKind.SLA),
    )
    context = pages.rejects(
        found,
        frame=held,
        query=request.GET,
        reader=viewer(request),
        sees_names=request.user.has_perm("pipeline.view_personal"),
        may_answer=request.user.has_perm("pipeline.answer_feedback"),
    )
    return render(request, "dashboards/rejects.html", {"page_title": "Rejects", **context})


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("dashboards.view_metrics", raise_exception=True)
def start(request: MemberRequest) -> HttpResponse:
    """Show the five first steps; a POST of RevOps sets the organisation and its hours."""
    may_set = request.user.has_perm("people.manage_people")
    if request.method == "POST" and not may_set:
        raise PermissionDenied
    is_sent = request.method == "POST"
    form = _setting_form(request, is_sent=is_sent) if may_set else None
    if form is not None and form.is_valid():
        actor = f"user:{request.user.pk}"
        try:
            set_organization(actor=actor, at=request.at, **form.cleaned_data)
        except OrganizationError as refusal:
            form.add_error(None, str(refusal))
        else:
            ensure_default_calendar(at=request.at, actor=actor)
            return redirect("dashboards:start")
    return _start(request, setting_form=form)


@require_POST
@login_required
@permission_required("people.manage_people", raise_exception=True)
def start_person(request: MemberRequest) -> HttpResponse:
    """Add somebody, and go back to the first steps."""
    form = PersonForm(request.POST, auto_id=PERSON_IDS)
    if form.is_valid():
        try:
            person = add_person(by=request.user, at=request.at, **form.cleaned_data)
        except PersonRefusedError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, f"{person.name} may log in.")
            return redirect("dashboards:start")
    return _start(request, setting_form=_setting_form(request, is_sent=False), person_form=form)


def _start(
    request: MemberRequest,
    *,
    setting_form: OrganizationForm | None,
    person_form: PersonForm | None = None,
) -> HttpResponse:
    """Show the steps; RevOps sees the forms of what is missing."""
    held = beginnings(at=request.at)
    if setting_form is not None and not (held.has_marketing and held.has_sales):
        person_form = person_form or PersonForm(auto_id=PERSON_IDS)
    may_open = held.has_leads and request.user.has_perm("definitions.comment_draft")
    has_errors = any(form is not None and form.errors for form in (setting_form, person_form))
    context = {
        "held": held,
        "steps": pages.steps(held, may=request.user.has_perm),
        "done_count": sum(held.done),
        "is_all_done": all(held.done),
        "setting_form": None if held.has_organization and held.has_calendar else setting_form,
        "person_form": person_form,
        "backtest": latest_of_proposals() if may_open else None,
        "may_import": request.user.has_perm("pipeline.import_leads"),
        "shapes": shapes(),
        "most_rows": MOST_ROWS,
        "most_megabytes": MOST_BYTES // 1024 // 1024,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if has_errors else HTTPStatus.OK
    return render(request, "dashboards/start.html", context, status=status)


def _setting_form(request: MemberRequest, *, is_sent: bool) -> OrganizationForm:
    """Return the form of the organisation, filled with what was sent or is stored."""
    if is_sent:
        return OrganizationForm(request.POST)
    stored = organization()
    initial: dict[str, Any] = {"timezone": "UTC", "currency": "USD", "fiscal_year_start_month": 1}
    if stored is not None:
        initial = {name: getattr(stored, name) for name in OrganizationForm.base_fields}
    return OrganizationForm(initial=initial)
