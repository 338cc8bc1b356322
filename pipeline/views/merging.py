"""Merging two leads: choose the other one, look at both, confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required, permission_required
from django.views.decorators.http import require_http_methods

from pipeline.fact_forms import MergeForm
from pipeline.models import Lead
from pipeline.selectors.actors import actor_of
from pipeline.selectors.merging import objection_to_merge, side_of, twins_of
from pipeline.services.merging import merge_leads
from pipeline.views.common import Act, Done, answer, lead_to_see, posted
from revops.people.selectors import viewer

if TYPE_CHECKING:
    from django.http import HttpResponse

    from revops.requests import MemberRequest


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("pipeline.merge_leads", raise_exception=True)
def lead_merge(request: MemberRequest, pk: int) -> HttpResponse:
    """Show both leads; on a POST that names the survivor merge this one into it."""
    lead = lead_to_see(request, pk)
    seen = Lead.objects.visible_to(request.user).select_related("company", "owner")
    form = MergeForm(posted(request), leads=seen)
    wanted = request.POST.get("into") or request.GET.get("into", "")
    into = seen.filter(pk=int(wanted)).first() if _is_id(wanted) else None

    def run() -> Done:
        kept = merge_leads(
            lead=lead,
            into=form.cleaned_data["into"],
            actor=actor_of(request.user),
            at=request.at,
        )
        return Done(text=f"Merged into {kept}.")

    extra: dict[str, Any] = {
        "twins": twins_of(lead=lead, user=request.user) if into is None else [],
        "wanted": wanted,
        "is_unknown": bool(wanted) and into is None,
    }
    if into is not None:
        reader = viewer(request)
        extra |= {
            "into": into,
            "objection": objection_to_merge(lead=lead, into=into),
            "sides": [side_of(lead=one, user=request.user, reader=reader) for one in (into, lead)],
        }
    act = Act(
        lead=lead,
        template="pipeline/lead_merge.html",
        term="lead",
        form=form,
        run=run,
        extra=extra,
    )
    return answer(request, act)


def _is_id(text: str) -> bool:
    """Return whether a text can be the id of a lead."""
    return text.isascii() and text.isdecimal() and len(text) < 19  # noqa: PLR2004 - bigint
