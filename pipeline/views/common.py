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

from definitions.selectors import wordings
from pipeline.models import Lead
from pipeline.selectors.lead import find_lead, lead_card
from pipeline.services.errors import LeadRefusedError, StaleLeadError
from revops.people.selectors import viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.forms import Form

    from pipeline.models import Transition
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
    """

    lead: Lead
    template: str
    term: str
    form: Form
    run: Callable[[], Done]
    extra: dict[str, Any] = field(default_factory=dict)


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
        "word": wordings(at=request.at).get(act.term),
        "next": next_page(request, fallback=""),
        **act.extra,
    }
    template = f"{act.template}#form" if request.htmx else act.template
    return render(request, template, context, status=status)


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
