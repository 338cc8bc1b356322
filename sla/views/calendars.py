"""Pages of calendars: who counts in which hours, and the hours as a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from revops import formats
from revops.people.selectors import ZONE_NAMES
from sla import openings, services
from sla.clock import BusinessCalendar
from sla.forms import CalendarForm, initial_of
from sla.hours import differences, open_time, spec_of, week
from sla.selectors import calendars, preview

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse

    from revops.requests import MemberRequest
    from sla.models import Calendar, CalendarVersion
    from sla.openings import Openings

may_edit = permission_required("sla.edit_calendar", raise_exception=True)
USUAL = ("09:00-17:00", "08:00-16:00", "09:00-12:30, 13:30-17:00", "00:00-24:00", "closed")
WORKWEEK = dict.fromkeys(openings.WEEKDAYS[:5], "09:00-17:00")


@require_GET
@login_required
def calendar_list(request: MemberRequest) -> HttpResponse:
    """Show every calendar with who uses it, and which team works in which."""
    return render(request, "sla/calendar_list.html", _list(request.at))


def _list(at: datetime) -> dict[str, Any]:
    """Return what the list shows."""
    return {
        "cards": calendars.calendar_cards(at=at),
        "teams": calendars.team_rows(),
        "changes": calendars.record_changes(),
    }


@require_GET
@login_required
def calendar_detail(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the hours in force, the dates that differ, who uses them, and their history."""
    calendar = get_object_or_404(calendars.calendars_with_hours(), pk=pk)
    card = next(row for row in calendars.calendar_cards(at=request.at) if row.calendar == calendar)
    today = request.at.astimezone(card.hours.openings.zone).date()
    context = {
        "card": card,
        "calendar": calendar,
        "odd_dates": card.hours.odd_dates(since=today),
        "versions": calendars.version_rows(calendar),
        **_meaning(card.hours.openings, calendar_id=calendar.pk, at=request.at),
    }
    return render(request, "sla/calendar_detail.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@may_edit
def calendar_create(request: MemberRequest) -> HttpResponse:
    """Show an empty week; on a valid POST store the calendar."""
    if request.method == "GET" or _only_asks(request):
        form = _unsaved(request) or CalendarForm(initial=WORKWEEK | {"timezone": _zone()})
        return _form(request, form, calendar=None)
    form = CalendarForm(request.POST)
    if form.is_valid():
        try:
            version = services.create_calendar(
                name=form.cleaned_data["name"], spec=_spec(form), by=request.user, at=request.at
            )
        except services.CalendarRefusedError as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"{version.calendar} is there. Give it to a team below.")
            return redirect("sla:calendar_list")
    return _form(request, form, calendar=None)


@require_http_methods(["GET", "POST"])
@login_required
@may_edit
def calendar_edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the hours as a form; on a valid POST write the next version."""
    calendar = get_object_or_404(calendars.calendars_with_hours(), pk=pk)
    latest = calendars.latest_version(calendar)
    if latest is None:
        raise Http404("no hours")
    stored = openings.parse(latest.spec)
    initial = initial_of(stored, name=calendar.name, number=latest.number)
    if request.method == "GET" or _only_asks(request):
        form = _unsaved(request) or CalendarForm(initial=initial)
        return _form(request, form, calendar=calendar)
    form = CalendarForm(request.POST, initial={"timezone": initial["timezone"]})
    if not form.is_valid():
        return _form(request, form, calendar=calendar)
    try:
        version = services.edit_calendar(
            calendar=calendar,
            name=form.cleaned_data["name"],
            spec=_spec(form),
            seen=form.cleaned_data["version"] or 0,
            by=request.user,
            at=request.at,
        )
    except services.CalendarConflictError as conflict:
        return _conflict(request, form, calendar=calendar, latest=conflict.latest or latest)
    except services.CalendarRefusedError as refusal:
        form.add_error("name", str(refusal))
        return _form(request, form, calendar=calendar)
    return _saved(request, calendar=calendar, version=version)


def _saved(
    request: MemberRequest, *, calendar: Calendar, version: CalendarVersion | None
) -> HttpResponse:
    """Say what was stored, and go where running deadlines can be looked at if there are any."""
    if version is None:
        messages.success(request, "Saved. The hours are as they were.")
        return redirect("sla:calendar_detail", pk=calendar.pk)
    messages.success(request, f"Version {version.number} holds from now on.")
    if services.preview_replan(version=version, at=request.at):
        return redirect("sla:calendar_replan", pk=calendar.pk)
    return redirect("sla:calendar_detail", pk=calendar.pk)


def _conflict(
    request: MemberRequest, form: CalendarForm, *, calendar: Calendar, latest: CalendarVersion
) -> HttpResponse:
    """Show both: what the other person stored and what was about to be stored over it."""
    seen = calendar.versions.filter(number=form.cleaned_data["version"] or 0).first()
    mine = form.openings
    base = openings.parse((seen or latest).spec)
    theirs = openings.parse(latest.spec)
    again = CalendarForm(request.POST.dict() | {"version": str(latest.number)})
    again.is_valid()
    rows = calendars.version_rows(calendar)
    context = {
        "latest": latest,
        "by": next(row.by for row in rows if row.version.pk == latest.pk),
        "theirs": differences(base, theirs) if seen else [],
        "mine": differences(base, mine) if mine else [],
    }
    return _form(request, again, calendar=calendar, status=409, **context)


def _only_asks(request: MemberRequest) -> bool:
    """Return whether a POST wants another row or the preview, and nothing stored."""
    return "add" in request.POST or "show" in request.POST


def _unsaved(request: MemberRequest) -> CalendarForm | None:
    """Return the form as it was posted, with one more row where one is asked for."""
    if request.method == "GET":
        return None
    return CalendarForm(initial=request.POST.dict(), add=request.POST.get("add", ""))


def _spec(form: CalendarForm) -> dict[str, Any]:
    """Return the hours of a valid form."""
    if form.openings is None:
        raise AssertionError(form.errors)
    return spec_of(form.openings)


def _zone() -> str:
    """Return the zone of the company's hours."""
    company = preview.default_calendar()
    return company.zone.key if company else "UTC"


