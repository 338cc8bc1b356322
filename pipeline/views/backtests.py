"""Pages of back-tests: how far one is, what it found, sliders, names, and fragments elsewhere."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from definitions.choices import DocumentKind
from definitions.models import Version
from definitions.reading import Section, mql_blocks
from definitions.services import ClauseConflictError, DocumentError
from pipeline.backtest_forms import SlidersForm, SpanForm, rule_with
from pipeline.backtesting import Side, compared
from pipeline.choices import JobStatus
from pipeline.models import Backtest
from pipeline.selectors import backtests as reads
from pipeline.selectors.backtest_report import (
    CURVE_COLUMNS,
    SIDES,
    curves_of,
    report_of,
    summary_of,
)
from pipeline.services import backtests as services
from revops.people.selectors import viewer

if TYPE_CHECKING:
    from definitions.models import Draft
    from pipeline.cube import Rule
    from pipeline.selectors.backtest_report import Summary
    from revops.requests import MemberRequest

PARTS = ("outcome", "curves")
NAMED_WINS = 8

may_read = permission_required("definitions.comment_draft", raise_exception=True)
may_run = permission_required("pipeline.run_backtest", raise_exception=True)


def _found(pk: int) -> Backtest:
    held = Backtest.objects.select_related("draft", "base_version", "base_score_version")
    return get_object_or_404(held, pk=pk)


@require_safe
@login_required
@may_read
def backtest_detail(request: MemberRequest, pk: int) -> HttpResponse:
    """Show how far a back-test is, or what it found under the thresholds of the sliders."""
    backtest = _found(pk)
    template = "pipeline/backtest_detail.html"
    if backtest.status != JobStatus.DONE:
        if request.htmx and backtest.is_over:
            return HttpResponseClientRefresh()
        shown = f"{template}#progress" if request.htmx else template
        return render(request, shown, _about(backtest))
    if request.htmx and request.GET.get("part") not in PARTS:
        return HttpResponseClientRefresh()
    form = _sliders(request, backtest)
    if not form.is_valid():
        return render(request, template, {**_about(backtest), "form": form}, status=422)
    context = _context(request, backtest, form)
    part = request.GET.get("part")
    return render(request, f"{template}#{part}" if request.htmx else template, context)


def _about(backtest: Backtest) -> dict[str, Any]:
    """Return what every state of the page says of where the rule stands."""
    if backtest.draft is None:
        origin = f"{reverse('pipeline:signals')}#proposal"
    else:
        origin = reverse("definitions:draft", kwargs={"kind": _slug(backtest)})
    return {
        "backtest": backtest,
        "origin": origin,
        "subject": backtest.subject,
    }


def _slug(backtest: Backtest) -> str:
    kind = backtest.draft.kind if backtest.draft else DocumentKind.DEFINITIONS.value
    return kind.replace("_", "-")


def _sliders(request: MemberRequest, backtest: Backtest) -> SlidersForm:
    _, _, draft = reads.cube_of(backtest.pk)
    return SlidersForm(request.GET or None, rule=draft, has_points=_has_points(backtest))


def _has_points(backtest: Backtest) -> bool:
    return backtest.draft is not None and backtest.draft.kind == DocumentKind.SCORE_MODEL


def _context(request: MemberRequest, backtest: Backtest, form: SlidersForm) -> dict[str, Any]:
    cube, base, draft = reads.cube_of(backtest.pk)
    rule = rule_with(draft, form.values())
    found = compared(cube=cube, base=base, draft=rule)
    query = form.query()
    report = report_of(
        found=found,
        base=base,
        rule=rule,
        subject=backtest.subject,
        span=backtest.to_at - backtest.from_at,
        reps=backtest.result.numbers["reps"],
        address=f"/backtests/{backtest.pk}/leads/?{query}&group=",
    )
    return {
        **_about(backtest),
        "form": form,
        "report": report,
        "proposal": None if backtest.draft else _section(draft),
        "curves": curves_of(found),
        "curve_columns": CURVE_COLUMNS,
        "wins_lost": reads.named(lead_ids=found.won_lost[:NAMED_WINS], user=request.user),
        "more_wins": max(0, len(found.won_lost) - NAMED_WINS),
        "is_moved": form.is_moved(),
        "revisions": _revisions(backtest.draft),
        "can_take": _can_take(request, backtest),
        "has_points": _has_points(backtest),
    }


def _section(rule: Rule) -> Section:
    return Section("proposal", "Proposed MQL", tuple(mql_blocks(rule.mql)))


def _can_take(request: MemberRequest, backtest: Backtest) -> bool:
    draft = backtest.draft
    is_open = draft is not None and draft.closed_at is None
    return is_open and request.user.has_perm("definitions.edit_draft")


def _revisions(draft: Draft | None) -> dict[str, int]:
    if draft is None:
        return {}
    held = draft.clauses.filter(key__in=("mql", "fit", "intent"))
    return dict(held.values_list("key", "revision"))


@require_safe
@login_required
@may_read
def backtest_leads(request: MemberRequest, pk: int) -> HttpResponse:
    """List the leads of one group by name, as far as the reader may see them."""
    backtest = _found(pk)
    if backtest.status != JobStatus.DONE:
        raise Http404("not done yet")
    form = _sliders(request, backtest)
    group = request.GET.get("group", "")
    if group not in SIDES or not form.is_valid():
        raise Http404("no such group")
    cube, base, draft = reads.cube_of(backtest.pk)
    found = compared(cube=cube, base=base, draft=rule_with(draft, form.values()))
    keys = [one.key for one in found.signatures(cube=cube, side=Side(group))]
    context = {
        "backtest": backtest,
        "title": SIDES[Side(group)],
        "found": reads.names(signature_ids=keys, user=request.user, page=request.GET.get("page")),
        "query": f"{form.query()}&group={group}",
        "back": form.query(),
    }
    return render(request, "pipeline/backtest_leads.html", context)


@require_POST
@login_required
@may_run
def backtest_start(request: MemberRequest, kind: str) -> HttpResponse:
    """Ask for a back-test of the open draft and go to its page."""
    draft = reads.judging_draft(kind.replace("-", "_"))
    if draft is None:
        raise Http404("no draft is open")
    form = SpanForm(request.POST)
    slug = kind.replace("_", "-")
    if not form.is_valid():
        messages.error(request, "The span needs two days, the first before the last.")
        return redirect("definitions:draft", kind=slug)
    zone = ZoneInfo(viewer(request).zone)
    first, last = form.cleaned_data["from_on"], form.cleaned_data["to_on"]
    ends = datetime.combine(last + timedelta(days=1), time(), zone)
    try:
        backtest = services.request_backtest(
            draft=draft,
            from_at=datetime.combine(first, time(), zone),
            to_at=min(ends, request.at),
            by=request.user,
            at=request.at,
        )
    except services.BacktestRefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect("definitions:draft", kind=slug)
    return redirect("pipeline:backtest_detail", pk=backtest.pk)


@require_POST
@login_required
@may_run
def backtest_cancel(request: MemberRequest, pk: int) -> HttpResponse:
    """Give a back-test up."""
    try:
        services.cancel_backtest(backtest=_found(pk), by=request.user, at=request.at)
    except services.BacktestRefusedError as refusal:
        messages.error(request, str(refusal))
    return redirect("pipeline:backtest_detail", pk=pk)


@require_POST
@login_required
@permission_required("definitions.edit_draft", raise_exception=True)
def backtest_take(request: MemberRequest, pk: int) -> HttpResponse:
    """Write the sliders' values into the draft, unless somebody changed it meanwhile."""
    backtest = _found(pk)
    if backtest.draft is None or backtest.status != JobStatus.DONE:
        raise Http404("nothing to take")
    _, _, draft = reads.cube_of(backtest.pk)
    form = SlidersForm(request.POST, rule=draft, has_points=_has_points(backtest))
    if not form.is_valid():
        messages.error(request, "Those values cannot be taken: each has to be on its scale.")
        return redirect("pipeline:backtest_detail", pk=pk)
    try:
        _take(request, backtest.draft, rule_with(draft, form.values()))
    except ClauseConflictError as conflict:
        told = {"refusal": f"{conflict} Open the draft and look at both."}
        context = _context(request, backtest, form) | told
        return render(request, "pipeline/backtest_detail.html", context, status=409)
    except (DocumentError, services.BacktestRefusedError) as refusal:
        context = _context(request, backtest, form) | {"refusal": str(refusal)}
        return render(request, "pipeline/backtest_detail.html", context, status=422)
    messages.success(request, "The values stand in the draft.")
    return redirect("definitions:draft", kind=_slug(backtest))


