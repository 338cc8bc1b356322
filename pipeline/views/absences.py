"""Who is out: the list, one absence, its ends, and the standing backups."""

from __future__ import annotations

import re
from datetime import date, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pipeline.absence_forms import AbsenceForm, BackupForm
from pipeline.selectors.handover import held_leads, leads_to_give_back
from pipeline.services.errors import LeadRefusedError
from pipeline.services.handover import GiveBackRefusedError, give_back
from revops import formats
from revops.people.absences import selectors, services
from revops.people.models import Absence, Rep
from revops.people.selectors import local_day

if TYPE_CHECKING:
    from revops.requests import MemberRequest

WEEKS = timedelta(weeks=6)
MONTH = re.compile(r"(?P<year>20[0-9]{2})-(?P<month>0[1-9]|1[0-2])")

may_enter = permission_required("people.enter_absence", raise_exception=True)


@require_GET
@login_required
@may_enter
def absence_list(request: MemberRequest) -> HttpResponse:
    """Show who is out now and soon, and a month of the team."""
    today = local_day(at=request.at)
    reader = request.user
    context = {
        "today": today,
        "soon": selectors.out(reader=reader, starts_on=today, ends_on=today + WEEKS, today=today),
        "month": selectors.month_of(reader=reader, first=_month(request, today=today)),
        "may_back": reader.has_perm("people.set_backup"),
    }
    return render(request, "pipeline/absence_list.html", context)


def _month(request: MemberRequest, *, today: date) -> date:
    """Return the first day of the month in the address, such as 2026-11, else of today's."""
    found = MONTH.fullmatch(request.GET.get("month", ""))
    if found is not None:
        return date(int(found["year"]), int(found["month"]), 1)
    return today.replace(day=1)


@require_http_methods(["GET", "POST"])
@login_required
@may_enter
def absence_add(request: MemberRequest) -> HttpResponse:
    """Show the form; on a valid POST store the absence."""
    own = Rep.objects.active().kept_by(request.user).order_by("pk")
    reps = list(own[:2])
    if not reps:
        return render(request, "pipeline/absence_nobody.html", status=HTTPStatus.CONFLICT)
    rep = reps[0] if len(reps) == 1 else None
    form = AbsenceForm(
        request.POST if request.method == "POST" else None,
        by=request.user,
        rep=rep,
        initial={"rep": request.GET.get("rep", "")},
    )

    def run() -> Absence:
        return services.enter_absence(
            rep=form.cleaned_data["rep"],
            told=form.dates,
            by=request.user,
            at=request.at,
            is_sure=form.cleaned_data["is_sure"],
        )

    return _answer(request, form=form, run=run, context={"rep": rep})


@require_http_methods(["GET", "POST"])
@login_required
@may_enter
def absence_edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the absence in the form; on a valid POST store the change."""
    absence = _kept(request, pk)
    form = AbsenceForm(
        request.POST if request.method == "POST" else None,
        by=request.user,
        rep=absence.rep,
        initial={
            "starts_on": absence.starts_on,
            "last_on": absence.last_on,
            "cover": absence.cover_id,
            "reason": absence.reason,
        },
    )

    def run() -> Absence:
        return services.change_absence(
            absence=absence,
            told=form.dates,
            by=request.user,
            at=request.at,
            is_sure=form.cleaned_data["is_sure"],
        )

    return _answer(request, form=form, run=run, context={"absence": absence, "rep": absence.rep})


def _answer(
    request: MemberRequest, *, form: AbsenceForm, run: Any, context: dict[str, Any]
) -> HttpResponse:
    """Show the form; on a valid POST store what it says and show the absence."""
    plan = None
    if form.is_valid():
        try:
            stored = run()
        except services.CoverUnsureError as doubt:
            form.add_error(doubt.field, str(doubt))
            plan = doubt.plan
        except services.AbsenceRefusedError as refusal:
            field = refusal.field if refusal.field in form.fields else None
            form.add_error(field, str(refusal))
        else:
            messages.success(request, f"Saved: {stored.rep.name} is out {_span(stored)}.")
            return redirect("pipeline:absence_detail", pk=stored.pk)
    return render(
        request,
        "pipeline/absence_form.html",
        {"form": form, "plan": plan, **context},
        status=422 if form.errors else 200,
    )


def _span(absence: Absence) -> str:
    if absence.last_on == absence.starts_on:
        return f"on {absence.starts_on:%-d %b}"
    return f"from {absence.starts_on:%-d %b} to {absence.last_on:%-d %b}"


@require_GET
@login_required
@may_enter
def absence_detail(request: MemberRequest, pk: int) -> HttpResponse:
    """Show one absence: who stands in when, and what became of the person's leads."""
    found = Absence.objects.filter(rep__in=Rep.objects.seen_by(request.user))
    absence = get_object_or_404(found.select_related("rep__backup", "cover"), pk=pk)
    today = local_day(at=request.at)
    (told,) = selectors.told_of([absence], reader=request.user, today=today)
    away = len(leads_to_give_back(absence=absence))
    context = {
        "told": told,
        "absence": absence,
        "plan": selectors.stretches(absence=absence, today=today),
        "held": held_leads(rep=absence.rep_id).count(),
        "away": away,
        "may_give_back": away and told.is_mine and request.user.has_perm("pipeline.assign_lead"),
        "is_back": absence.ends_on <= today,
    }
    return render(request, "pipeline/absence_detail.html", context)


