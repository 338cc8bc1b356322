"""Answers about people and the organisation that are not rows of one model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils.module_loading import import_string

from revops.people.choices import Role
from revops.people.models import Organization, User

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from django.http import HttpRequest

ZONE_NAMES = (*sorted(name for name in available_timezones() if "/" in name), "UTC")


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """How one reader wants the product to look and to tell the time.

    Attributes:
        user: Who reads; None when nobody is logged in.
        zone: IANA name; the organisation's where the reader has not chosen one.
        theme: `light`, `dark`, or empty for the browser's choice.
        at: The request's instant; None outside a request.
        facts: What the apps above read in the same statement, by name; see `READER_COLUMNS`.
    """

    user: User | None
    organization: str
    is_sample: bool
    zone: str
    theme: str
    twelve_hours: bool
    has_shortcuts: bool
    at: datetime | None
    facts: Mapping[str, Any] = field(default_factory=dict)


_NOBODY = Viewer(
    user=None, organization="", is_sample=False, zone="UTC", theme="", twelve_hours=False,
    has_shortcuts=True, at=None,
)  # fmt: skip


def organization() -> Organization | None:
    """Return the one organisation; None in an empty database."""
    return Organization.objects.first()


def local_day(*, at: datetime) -> date:
    """Return the organisation's local date of an instant; absences and due dates follow it."""
    owner = organization()
    return at.astimezone(ZoneInfo(owner.timezone if owner else "UTC")).date()


def viewer(request: HttpRequest | None) -> Viewer:
    """Return the reader's settings, read once per request."""
    if request is None:
        return _NOBODY
    known = getattr(request, "_viewer", None)
    if known is None:
        known = _read_viewer(request)
        request._viewer = known  # type: ignore[attr-defined] # noqa: SLF001 - kept for this request
    return cast("Viewer", known)


def _read_viewer(request: HttpRequest) -> Viewer:
    user = getattr(request, "user", None)
    is_known = isinstance(user, User) or getattr(user, "is_authenticated", False)
    reader = cast("User | None", user if is_known else None)
    columns: dict[str, Any] = {}
    for path in settings.READER_COLUMNS:
        columns |= import_string(path)(reader=reader)
    owner = Organization.objects.annotate(**columns).first()
    return Viewer(
        user=reader,
        organization=owner.name if owner else "",
        is_sample=bool(owner and owner.is_sample),
        zone=(getattr(reader, "timezone", "") or (owner.timezone if owner else "UTC")),
        theme=getattr(reader, "theme", ""),
        twelve_hours=getattr(reader, "hour_cycle", "") == "12",
        has_shortcuts=getattr(reader, "has_shortcuts", True),
        at=getattr(request, "at", None),
        facts={name: getattr(owner, name) for name in columns} if owner else {},
    )


def sample_people() -> list[User]:
    """Return one active person per role, in the order of the roles; empty outside a sample."""
    owner = organization()
    if owner is None or not owner.is_sample:
        return []
    people = User.objects.filter(is_active=True, is_superuser=False).order_by("-pk")
    first = {person.role: person for person in people.select_related("team")}
    return [first[role] for role in Role.values if role in first]
