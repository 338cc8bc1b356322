"""What `base.html` needs: navigation, banner, theme and the reader's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import template
from django.contrib.messages import get_messages

from revops import formats, navigation
from revops.people.choices import Role, Side
from revops.people.selectors import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest

    from revops.people.models import User

register = template.Library()

_TONES = {"success": "good", "warning": "warn", "error": "bad"}
_UNDO = "undo:"
_SEARCH_PAGES = ("pipeline:search", "pipeline:lead_list", "pipeline:queue")


@dataclass(frozen=True, kw_only=True)
class Shell:
    """The frame around one page for one reader."""

    user: User | None
    links: list[navigation.Link]
    organization: str
    is_sample: bool
    theme: str
    zone: str
    stamp: str
    stamp_iso: str
    search_url: str | None
    profile_url: str | None
    logout_url: str | None
    theme_url: str | None
    sample_url: str | None
    side: str
    notices_url: str | None
    unread: int
    has_shortcuts: bool
    is_presenting: bool


_DOES = {
    Role.REVOPS: "Edits and signs definitions, holds both sides to the agreement.",
    Role.MARKETING_LEADER: "Signs for marketing and owns a pipeline target.",
    Role.MARKETING: "Answers sales' feedback and recycles leads.",
    Role.SALES_LEADER: "Signs for sales, covers absences, watches response.",
    Role.SALES_REP: "Contacts leads, accepts or rejects them with a reason, moves deals.",
    Role.VIEWER: "Reads the joint numbers; personal data is masked.",
}


@register.filter
def side(role: str) -> str:
    """Return the side of the agreement a role stands on; empty for those on neither."""
    return next((side for side in Side.values if role.startswith(side)), "")


@register.filter
def role_does(role: str) -> str:
    """Return what a role does, as one sentence."""
    return _DOES.get(Role(role), "")


@dataclass(frozen=True, kw_only=True)
class Toast:
    """One message about what just happened."""

    text: str
    tone: str
    undo: str


@register.simple_tag(takes_context=True)
def toasts(context: template.Context) -> list[Toast]:
    """Return and use up the request's messages.

    A message offers to be taken back when its extra tags name the address:
    `messages.success(request, "Rejected.", extra_tags=f"undo:{url}")`.
    """
    request: HttpRequest | None = getattr(context, "request", None) or context.get("request")
    if request is None or not hasattr(request, "_messages"):
        return []
    return [
        Toast(
            text=str(message),
            tone=_TONES.get(message.level_tag, ""),
            undo=next(
                (
                    tag.removeprefix(_UNDO)
                    for tag in (message.extra_tags or "").split()
                    if tag.startswith(_UNDO)
                ),
                "",
            ),
        )
        for message in get_messages(request)
    ]


@register.simple_tag(takes_context=True)
def shell(context: template.Context) -> Shell:
    """Return the frame of the page; right without a request too, as on the page of error 500."""
    request: HttpRequest | None = getattr(context, "request", None) or context.get("request")
    reader = viewer(request)
    user = reader.user
    stamp = "" if reader.at is None else formats.local(
        reader.at, zone=reader.zone, style="time", twelve_hours=reader.twelve_hours
    )  # fmt: skip
    return Shell(
        user=user,
        links=navigation.links(user=user, path=request.path) if user and request else [],
        organization=reader.organization,
        is_sample=reader.is_sample,
        theme=reader.theme,
        zone=reader.zone,
        stamp=stamp,
        stamp_iso="" if reader.at is None else formats.iso(reader.at),
        search_url=navigation.first_url(_SEARCH_PAGES) if user else None,
        profile_url=navigation.first_url(["people:profile"]) if user else None,
        theme_url=navigation.first_url(["people:theme"]) if user else None,
        logout_url=navigation.first_url(["people:logout"]),
        sample_url=navigation.first_url(["people:sample"]),
        side=side(user.role) if user else "",
        notices_url=navigation.first_url(["outbox:notices"]) if user else None,
        unread=reader.facts.get("unread_count") or 0,
        has_shortcuts=reader.has_shortcuts,
        is_presenting=bool(request and request.GET.get("present") == "1"),
    )