def _take(request: MemberRequest, draft: Draft, rule: Rule) -> None:
    seen = [_number(request.POST.get(f"revision_{key}")) for key in ("mql", "fit", "intent")]
    if draft.kind == DocumentKind.DEFINITIONS:
        services.take_thresholds(
            draft=draft, fit=rule.mql.fit_threshold, intent=rule.mql.intent_threshold,
            revision=seen[0], by=request.user, at=request.at,
        )  # fmt: skip
    else:
        services.take_points(
            draft=draft, rule=rule, revisions=(seen[1], seen[2]), by=request.user, at=request.at
        )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - fits


@require_safe
@login_required
@may_read
def backtest_of_draft(request: MemberRequest, kind: str) -> HttpResponse:
    """Show the latest back-test of the open draft, and the form that starts one."""
    draft = reads.judging_draft(kind.replace("-", "_"))
    if draft is None:
        return HttpResponse()
    today = request.at.astimezone(ZoneInfo(viewer(request).zone)).date()
    span = SpanForm(
        initial={"from_on": today - timedelta(days=services.DEFAULT_DAYS), "to_on": today}
    )
    standing = reads.standing_of_draft(draft=draft, at=request.at)
    context = {
        "kind": draft.kind,
        "standing": standing,
        "summary": _summary(standing.backtest),
        "form": span,
    }
    return render(request, "pipeline/_backtest_of_draft.html", context)


@require_safe
@login_required
@permission_required("definitions.view_agreement", raise_exception=True)
def backtest_of_version(request: MemberRequest, pk: int) -> HttpResponse:
    """Show what the back-test of a version's rule found; nothing where there is none."""
    version = get_object_or_404(Version, pk=pk)
    if version.kind not in reads.JUDGING:
        return HttpResponse()
    backtest = reads.backtest_of_version(version=version, at=request.at)
    context = {"backtest": backtest, "summary": _summary(backtest)}
    return render(request, "pipeline/_backtest_of_version.html", context)


def _summary(backtest: Backtest | None) -> Summary | None:
    if backtest is None or backtest.status != JobStatus.DONE:
        return None
    return summary_of(backtest.result.numbers)
