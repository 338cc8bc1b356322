"""The main navigation: one list, shown only where a page exists and the role may open it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch, reverse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from revops.people.models import User


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the navigation before it is resolved.

    Attributes:
        url_names: The first name that resolves is the page.
        key: Pressed after `g` it opens the page.
        prefixes: Further paths whose pages belong to the entry.
    """

    label: str
    icon: str
    url_names: tuple[str, ...]
    right: str
    key: str
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Link:
    """A line of the navigation as one person sees it on one page."""

    label: str
    icon: str
    url: str
    key: str
    is_current: bool


ENTRIES = (
    Entry(
        label="Queue",
        icon="inbox",
        url_names=("pipeline:queue",),
        right="pipeline.view_lead",
        key="q",
        prefixes=("/leads/", "/deals/", "/clocks/", "/coverage/", "/absences/"),
    ),
    Entry(
        label="Pipeline",
        icon="chart-column",
        url_names=("dashboards:home",),
        right="dashboards.view_metrics",
        key="p",
        prefixes=("/metrics/",),
    ),
    Entry(
        label="Review",
        icon="presentation",
        url_names=("dashboards:review",),
        right="dashboards.view_metrics",
        key="r",
    ),
    Entry(
        label="Breaches",
        icon="alarm-clock",
        url_names=("dashboards:breaches",),
        right="sla.view_breach",
        key="b",
    ),
    Entry(
        label="Rejects",
        icon="undo-2",
        url_names=("dashboards:rejects",),
        right="dashboards.view_metrics",
        key="j",
    ),
    Entry(
        label="Agreement",
        icon="signature",
        url_names=("definitions:agreement",),
        right="definitions.view_agreement",
        key="a",
        prefixes=(
            "/audit/",
            "/backtests/",
            "/calendars/",
            "/comments/",
            "/d/",
            "/definitions/",
            "/drafts/",
            "/reading/",
            "/sign/",
            "/signals/",
            "/sla/",
            "/start/",
            "/verify/",
        ),
    ),
    Entry(
        label="Content",
        icon="library",
        url_names=("pipeline:content",),
        right="pipeline.view_lead",
        key="c",
    ),
    Entry(
        label="Settings",
        icon="settings",
        url_names=("people:profile",),
        right="dashboards.view_metrics",
        key="s",
        prefixes=("/notices/",),
    ),
)


def links(*, user: User, path: str) -> list[Link]:
    """Return the entries `user` may open; the one that `path` belongs to is current."""
    found = [
        (entry, url)
        for entry in ENTRIES
        if user.has_perm(entry.right) and (url := first_url(entry.url_names)) is not None
    ]
    current = max(
        found, key=lambda pair: _match(path=path, entry=pair[0], url=pair[1]), default=None
    )
    matches = current is not None and _match(path=path, entry=current[0], url=current[1]) > 0
    return [
        Link(
            label=entry.label,
            icon=entry.icon,
            url=url,
            key=entry.key,
            is_current=matches and current is not None and entry is current[0],
        )
        for entry, url in found
    ]


def first_url(names: Iterable[str]) -> str | None:
    """Return the address of the first URL name that exists."""
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return None


def _match(*, path: str, entry: Entry, url: str) -> int:
    """Return how long a beginning of `path` belongs to the entry; the home page only exactly."""
    if path == url:
        return len(url) + 1
    prefixes = (url, *entry.prefixes) if url != "/" else entry.prefixes
    return max((len(prefix) for prefix in prefixes if path.startswith(prefix)), default=0)
