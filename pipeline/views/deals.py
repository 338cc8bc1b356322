"""Deals: the list, the page of one, and the forms that open and close it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from definitions.choices import Purpose
from pipeline.choices import Stage
from pipeline.forms import DealFilterForm, LoseForm, OpportunityForm, ReasonForm
from pipeline.models import Opportunity
from pipeline.selectors.deals import deal_page
from pipeline.selectors.lists import deals
from pipeline.services import deals as services
from pipeline.services.errors import LeadRefusedError
from pipeline.views.common import (
    Act,
    Done,
    answer,
    go_on,
    lead_to_work,
    next_page,
    posted,
    seen,
    word_in_use,
)
from pipeline.views.decisions import reasons_in_use
from revops.people.selectors import organization

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from revops.requests import MemberRequest

MOVE = "pipeline.move_deal"


@require_http_methods(["GET", "POST"])
@login_required
@permission_required(MOVE, raise_exception=True)
def lead_opportunity(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the form of a deal; on a valid POST open it from the lead."""
    lead = lead_to_work(request, pk, right=MOVE)
    owner = organization()
    initial = {
        "name": lead.company.name if lead.company else "",
        "currency": owner.currency if owner else "USD",
    }
    form = OpportunityForm(posted(request), initial=initial)

    def run() -> Done:
        told = form.cleaned_data
        deal = services.open_opportunity(
            lead=lead,
            name=told["name"],
            amount=told["amount"],
            currency=told["currency"],
            expected_close_on=told["expected_close_on"],
            next_step=told["next_step"],
            by=request.user,
            at=request.at,
            seen=seen(form),
        )
        return Done(text=f"Opened {deal}.")

    act = Act(
        lead=lead,
        template="pipeline/lead_opportunity.html",
        term="opportunity",
        form=form,
        run=run,
        to=Stage.OPPORTUNITY,
    )
    return answer(request, act)


@require_GET
@login_required
@permission_required("pipeline.view_lead", raise_exception=True)
def opportunity_list(request: MemberRequest) -> HttpResponse:
    """Show the deals the reader may see, narrowed by the address."""
    form = DealFilterForm(request.GET)
    form.is_valid()
    page = deals(user=request.user, filters=form.cleaned_data, page=request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {"form": form, "page": page, "query": query.urlencode()}
    return render(request, "pipeline/opportunity_list.html", context)


@require_GET
@login_required
@permission_required("pipeline.view_lead", raise_exception=True)
def opportunity_detail(request: MemberRequest, pk: int) -> HttpResponse:
    """Show one deal: what it is worth, who brought it, what happened to it."""
    deal = _deal_to_see(request, pk)
    can_move = request.user.has_perm(MOVE) and (
        Opportunity.objects.movable_by(request.user).filter(pk=pk).exists()
    )
    context = {
        "page": deal_page(deal=deal, user=request.user),
        "deal": deal,
        "currency": deal.currency or "USD",
        "can_move": can_move,
    }
    return render(request, "pipeline/opportunity_detail.html", context)


def _deal_to_see(request: MemberRequest, pk: int) -> Opportunity:
    rows = Opportunity.objects.visible_to(request.user).select_related(
        "lead__company", "lead__channel", "company", "channel", "rep", "sdr", "lost_reason",
        "round",
    )  # fmt: skip
    return get_object_or_404(rows, pk=pk)


def _deal_to_move(request: MemberRequest, pk: int) -> Opportunity:
    deal = _deal_to_see(request, pk)
    if not Opportunity.objects.movable_by(request.user).filter(pk=pk).exists():
        raise Http404
    return deal


@require_http_methods(["GET", "POST"])
@login_required
@permission_required(MOVE, raise_exception=True)
def opportunity_accept(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask once more; on a POST take the deal on for sales."""
    deal = _deal_to_move(request, pk)
    form = forms.Form(posted(request))

    def run() -> Done:
        services.accept_opportunity(opportunity=deal, by=request.user, at=request.at)
        return Done(text=f"Accepted {deal}: it is pipeline now.")

    return _answer(request, deal, form=form, run=run, act="accept", term="opportunity")


@require_http_methods(["GET", "POST"])
@login_required
@permission_required(MOVE, raise_exception=True)
def opportunity_return(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the reasons; on a valid POST give the deal back to who created it."""
    deal = _deal_to_move(request, pk)
    form = ReasonForm(posted(request), reasons=reasons_in_use(request, Purpose.REJECT))

    def run() -> Done:
        services.return_opportunity(
            opportunity=deal,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            by=request.user,
            at=request.at,
        )
        return Done(text=f"Returned {deal}.")

    return _answer(request, deal, form=form, run=run, act="return", term="opportunity")


@require_http_methods(["GET", "POST"])
@login_required
@permission_required(MOVE, raise_exception=True)
def opportunity_win(request: MemberRequest, pk: int) -> HttpResponse:
    """Show what winning means; on a POST close the deal as won."""
    deal = _deal_to_move(request, pk)
    form = forms.Form(posted(request))

    def run() -> Done:
        services.win_opportunity(opportunity=deal, by=request.user, at=request.at)
        return Done(text=f"Won {deal}.")

    return _answer(request, deal, form=form, run=run, act="win", term="closed_won")


@require_http_methods(["GET", "POST"])
@login_required
@permission_required(MOVE, raise_exception=True)
def opportunity_lose(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the closed-lost reasons; on a valid POST close the deal as lost."""
    deal = _deal_to_move(request, pk)
    form = LoseForm(posted(request), reasons=reasons_in_use(request, Purpose.CLOSED_LOST))

    def run() -> Done:
        services.lose_opportunity(
            opportunity=deal,
            reason=form.cleaned_data["reason"],
            competitor=form.cleaned_data["competitor"],
            note=form.cleaned_data["note"],
            by=request.user,
            at=request.at,
        )
        return Done(text=f"Lost {deal}.")

    return _answer(request, deal, form=form, run=run, act="lose", term="closed_lost")


def _answer(
    request: MemberRequest,
    deal: Opportunity,
    *,
    form: Any,
    run: Callable[[], Done],
    act: str,
    term: str,
) -> HttpResponse:
    """Show the form of an act on a deal; on a valid POST do it and go on."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                done = run()
            except LeadRefusedError as refusal:
                form.add_error(
                    refusal.field if refusal.field in form.fields else None, str(refusal)
                )
            else:
                return go_on(request, done, fallback=deal_address(deal))
    context = {
        "deal": deal,
        "currency": deal.currency or "USD",
        "form": form,
        "word": word_in_use(request, term),
        "next": next_page(request, fallback=""),
    }
    template = f"pipeline/opportunity_{act}.html"
    return render(
        request, f"{template}#form" if request.htmx else template, context, status=status
    )


def deal_address(deal: Opportunity) -> str:
    """Return the deal's page."""
    return reverse("pipeline:opportunity_detail", args=[deal.pk])
