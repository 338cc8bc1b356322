"""The page that asks people to read the definitions, and who has read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from definitions import selectors, services
from definitions.choices import DocumentKind
from definitions.forms import ReadForm
from definitions.views.common import instant, member
from definitions.views.reading import may_read
from revops import formats

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

may_remind = permission_required("definitions.remind_readers", raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@may_read
def reading(request: HttpRequest) -> HttpResponse:
    """Show what to read, or what changed since; on a POST store that it was read."""
    at = instant(request)
    status = 200
    form = ReadForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.acknowledge_definitions(
                    number=form.cleaned_data["number"], by=member(request), at=at
                )
            except services.ReadingStaleError as refusal:
                form.add_error(None, str(refusal))
                status = 409
            else:
                messages.success(request, "Thank you. It is noted that you have read this.")
                return redirect("definitions:reading")
    page = selectors.reading_of(reader=member(request), at=at)
    context = {"page": page, "form": form}
    return render(request, "definitions/reading.html", context, status=status)


@require_safe
@login_required
@may_remind
def readers(request: HttpRequest) -> HttpResponse:
    """Show who has read the definitions in use and who has not."""
    in_use = selectors.version_in_use(kind=DocumentKind.DEFINITIONS, at=instant(request))
    roll = selectors.roll_of(version=in_use.version)
    waiting = [line for line in roll if line.acknowledged_at is None]
    context = {
        "in_use": in_use,
        "roll": roll,
        "waiting_count": len(waiting),
        "may_remind": any(line.reminded_at is None for line in waiting),
    }
    return render(request, "definitions/readers.html", context)


@require_POST
@login_required
@may_remind
def remind(request: HttpRequest) -> HttpResponse:
    """Remind those who have not read the definitions in use and were not reminded yet."""
    count = services.remind_readers(by=member(request), at=instant(request))
    if count:
        messages.success(request, f"Reminded {formats.plural(count, 'person', 'people')}.")
    else:
        messages.success(request, "Everybody was reminded already or has read it.")
    return redirect("definitions:readers")
