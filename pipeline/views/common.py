"""What the pages of acts share: find the lead, run the form, answer, offer to take it back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from definitions.selectors import vocabulary, wording_of, wordings
from pipeline import stages
from pipeline.choices import Designation, Stage
from pipeline.models import Lead
from pipeline.selectors.lead import find_lead, lead_card
from pipeline.services.errors import LeadRefusedError, StaleLeadError
from revops.people.selectors import viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.forms import Form

    from definitions.selectors import Wording
    from pipeline.models import Transition
    from pipeline.selectors.lead import LeadCard
    from revops.requests import MemberRequest


@dataclass(frozen=True, kw_only=True)
class Done:
    """What was done, in words, and the address that takes it back, if any."""

    text: str
    undo: str = ""


@dataclass(frozen=True, kw_only=True)
class Act:
    """One act on one lead, as its page shows it.

    Attributes:
        template: The page; its partial `form` is what htmx swaps.
        term: Code of the signed term that stands beside the form.
        form: The form, bound on a POST.
        run: Does it; called with a valid form.
        extra: What its page shows besides.
        to: The stage it leads to; where the lead's stage does not allow it, no form is shown.
    """

    lead: Lead
    template: str
    term: str
    form: Form
    run: Callable[[], Done]
    extra: dict[str, Any] = field(default_factory=dict)
    to: Stage | None = None


def lead_to_see(request: MemberRequest, pk: int) -> Lead:
    """Return a lead the reader may see; 404 otherwise, also for a foreign one."""
    try:
        return find_lead(user=request.user, pk=pk)
    except Lead.DoesNotExist as error:
        raise Http404 from error


def lead_to_work(request: MemberRequest, pk: int, *, right: str) -> Lead:
    """Return a lead the reader may act on by `right`: own, or the team's as leader.

    Raises:
        PermissionDenied: The role does not hold the right.
        Http404: The lead is not theirs.
    """
    if not request.user.has_perm(right):
        raise PermissionDenied
    lead = lead_to_see(request, pk)
    if not Lead.objects.disposable_by(request.user).filter(pk=pk).exists():
        raise Http404
    return lead


def answer(request: MemberRequest, act: Act) -> HttpResponse:
    """Show the form of an act; on a valid POST do it and go on."""
    status = 200
    is_stale = False
    if request.method == "POST":
        status = 422
        if act.form.is_valid():
            try:
                done = act.run()
            except StaleLeadError as refusal:
                act.form.add_error(None, str(refusal))
                status, is_stale = 409, True
            except LeadRefusedError as refusal:
                field = refusal.field if refusal.field in act.form.fields else None
                act.form.add_error(field, str(refusal))
            else:
                return go_on(request, done, fallback=act.lead.get_absolute_url())
    lead = Lead.objects.select_related("company", "channel").get(pk=act.lead.pk)
    card = lead_card(lead=lead, user=request.user, reader=viewer(request), at=request.at)
    context = {
        "act": act,
        "card": card,
        "form": act.form,
        "is_stale": is_stale,
        "word": word_in_use(request, act.term),
        "judged": card.round.definitions_version.number if card.round else None,
        "next": next_page(request, fallback=""),
        **act.extra,
    }
    if request.method == "GET" and not _may_succeed(act, card=card):
        return _refuse(request, act, context=context)
    template = f"{act.template}#form" if request.htmx else act.template
    return render(request, template, context, status=status)


def _may_succeed(act: Act, *, card: LeadCard) -> bool:
    """Return whether the lead's stage allows the act."""
    if act.to is None:
        return True
    current = card.round
    return stages.reaches(
        current=Stage(card.lead.stage),
        target=act.to,
        is_outbound=current is not None and current.designation == Designation.OUTBOUND,
    ) or (act.to == Stage.MQL and card.lead.stage in stages.CLOSED - {Stage.VOID})


def _refuse(request: MemberRequest, act: Act, *, context: dict[str, Any]) -> HttpResponse:
    """Say that the lead's stage does not allow the act, instead of a form that must fail."""
    template = "pipeline/lead_refused.html" + ("#form" if request.htmx else "")
    stands = stages.words(Stage(act.lead.stage))
    wanted = stages.words(act.to) if act.to else ""
    return render(request, template, context | {"stands": stands, "wanted": wanted}, status=409)


def word_in_use(request: MemberRequest, term: str) -> Wording | None:
    """Return a term as it is in use; without a statement where this process has seen it."""
    held = vocabulary(viewer(request))
    return (wordings(at=request.at) if held is None else held.words).get(term)


def judged_word(card: LeadCard, *, term: str, request: MemberRequest) -> Wording | None:
    """Return a term beside the criteria of a round: in the words the round was judged by.

    Without criteria to show it is the term in use.
    """
    if card.round is None or not card.checks:
        return word_in_use(request, term)
    in_use = word_in_use(request, term)
    if in_use is not None and in_use.sha256 == card.round.definitions_version.sha256:
        return in_use
    return wording_of(term=term, version=card.round.definitions_version) or in_use


def go_on(request: MemberRequest, done: Done, *, fallback: str) -> HttpResponse:
    """Say what was done, offer to take it back, and go where the person came from."""
    tags = f"undo:{done.undo}" if done.undo else ""
    messages.success(request, done.text, extra_tags=tags)
    address = next_page(request, fallback=fallback)
    if request.htmx:
        return HttpResponseClientRedirect(address)
    return redirect(address)


def next_page(request: MemberRequest, *, fallback: str) -> str:
    """Return the page to go on with; only pages of our own."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else fallback


def undo_of(transition: Transition) -> str:
    """Return the address that takes a decision back."""
    return reverse("pipeline:undo_transition", args=[transition.pk])


def seen(form: Form) -> int | None:
    """Return the transition the person saw when the form was opened."""
    return cast("int | None", form.cleaned_data.get("seen"))


def posted(request: MemberRequest) -> Any:
    """Return what was sent, None when nothing was; an empty POST is sent too."""
    return request.POST if request.method == "POST" else None
