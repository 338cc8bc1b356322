"""What follows from other hours: public holidays taken over, running deadlines planned again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from revops import formats
from sla import openings, services
from sla.choices import ReplanReason
from sla.forms import HolidaysForm, ReplanForm
from sla.hours import spec_of
from sla.selectors import calendars
from sla.selectors.public_holidays import SOURCE, proposals

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.http import HttpResponse

    from revops.requests import MemberRequest
    from sla.models import Calendar, CalendarVersion
    from sla.selectors.public_holidays import Proposal

may_edit = permission_required("sla.edit_calendar", raise_exception=True)
SHOWN = 500


def _hours(pk: int) -> tuple[Calendar, CalendarVersion]:
    """Return a calendar that has hours, and the version in force."""
    calendar = get_object_or_404(calendars.calendars_with_hours(), pk=pk)
    latest = calendars.latest_version(calendar)
    if latest is None:
        raise Http404("no hours")
    return calendar, latest


@require_http_methods(["GET", "POST"])
@login_required
@may_edit
def calendar_holidays(request: MemberRequest, pk: int) -> HttpResponse:
    """Propose the public holidays of a place and year; on a POST take over the chosen ones."""
    calendar, latest = _hours(pk)
    hours = openings.parse(latest.spec)
    known = {date.fromordinal(day) for day in hours.holidays}
    source = request.POST if request.method == "POST" else request.GET
    asked = "country" in source
    initial = {"country": "US", "year": request.at.astimezone(hours.zone).year}
    form = HolidaysForm(source if asked else None, initial=initial)
    found: list[Proposal] | None = None
    if asked and form.is_valid():
        found = proposals(**form.cleaned_data, known=known)
    status = 422 if form.errors else 200
    if request.method == "POST" and found is not None:
        chosen = _chosen(found, request=request)
        if chosen:
            return _take_over(request, calendar=calendar, latest=latest, chosen=chosen)
        form.add_error(None, "Choose at least one holiday that the calendar does not have.")
        status = 422
    context = {
        "calendar": calendar,
        "latest": latest,
        "form": form,
        "proposals": found,
        "open_count": sum(not row.is_known for row in found or ()),
        "source": SOURCE,
    }
    return render(request, "sla/calendar_holidays.html", context, status=status)


def _chosen(found: Collection[Proposal], *, request: MemberRequest) -> list[Proposal]:
    """Return the proposals that were ticked, or all with the button for all."""
    ticked = set(request.POST.getlist("day"))
    every = "all" in request.POST
    return [row for row in found if not row.is_known and (every or row.on.isoformat() in ticked)]


def _take_over(
    request: MemberRequest,
    *,
    calendar: Calendar,
    latest: CalendarVersion,
    chosen: Collection[Proposal],
) -> HttpResponse:
    """Write the version with the holidays; answer 409 when the hours changed meanwhile."""
    spec = spec_of(openings.parse(latest.spec))
    spec["holidays"] += [{"date": row.on.isoformat(), "name": row.name} for row in chosen]
    seen = request.POST.get("version", "")
    try:
        version = services.edit_calendar(
            calendar=calendar,
            name=calendar.name,
            spec=spec,
            seen=int(seen) if seen.isascii() and seen.isdecimal() else 0,
            by=request.user,
            at=request.at,
        )
    except services.CalendarConflictError as conflict:
        return _faster(request, words=str(conflict), calendar=calendar)
    messages.success(
        request,
        f"{formats.plural(len(chosen), 'holiday')} taken over."
        + (f" Version {version.number} holds from now on." if version else ""),
    )
    if version is not None and services.preview_replan(version=version, at=request.at):
        return redirect("sla:calendar_replan", pk=calendar.pk)
    return redirect("sla:calendar_detail", pk=calendar.pk)


def _faster(request: MemberRequest, *, words: str, calendar: Calendar) -> HttpResponse:
    """Answer that somebody was faster."""
    context = {
        "why": f"{words} Nothing was stored.",
        "href": reverse("sla:calendar_detail", kwargs={"pk": calendar.pk}),
    }
    return render(request, "errors/409.html", context, status=409)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A deadline on the page; one that gains time is ticked beforehand, no other is."""

    row: services.ReplanRow
    company: str
    is_ticked: bool


def _shown(rows: Sequence[services.ReplanRow], *, ticked: set[str] | None) -> list[_Shown]:
    companies = calendars.companies_of_clocks([row.clock_id for row in rows])
    return [
        _Shown(
            row=row,
            company=companies.get(row.clock_id) or f"Lead {row.lead_id}",
            is_ticked=row.extends if ticked is None else row.key in ticked,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class _Counts:
    """How many deadlines would move which way."""

    later: int
    earlier: int

    @property
    def words(self) -> str:
        """Both numbers as a sentence."""
        told = []
        if self.later:
            verb = "gains" if self.later == 1 else "gain"
            told.append(f"{formats.plural(self.later, 'deadline')} {verb} time")
        if self.earlier:
            verb = "loses" if self.earlier == 1 else "lose"
            told.append(f"{formats.plural(self.earlier, 'deadline')} {verb} time")
        return ", ".join(told) + "." if told else ""


@require_http_methods(["GET", "POST"])
@login_required
@may_edit
def calendar_replan(request: MemberRequest, pk: int) -> HttpResponse:
    """Show which running deadlines would move under the hours in force; on a POST move them."""
    calendar, latest = _hours(pk)
    posted = request.method == "POST"
    form = ReplanForm(request.POST if posted else None)
    if posted and form.is_valid():
        if request.POST.get("version") != str(latest.number):
            words = "These hours have changed again."
            return _faster(request, words=words, calendar=calendar)
        gaining = "gaining" in request.POST
        keys = set(request.POST.getlist("row"))
        if not keys and not gaining:
            form.add_error(None, "Choose at least one deadline.")
        else:
            return _plan_again(request, form=form, latest=latest, keys=None if gaining else keys)
    rows = services.preview_replan(version=latest, at=request.at)
    counts = _Counts(sum(row.extends for row in rows), sum(not row.extends for row in rows))
    ticked = set(request.POST.getlist("row")) if posted else None
    context = {
        "calendar": calendar,
        "latest": latest,
        "form": form,
        "rows": _shown(rows[:SHOWN], ticked=ticked),
        "hidden_count": max(len(rows) - SHOWN, 0),
        "counts": counts,
        "title": f"Under version {latest.number}",
    }
    status = 422 if form.errors else 200
    return render(request, "sla/calendar_replan.html", context, status=status)


def _plan_again(
    request: MemberRequest,
    *,
    form: ReplanForm,
    latest: CalendarVersion,
    keys: Collection[str] | None,
) -> HttpResponse:
    """Move the deadlines and say how many moved; without keys only those that gain time."""
    try:
        moved = services.replan(
            version=latest,
            keys=keys,
            reason=ReplanReason(form.cleaned_data["reason"]),
            by=request.user,
            at=request.at,
            is_automatic=keys is None,
        )
    except services.ReplanRefusedError as refusal:
        return _faster(request, words=str(refusal), calendar=latest.calendar)
    left = 0 if keys is None else len(keys) - len({row.key for row in moved})
    words = f"{formats.plural(len(moved), 'deadline')} planned again."
    if left > 0:
        words += f" {formats.plural(left, 'other')} ended or moved meanwhile and stayed."
    messages.success(request, words)
    return redirect("sla:calendar_detail", pk=latest.calendar_id)