def _form(
    request: MemberRequest,
    form: CalendarForm,
    *,
    calendar: Calendar | None,
    status: int | None = None,
    **more: Any,
) -> HttpResponse:
    """Answer with the form and what its hours mean."""
    form.first_year = request.at.year
    data = request.POST.dict() if request.method == "POST" else dict(form.initial)
    context = {
        "form": form,
        "calendar": calendar,
        "zones": ZONE_NAMES,
        "usual": USUAL,
        **_preview_of(data, calendar_id=calendar.pk if calendar else None, at=request.at),
        **more,
    }
    refused = 422 if form.is_bound and form.errors else 200
    return render(request, "sla/calendar_form.html", context, status=status or refused)


@require_POST
@login_required
@may_edit
def calendar_preview(request: MemberRequest) -> HttpResponse:
    """Say what the hours on the form mean, before they are stored."""
    pk = request.POST.get("calendar", "")
    calendar_id = int(pk) if _is_id(pk) else None
    context = _preview_of(request.POST.dict(), calendar_id=calendar_id, at=request.at)
    return render(request, "sla/_hours_meaning.html", context)


def _preview_of(data: dict[str, Any], *, calendar_id: int | None, at: datetime) -> dict[str, Any]:
    """Return what posted hours mean; an empty answer says that they are not complete."""
    form = CalendarForm(data | {"name": data.get("name") or "Unnamed"})
    form.is_valid()
    if form.openings is None:
        return {"meaning": None}
    return _meaning(form.openings, calendar_id=calendar_id, at=at) | {"questions": form.questions}


def _meaning(hours: Openings, *, calendar_id: int | None, at: datetime) -> dict[str, Any]:
    """Return the week as a picture and what the promises in force come to under the hours."""
    by_calendar = calendars.promises_by_calendar(at=at)
    of_all = [row for rows in by_calendar.values() for row in rows]
    own = by_calendar.get(calendar_id or 0) or [row for row in of_all if row.follows_territory]
    found = preview.consequences(
        commitments=own or of_all, calendar=BusinessCalendar(hours), at=at
    )
    return {
        "meaning": {
            "week": week(hours),
            "zone": hours.zone.key,
            "open": formats.duration(open_time(hours)),
            "consequences": found,
        },
    }


@require_POST
@login_required
@may_edit
def territories(request: MemberRequest) -> HttpResponse:
    """Store which team works in which calendar."""
    chosen, seen = _by_team(request, "team-"), _by_team(request, "seen-")
    if chosen is None or seen is None:
        messages.error(request, "Choose a calendar from the list for each team.")
        return render(request, "sla/calendar_list.html", _list(request.at), status=422)
    try:
        changed = services.set_territories(
            calendars=chosen, seen=seen, by=request.user, at=request.at
        )
    except services.CalendarConflictError as conflict:
        context = {"what": "Somebody was faster", "why": f"{conflict} Nothing was stored."}
        link = {"href": request.path.removesuffix("territories/"), "action": "See how it stands"}
        return render(request, "errors/409.html", context | link, status=409)
    except services.CalendarRefusedError as refusal:
        messages.error(request, str(refusal))
        return render(request, "sla/calendar_list.html", _list(request.at), status=422)
    words = f"{formats.plural(changed, 'team')} changed." if changed else "Nothing was changed."
    messages.success(request, words)
    return redirect("sla:calendar_list")


def _by_team(request: MemberRequest, prefix: str) -> dict[int, int | None] | None:
    """Return the calendars posted by team; None when one is no number."""
    found: dict[int, int | None] = {}
    for key, value in request.POST.dict().items():
        team = key.removeprefix(prefix)
        if team == key:
            continue
        if not _is_id(team) or not (value == "" or _is_id(value)):
            return None
        found[int(team)] = int(value) if value else None
    return found


def _is_id(text: str) -> bool:
    """Return whether a text is the number of a row."""
    return text.isascii() and text.isdecimal() and len(text) < 10  # noqa: PLR2004 (an integer)
