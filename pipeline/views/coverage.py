"""The cover view of leaders, and giving a person's leads on in one confirmed click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from pipeline.absence_forms import ReassignForm
from pipeline.selectors import coverage as selectors
from pipeline.selectors.handover import held_leads
from pipeline.selectors.persons import person_of
from pipeline.services.errors import LeadRefusedError, RepAwayError
from pipeline.services.handover import reassign_leads
from revops import formats
from revops.people.absences.selectors import chains, stand_in
from revops.people.models import Rep
from revops.people.selectors import local_day, viewer

if TYPE_CHECKING:
    from django.http import HttpResponse

    from revops.requests import MemberRequest


@require_GET
@login_required
@permission_required("pipeline.view_coverage", raise_exception=True)
def coverage(request: MemberRequest) -> HttpResponse:
    """Show who is out, who holds what, and what is about to be missed."""
    shown = selectors.coverage(reader=viewer(request), user=request.user, at=request.at)
    return render(request, "pipeline/coverage.html", {"coverage": shown})


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("pipeline.assign_lead", raise_exception=True)
def coverage_reassign(request: MemberRequest, pk: int) -> HttpResponse:
    """Show a person's open leads and who could take them; on a POST give them on."""
    holder = get_object_or_404(Rep.objects.kept_by(request.user), pk=pk)
    leads = held_leads(rep=holder.pk).select_related("company")
    today = local_day(at=request.at)
    proposed = _proposed(holder, request=request)
    form = ReassignForm(
        request.POST if request.method == "POST" else None,
        leads=leads,
        holder=holder,
        initial={"to": proposed},
    )
    offered = None
    if form.is_valid():
        try:
            count = reassign_leads(
                holder=holder,
                lead_ids=[lead.pk for lead in form.cleaned_data["leads"]],
                to=form.cleaned_data["to"],
                by=request.user,
                at=request.at,
            )
        except RepAwayError as refusal:
            form.add_error("to", str(refusal))
            offered = refusal.cover
        except LeadRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            taker = form.cleaned_data["to"]
            messages.success(
                request, f"Gave {formats.plural(count, 'lead')} of {holder.name} to {taker.name}."
            )
            return redirect("pipeline:coverage")
    context = {
        "holder": holder,
        "chain": chains([(holder.pk, today)])[holder.pk, today],
        "form": form,
        "offered": offered,
        "rows": _rows(request, holder=holder, leads=leads, form=form),
    }
    return render(
        request, "pipeline/coverage_reassign.html", context, status=422 if form.errors else 200
    )


def _proposed(holder: Rep, *, request: MemberRequest) -> int | None:
    """Return who to propose: who stands in today, else the standing backup."""
    today = local_day(at=request.at)
    cover = stand_in(chains([(holder.pk, today)])[holder.pk, today])
    return cover.rep_id if cover is not None else holder.backup_id


def _rows(
    request: MemberRequest, *, holder: Rep, leads: Any, form: ReassignForm
) -> list[dict[str, Any]]:
    """Return the leads with their most urgent promise; all or those of the address are ticked."""
    urgent = selectors.pressing_of(
        rep=holder, reader=viewer(request), user=request.user, at=request.at
    )
    asked = set(request.GET.getlist("lead"))
    ticked = set(map(str, form["leads"].value() or ())) if form.is_bound else asked
    return [
        {
            "lead": lead,
            "person": person_of(lead=lead, reader=request.user),
            "pressing": urgent.get(lead.pk),
            "is_ticked": str(lead.pk) in ticked if (form.is_bound or asked) else True,
        }
        for lead in leads
    ]
