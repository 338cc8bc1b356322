"""Pages of the gap list and of the session in which both teams went through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from definitions import selectors, services
from definitions.audit_forms import (
    ConfirmForm,
    DecisionForm,
    GapForm,
    NewGapForm,
    ResolveForm,
    SessionForm,
)
from definitions.choices import DocumentKind, GapKind, GapPriority
from definitions.models import AlignmentSession, Gap
from definitions.reading.answers import LONGEST_VIEW, criterion_rows, cut
from definitions.views.audit import terms_in_audit_order
from definitions.views.common import instant, member
from revops.people.selectors import organization

if TYPE_CHECKING:
    from datetime import date

    from definitions.reading.answers import CriterionRow
    from definitions.selectors import Sheet
    from revops.requests import MemberRequest

may_read = permission_required("definitions.view_agreement", raise_exception=True)
may_run = permission_required("definitions.run_audit", raise_exception=True)


@require_safe
@login_required
@may_read
def gaps(request: MemberRequest) -> HttpResponse:
    """Show the gap list and what its confirmation still lacks."""
    return _list(request, ConfirmForm())


def _list(request: MemberRequest, form: ConfirmForm, *, status: int = 200) -> HttpResponse:
    found = selectors.gap_list()
    names = _names(request)
    weights: dict[str, dict[str, int]] = {}
    for gap in found:
        held = weights.setdefault(gap.round.term, dict.fromkeys(GapPriority.values, 0))
        held[gap.priority] += 1
    order = sorted(weights, key=lambda term: [-count for count in weights[term].values()])
    return render(
        request,
        "definitions/gaps.html",
        {
            "gaps": [{"gap": gap, "name": names.get(gap.round.term, gap.round.term)}
                     for gap in found],
            "order": [
                {"name": names.get(term, term), "code": term, "high_count": weights[term]["high"],
                 "gap_count": sum(weights[term].values())}
                for term in order
            ],
            "missing": selectors.missing_for_confirmation(),
            "confirmation": selectors.gap_confirmation(),
            "is_closed": selectors.drafting_is_closed(kind=DocumentKind.DEFINITIONS),
            "form": form,
        },
        status=status,
    )  # fmt: skip


def _names(request: MemberRequest) -> dict[str, str]:
    return {code: term.name for code, term in terms_in_audit_order(at=instant(request))}


@require_POST
@login_required
@may_run
def gaps_confirm(request: MemberRequest) -> HttpResponse:
    """Confirm the gap list; the first draft may be opened after it."""
    form = ConfirmForm(request.POST)
    if form.is_valid():
        try:
            services.confirm_gaps(
                note=form.cleaned_data["note"], by=member(request), at=instant(request)
            )
        except services.GapError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The gap list is confirmed. Drafting is open.")
            return redirect("definitions:gaps")
    return _list(request, form, status=422)


def _unsealed(request: MemberRequest, term: str) -> Sheet | None:
    """Return the newest round of a term that both teams answered, or None."""
    states = selectors.rounds_of(term=term)
    state = next((each for each in states if not each.is_sealed), None)
    return None if state is None else selectors.sheet(state=state, reader=member(request))


@require_http_methods(["GET", "POST"])
@login_required
@may_run
def gap_add(request: MemberRequest) -> HttpResponse:
    """Show an empty gap, or one with both answers filled in; on a valid POST record it."""
    names = _names(request)
    asked = {term for term, state in selectors.latest_rounds().items()}
    terms = [(code, name) for code, name in names.items() if code in asked]
    posted = request.POST if request.method == "POST" else None
    form = NewGapForm(posted, terms=terms, initial=_prefilled(request))
    if form.is_valid():
        try:
            services.record_gap(
                term=form.cleaned_data["term"],
                difference=form.difference(),
                by=member(request),
                at=instant(request),
            )
        except services.GapError as refusal:
            form.add_error("term", str(refusal))
        else:
            messages.success(request, "The gap is on the list.")
            return redirect("definitions:gaps")
    return render(
        request,
        "definitions/gap_add.html",
        {"form": form, "has_terms": bool(terms)},
        status=422 if form.errors else 200,
    )


def _prefilled(request: MemberRequest) -> dict[str, Any]:
    term = request.GET.get("term", "")
    sheet = _unsealed(request, term) if "\x00" not in term else None
    if sheet is None or sheet.both is None:
        return {"priority": GapPriority.MEDIUM}
    marketing, sales = sheet.both
    return {
        "term": term,
        "kind": GapKind.WORDING,
        "priority": GapPriority.MEDIUM,
        "marketing_view": cut(marketing.text, LONGEST_VIEW),
        "sales_view": cut(sales.text, LONGEST_VIEW),
    }


@require_POST
@login_required
@may_run
def gap_from_criterion(request: MemberRequest, term: str, place: int) -> HttpResponse:
    """Record a difference between the two answers' criteria as a gap, worded as it stands."""
    code = term.replace("-", "_")
    row = _criterion(_unsealed(request, code), place)
    gap = services.record_gap(
        term=code,
        difference=services.Difference(
            title=row.title,
            kind=row.kind or GapKind.CRITERION,
            marketing_view=cut(row.marketing or "Does not ask it.", LONGEST_VIEW),
            sales_view=cut(row.sales or "Does not ask it.", LONGEST_VIEW),
        ),
        by=member(request),
        at=instant(request),
    )
    messages.success(request, "The gap is on the list. Set its priority and what was decided.")
    return redirect("definitions:gap", pk=gap.pk)