@require_POST
@login_required
@may_enter
def absence_end(request: MemberRequest, pk: int) -> HttpResponse:
    """End the absence: the person is back today, or does not go at all."""
    absence = _kept(request, pk)
    try:
        stored = services.end_absence(absence=absence, by=request.user, at=request.at)
    except services.AbsenceRefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect("pipeline:absence_list")
    if stored is None:
        messages.success(request, f"Removed: {absence.rep.name} is not out.")
        return redirect("pipeline:absence_list")
    messages.success(request, f"{absence.rep.name} is back today.")
    return redirect("pipeline:absence_detail", pk=pk)


@require_POST
@login_required
@permission_required("pipeline.assign_lead", raise_exception=True)
def absence_give_back(request: MemberRequest, pk: int) -> HttpResponse:
    """Give back what the absence handed over and is still open."""
    absence = _kept(request, pk)
    try:
        count = give_back(absence=absence, by=request.user, at=request.at)
    except (GiveBackRefusedError, LeadRefusedError) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, f"Gave {formats.plural(count, 'lead')} back to {absence.rep.name}."
        )
    return redirect("pipeline:absence_detail", pk=pk)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("people.set_backup", raise_exception=True)
def absence_backups(request: MemberRequest) -> HttpResponse:
    """Show who stands in for whom; on a POST store one person's backup."""
    reps = list(
        Rep.objects.active()
        .kept_by(request.user)
        .select_related("backup", "team")
        .order_by("name", "pk")
    )
    sent = request.POST if request.method == "POST" else None
    chosen = next(
        (rep for rep in reps if sent is not None and str(rep.pk) == sent.get("rep")), None
    )
    if sent is not None and chosen is None:
        raise Http404
    status = HTTPStatus.OK
    forms = {rep.pk: BackupForm(rep=rep) for rep in reps}
    if chosen is not None:
        form = forms[chosen.pk] = BackupForm(sent, rep=chosen)
        if _store_backup(request, form=form, rep=chosen):
            return redirect("pipeline:absence_backups")
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    rows = [(rep, forms[rep.pk]) for rep in reps]
    return render(request, "pipeline/absence_backups.html", {"rows": rows}, status=status)


def _store_backup(request: MemberRequest, *, form: BackupForm, rep: Rep) -> bool:
    """Store a backup; a refusal is put on the form."""
    if not form.is_valid():
        return False
    backup = form.cleaned_data["backup"]
    try:
        services.set_backup(rep=rep, backup=backup, by=request.user, at=request.at)
    except services.AbsenceRefusedError as refusal:
        form.add_error("backup", str(refusal))
        return False
    told = f"{backup.name} stands in" if backup else "Nobody stands in"
    messages.success(request, f"{told} for {rep.name}.")
    return True


def _kept(request: MemberRequest, pk: int) -> Absence:
    """Return an absence the reader may change; 404 for any other."""
    kept = Absence.objects.filter(rep__in=Rep.objects.kept_by(request.user))
    return get_object_or_404(kept.select_related("rep", "cover"), pk=pk)
