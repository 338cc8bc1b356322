"""Log in, look as a sample person, log out, and one's own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from revops import gallery as gallery_values
from revops.people import feeds, services
from revops.people.forms import LoginForm, ProfileForm, SampleForm, ThemeForm
from revops.people.models import FeedToken, Rep
from revops.people.selectors import organization, sample_people

if TYPE_CHECKING:
    from django.http import HttpRequest

    from revops.requests import MemberRequest

_BACKEND = "revops.people.backends.RoleBackend"


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Show the login form; on the right password start a session and go on."""
    if request.user.is_authenticated:
        return redirect(_next_page(request))
    form = LoginForm(request, request.POST if request.method == "POST" else None)
    if form.is_valid():
        login(request, form.get_user())
        return redirect(_next_page(request))
    return render(
        request,
        "people/login.html",
        {
            "form": form,
            "next": request.POST.get("next", request.GET.get("next", "")),
            "people": sample_people(),
        },
        status=422 if form.errors else 200,
    )


@never_cache
@require_http_methods(["GET", "POST"])
def sample(request: HttpRequest) -> HttpResponse:
    """Offer one person per role of the sample company; on a POST look as that person."""
    people = sample_people()
    if not people:
        return redirect("people:login")
    form = SampleForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            person = services.sample_person(role=form.cleaned_data["role"])
        except services.SampleOnlyError as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        if request.user.is_authenticated:
            logout(request)
        login(request, person, backend=_BACKEND)
        return redirect(_next_page(request))
    return render(
        request,
        "people/sample.html",
        {"people": people, "next": request.GET.get("next", "")},
        status=422 if form.errors else 200,
    )


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("people:login")


@require_http_methods(["GET", "POST"])
@login_required
def profile(request: MemberRequest) -> HttpResponse:
    """Show how the reader sees the product; on a valid POST store the choice."""
    form = _profile_form(request, data=request.POST if request.method == "POST" else None)
    if form.is_valid():
        services.update_display(user=request.user, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("people:profile")
    return _profile_page(request, form=form)


def _profile_form(request: MemberRequest, *, data: Any) -> ProfileForm:
    user, owner = request.user, organization()
    return ProfileForm(
        data,
        organization_zone=owner.timezone if owner else "UTC",
        initial={
            "timezone": user.timezone,
            "hour_cycle": user.hour_cycle,
            "theme": user.theme,
            "has_shortcuts": user.has_shortcuts,
        },
    )


def _profile_page(
    request: MemberRequest, *, form: ProfileForm, feed_secret: str = ""
) -> HttpResponse:
    """Show the settings; `feed_secret` is the new secret of the feed, shown this once."""
    path = reverse("pipeline:deadlines_feed", args=[feed_secret]) if feed_secret else ""
    context = {
        "form": form,
        "is_rep": Rep.objects.filter(user=request.user).exists(),
        "feed": FeedToken.objects.filter(user=request.user).first(),
        "feed_address": request.build_absolute_uri(path) if path else "",
    }
    return render(request, "people/profile.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
@never_cache
@sensitive_variables("secret")
def feed_renew(request: MemberRequest) -> HttpResponse:
    """Give the reader's calendar feed a new secret address and show it, once."""
    if not Rep.objects.filter(user=request.user).exists():
        raise PermissionDenied("Only people on the roster have deadlines of their own.")
    secret = feeds.renew_feed(user=request.user, at=request.at)
    return _profile_page(request, form=_profile_form(request, data=None), feed_secret=secret)


@require_POST
@login_required
def feed_revoke(request: MemberRequest) -> HttpResponse:
    """End the reader's calendar feed."""
    feeds.revoke_feed(user=request.user, at=request.at)
    messages.success(request, "The feed is closed; its address opens nothing any more.")
    return redirect("people:profile")


@require_POST
@login_required
def theme(request: MemberRequest) -> HttpResponse:
    """Store the theme chosen in the top bar."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    services.choose_theme(user=request.user, theme=form.cleaned_data["theme"])
    return HttpResponse(status=204)


@require_GET
@login_required
def gallery(request: MemberRequest) -> HttpResponse:
    """Show every component in all its states."""
    return render(request, "gallery.html", {"sample": gallery_values.sample(at=request.at)})


def _next_page(request: HttpRequest) -> str:
    """Return where to go after logging in; never another site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else resolve_url("/")
