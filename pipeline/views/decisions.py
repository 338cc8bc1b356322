"""Decisions on a lead: each a form of its own at its own address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.views.decorators.http import require_http_methods

from definitions.choices import DocumentKind, Purpose
from definitions.selectors import definitions_of, reasons, version_in_use
from pipeline.choices import Stage
from pipeline.forms import (
    ActForm,
    DesignateForm,
    ReasonForm,
    RecycleForm,
    RejectForm,
    SqlForm,
)
from pipeline.models import Lead
from pipeline.services import lifecycle
from pipeline.views.common import (
    Act,
    Done,
    answer,
    lead_to_see,
    lead_to_work,
    posted,
    seen,
    undo_of,
)

if TYPE_CHECKING:
    from django.http import HttpResponse

    from definitions.models import Reason
    from revops.requests import MemberRequest

DISPOSE = "pipeline.dispose_lead"


def reasons_in_use(request: MemberRequest, purpose: Purpose) -> list[Reason]:
    """Return the entries of a list as the definitions in use have it."""
    current = version_in_use(kind=DocumentKind.DEFINITIONS, at=request.at)
    return reasons(version=current.version, purpose=purpose)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required(DISPOSE, raise_exception=True)
def lead_accept(request: MemberRequest, pk: int) -> HttpResponse:
    """Show what accepting means; on a POST take the lead on."""
    lead = lead_to_work(request, pk, right=DISPOSE)
    form = ActForm(posted(request))

    def run() -> Done:
        stored = lifecycle.accept_lead(lead=lead, by=request.user, at=request.at, seen=seen(form))
        return Done(text=f"Accepted {lead}.", undo=undo_of(stored))

    act = Act(
        lead=lead,
        template="pipeline/lead_accept.html",
        term="sal",
        form=form,
        run=run,
        to=Stage.ACCEPTED,
    )
    return answer(request, act)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required(DISPOSE, raise_exception=True)
def lead_reject(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the reject form; on a valid POST reject the lead for a reason of the list."""
    lead = lead_to_work(request, pk, right=DISPOSE)
    form = RejectForm(posted(request), reasons=reasons_in_use(request, Purpose.REJECT))

    def run() -> Done:
        stored = lifecycle.reject_lead(
            lead=lead,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            recycle_on=form.cleaned_data["recycle_on"],
            by=request.user,
            at=request.at,
            seen=seen(form),
        )
        label = stored.reason.label if stored.reason else ""
        return Done(text=f"Rejected {lead}: {label}.", undo=undo_of(stored))

    act = Act(
        lead=lead,
        template="pipeline/lead_reject.html",
        term="sal",
        form=form,
        run=run,
        to=Stage.REJECTED,
    )
    return answer(request, act)


@require_http_methods(["GET", "POST"])
@login_required
def lead_recycle(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the recycle form; on a valid POST give the lead back to marketing until a date."""
    lead = _lead_to_recycle(request, pk)
    form = RecycleForm(posted(request), reasons=reasons_in_use(request, Purpose.RECYCLE))

    def run() -> Done:
        stored = lifecycle.recycle_lead(
            lead=lead,
            reason=form.cleaned_data["reason"],
            recycle_on=form.cleaned_data["recycle_on"],
            note=form.cleaned_data["note"],
            by=request.user,
            at=request.at,
            seen=seen(form),
        )
        return Done(text=f"Recycled {lead}.", undo=undo_of(stored))

    act = Act(
        lead=lead,
        template="pipeline/lead_recycle.html",
        term="mql",
        form=form,
        run=run,
        to=Stage.RECYCLED,
    )
    return answer(request, act)


def _lead_to_recycle(request: MemberRequest, pk: int) -> Lead:
    """Return the lead: sales gives back what it works, marketing takes what was rejected."""
    user = request.user
    if not (user.has_perm("pipeline.recycle_lead") or user.has_perm(DISPOSE)):
        raise PermissionDenied
    lead = lead_to_see(request, pk)
    if user.has_perm("pipeline.recycle_lead") and lead.stage == Stage.REJECTED:
        return lead
    if user.has_perm(DISPOSE) and Lead.objects.disposable_by(user).filter(pk=pk).exists():
        return lead
    raise Http404


@require_http_methods(["GET", "POST"])
@login_required
@permission_required(DISPOSE, raise_exception=True)
def lead_disqualify(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the disqualify form; on a valid POST end the round for good."""
    lead = lead_to_work(request, pk, right=DISPOSE)
    form = ReasonForm(posted(request), reasons=reasons_in_use(request, Purpose.DISQUALIFY))

    def run() -> Done:
        stored = lifecycle.disqualify_lead(
            lead=lead,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            by=request.user,
            at=request.at,
            seen=seen(form),
        )
        return Done(text=f"Disqualified {lead}.", undo=undo_of(stored))

    act = Act(
        lead=lead,
        template="pipeline/lead_disqualify.html",
        term="mql",
        form=form,
        run=run,
        to=Stage.DISQUALIFIED,
    )
    return answer(request, act)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("pipeline.edit_lead", raise_exception=True)
def lead_void(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the form that takes a test or duplicate out of every number."""
    lead = lead_to_see(request, pk)
    form = ReasonForm(posted(request), reasons=reasons_in_use(request, Purpose.VOID))

    def run() -> Done:
        lifecycle.void_lead(
            lead=lead,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            by=request.user,
            at=request.at,
            seen=seen(form),
        )
        return Done(text=f"{lead} counts nowhere any more.")

    act = Act(
        lead=lead,
        template="pipeline/lead_void.html",
        term="lead",
        form=form,
        run=run,
        to=Stage.VOID,
    )
    return answer(request, act)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("pipeline.move_deal", raise_exception=True)
def lead_sql(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the discovery checklist; on a POST with every line confirmed the lead is an SQL."""
    lead = lead_to_work(request, pk, right="pipeline.move_deal")
    current = version_in_use(kind=DocumentKind.DEFINITIONS, at=request.at)
    rule = definitions_of(current.version).transition(to=Stage.SQL)
    form = SqlForm(posted(request), items=rule.checklist if rule else ())

    def run() -> Done:
        stored = lifecycle.mark_sql(
            lead=lead,
            checklist=form.checklist,
            note=form.cleaned_data["note"],
            by=request.user,
            at=request.at,
            seen=seen(form),
        )
        return Done(text=f"{lead} is an SQL.", undo=undo_of(stored))

    act = Act(
        lead=lead,
        template="pipeline/lead_sql.html",
        term="sql",
        form=form,
        run=run,
        to=Stage.SQL,
    )
    return answer(request, act)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("pipeline.designate_mql", raise_exception=True)
def lead_mql(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the MQL definition; on a POST with a reason designate the lead by hand."""
    lead = lead_to_see(request, pk)
    form = DesignateForm(posted(request))

    def run() -> Done:
        lifecycle.designate_mql(
            lead=lead, reason=form.cleaned_data["reason"], by=request.user, at=request.at
        )
        return Done(text=f"{lead} is an MQL, by hand.")

    act = Act(
        lead=lead,
        template="pipeline/lead_mql.html",
        term="mql",
        form=form,
        run=run,
        to=Stage.MQL,
    )
    return answer(request, act)
