"""The list of leads and the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from pipeline.choices import Stage
from pipeline.forms import LeadFilterForm
from pipeline.selectors.lead import lead_page
from pipeline.selectors.lists import leads
from pipeline.selectors.nurture import verdict_on
from pipeline.views.common import judged_word, lead_to_see
from pipeline.words import term_of
from revops.people.selectors import viewer

if TYPE_CHECKING:
    from django.http import HttpResponse

    from revops.requests import MemberRequest


@require_GET
@login_required
@permission_required("pipeline.view_lead", raise_exception=True)
def lead_list(request: MemberRequest) -> HttpResponse:
    """Show the leads the reader may see, narrowed by the address."""
    form = LeadFilterForm(request.GET)
    form.is_valid()
    found = leads(user=request.user, filters=form.cleaned_data, page=request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {"form": form, "found": found, "query": query.urlencode()}
    return render(request, "pipeline/lead_list.html", context)


@require_GET
@login_required
@permission_required("pipeline.view_lead", raise_exception=True)
def lead_detail(request: MemberRequest, pk: int) -> HttpResponse:
    """Show everything about one lead."""
    lead = lead_to_see(request, pk)
    if lead.merged_into is not None:
        return redirect(lead.merged_into)
    page = lead_page(lead=lead, user=request.user, reader=viewer(request), at=request.at)
    is_nurture = page.card.round is None and lead.stage == Stage.NURTURE
    # The criteria of a round are those of an MQL, in the words it was judged by.
    term = "mql" if is_nurture or page.card.checks else term_of(lead.stage)
    context = {
        "page": page,
        "card": page.card,
        "lead": lead,
        "word": judged_word(page.card, term=term, request=request),
        "verdict": verdict_on(lead=lead, at=request.at) if is_nurture else None,
    }
    return render(request, "pipeline/lead_detail.html", context)
