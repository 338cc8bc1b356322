"""Work that decides nothing: contacts, "still working", and handing a lead over."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from pipeline.choices import ActivityKind, ActivityOutcome
from pipeline.forms import AssignForm, ContactForm, NoteForm
from pipeline.models import Lead
from pipeline.services import lifecycle
from pipeline.services.errors import RepAwayError
from pipeline.views.common import Act, Done, answer, lead_to_see, lead_to_work, posted
from revops.people.choices import Role
from revops.people.selectors import viewer

if TYPE_CHECKING:
    from django.http import HttpResponse

    from revops.people.models import Rep
    from revops.requests import MemberRequest


@require_http_methods(["GET", "POST"])
@login_required
def lead_contact(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the contact form; on a valid POST store the attempt."""
    if request.user.has_perm("pipeline.correct_contact"):
        lead = lead_to_see(request, pk)
    else:
        lead = lead_to_work(request, pk, right="pipeline.log_contact")
    # The person types times of their own zone.
    with timezone.override(ZoneInfo(viewer(request).zone)):
        form = ContactForm(posted(request))
        form.is_valid()

    def run() -> Done:
        told = form.cleaned_data
        stored = lifecycle.log_contact(
            lead=lead,
            kind=ActivityKind(told["kind"]),
            outcome=ActivityOutcome(told["outcome"]),
            occurred_at=told["occurred_at"],
            note=told["note"],
            by=request.user,
            at=request.at,
        )
        undo = reverse("pipeline:undo_contact", args=[stored.pk])
        outcome = str(stored.get_outcome_display()).lower()
        text = f"Logged for {lead}: {str(stored.get_kind_display()).lower()}, {outcome}."
        return Done(text=text, undo=undo)

    act = Act(lead=lead, template="pipeline/lead_contact.html", term="sal", form=form, run=run)
    return answer(request, act)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("pipeline.log_contact", raise_exception=True)
def lead_working(request: MemberRequest, pk: int) -> HttpResponse:
    """Show what "working" means; on a POST log that the lead is being worked."""
    lead = lead_to_work(request, pk, right="pipeline.log_contact")
    form = NoteForm(posted(request))

    def run() -> Done:
        lifecycle.mark_working(
            lead=lead, note=form.cleaned_data["note"], by=request.user, at=request.at
        )
        return Done(text=f"Still working on {lead}.")

    act = Act(lead=lead, template="pipeline/lead_working.html", term="sal", form=form, run=run)
    return answer(request, act)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("pipeline.assign_lead", raise_exception=True)
def lead_assign(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the roster; on a POST give the lead to the rep, or to the next in turn."""
    lead = lead_to_see(request, pk)
    is_leader = request.user.role == Role.SALES_LEADER
    if is_leader and not Lead.objects.disposable_by(request.user).filter(pk=pk).exists():
        raise Http404
    form = AssignForm(posted(request))
    offered: dict[str, Rep | None] = {}

    def run() -> Done:
        try:
            stored = lifecycle.assign_lead(
                lead=lead, rep=form.cleaned_data["rep"], by=request.user, at=request.at
            )
        except RepAwayError as refusal:
            offered["cover"] = refusal.cover
            raise
        undo = reverse("pipeline:undo_assignment", args=[stored.pk])
        if stored.rep is None:
            return Done(text=f"Everybody is away: {lead} waits unassigned.", undo=undo)
        return Done(text=f"Assigned {lead} to {stored.rep.name}.", undo=undo)

    act = Act(
        lead=lead,
        template="pipeline/lead_assign.html",
        term="mql",
        form=form,
        run=run,
        extra={"offered": offered},
    )
    return answer(request, act)