def _criterion(sheet: Sheet | None, place: int) -> CriterionRow:
    if sheet is None or sheet.both is None:
        raise Http404("the answers are sealed")
    marketing, sales = sheet.both
    for row in criterion_rows(marketing=marketing.criteria, sales=sales.criteria):
        if row.place == place and row.kind is not None:
            return row
    raise Http404("no such difference")


@require_http_methods(["GET", "POST"])
@login_required
@may_run
def gap(request: MemberRequest, pk: int) -> HttpResponse:
    """Show a gap; on a valid POST word, decide, resolve or remove it, by the button pressed."""
    found = get_object_or_404(
        Gap.objects.select_related("round", "resolved_in"), pk=pk, removed_at__isnull=True
    )
    act = request.POST.get("act", "") if request.method == "POST" else None
    forms: dict[str, Any] = {
        "edit": GapForm.of(found),
        "decide": DecisionForm(initial={"decision": found.decision}),
        "resolve": ResolveForm(initial={"version": found.resolved_in_id}),
    }
    kinds = {"edit": GapForm, "decide": DecisionForm, "resolve": ResolveForm}
    if act in kinds:
        forms[act] = kinds[act](request.POST)
        refusal = _change(request, found, act, forms[act]) if forms[act].is_valid() else ""
        if not forms[act].errors and not refusal:
            messages.success(request, "Saved.")
            return redirect("definitions:gap", pk=pk)
        if refusal:
            forms[act].add_error(None, refusal)
    return render(
        request,
        "definitions/gap.html",
        {"gap": found, "name": _names(request).get(found.round.term, found.round.term),
         "forms": forms, "has_versions": selectors.resolving_versions().exists()},
        status=422 if act is not None else 200,
    )  # fmt: skip


def _change(request: MemberRequest, found: Gap, act: str, form: Any) -> str:
    """Call the service of a button; return its refusal, or nothing."""
    by, at = member(request), instant(request)
    try:
        if act == "edit":
            services.edit_gap(gap=found, difference=form.difference(), by=by, at=at)
        elif act == "decide":
            decision = form.cleaned_data["decision"]
            services.decide_gap(gap=found, decision=decision, by=by, at=at)
        else:
            version = form.cleaned_data["version"]
            services.resolve_gap(gap=found, version=version, by=by, at=at)
    except services.GapError as refusal:
        return str(refusal)
    return ""


@require_POST
@login_required
@may_run
def gap_remove(request: MemberRequest, pk: int) -> HttpResponse:
    """Take a gap off the list."""
    found = get_object_or_404(Gap, pk=pk)
    try:
        services.remove_gap(gap=found, by=member(request), at=instant(request))
    except services.GapError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The gap is off the list.")
    return redirect("definitions:gaps")


@require_http_methods(["GET", "POST"])
@login_required
@may_read
def audit_session(request: MemberRequest, pk: int | None = None) -> HttpResponse:
    """Show the sessions; RevOps records one, or writes the record of an address anew."""
    known = None if pk is None else get_object_or_404(AlignmentSession, pk=pk)
    may_record = member(request).has_perm("definitions.run_audit")
    form = SessionForm() if known is None else SessionForm.of(known)
    if request.method == "POST":
        if not may_record:
            raise PermissionDenied("only RevOps keeps the record")
        form = SessionForm(request.POST)
        if form.is_valid() and _recorded(request, form, known):
            messages.success(request, "The session is on record.")
            return redirect("definitions:audit_session")
    return render(
        request,
        "definitions/audit_session.html",
        {
            "sessions": selectors.alignment_sessions(),
            "known": known,
            "form": form if may_record else None,
        },
        status=422 if form.errors else 200,
    )


def _recorded(request: MemberRequest, form: SessionForm, known: AlignmentSession | None) -> bool:
    try:
        services.record_session(
            minutes=form.minutes(),
            attendees=form.cleaned_data["attendees"],
            by=member(request),
            at=instant(request),
            today=_today(request),
            session=known,
        )
    except services.SessionError as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


def _today(request: MemberRequest) -> date:
    owner = organization()
    zone = ZoneInfo(owner.timezone if owner else "UTC")
    return instant(request).astimezone(zone).date()
