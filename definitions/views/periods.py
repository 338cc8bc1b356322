"""The periods in which versions were in use, drawn as bars on one scale of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from definitions.choices import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from definitions.choices import DocumentKind
    from definitions.selectors import Milestone

# The content everybody starts with has no beginning; a bar of it starts this long before the rest.
LEAD_IN = timedelta(days=30)
WHOLE = 100.0
NARROW = 7.0
TONES = {
    Standing.IN_FORCE: "series-1",
    Standing.PROVISIONAL: "none",
    Standing.SCHEDULED: "series-2",
    Standing.SUPERSEDED: "series-4",
    Standing.WITHDRAWN: "bad",
}


@dataclass(frozen=True)
class Period:
    """One version in use, with where its bar stands in per cent of the picture's width.

    Attributes:
        name: What stands above the bar; empty where the bar is too narrow for it.
    """

    milestone: Milestone
    starts_at: datetime | None
    ends_at: datetime | None
    tone: str
    name: str
    x: str
    width: str


@dataclass(frozen=True)
class Track:
    """The periods of one document, the oldest first, and the same as a sentence."""

    title: str
    slug: str
    periods: list[Period]
    label: str
    now: str


def tracks(milestones: Mapping[DocumentKind, list[Milestone]], *, at: datetime) -> list[Track]:
    """Return one track per document, all on one scale that ends behind the last known instant.

    Args:
        milestones: The versions of each document, as `selectors.timeline` returns them.
        at: The instant of the picture.
    """
    signed = [
        each.effective_from
        for rows in milestones.values()
        for each in rows
        if each.effective_from is not None and each.request is not None
    ]
    first = min([*signed, at]) - LEAD_IN
    last = max([*signed, at]) + LEAD_IN
    return [_track(kind, rows, first=first, last=last, at=at) for kind, rows in milestones.items()]


def _track(
    kind: DocumentKind,
    rows: list[Milestone],
    *,
    first: datetime,
    last: datetime,
    at: datetime,
) -> Track:
    def place(instant: datetime) -> float:
        return WHOLE * ((max(first, min(instant, last)) - first) / (last - first))

    periods = []
    for each in reversed(rows):
        if each.effective_from is None:
            continue
        ends = _end(each)
        left, right = place(each.effective_from), place(ends or last)
        periods.append(
            Period(
                milestone=each,
                starts_at=each.effective_from if each.request else None,
                ends_at=ends,
                tone=TONES.get(each.standing, "none") if each.request else "none",
                name=_name(each) if right - left > NARROW else "",
                x=f"{left:.2f}%",
                width=f"{max(right - left, 0.4):.2f}%",
            )
        )
    words = "; ".join(f"{_name(p.milestone)} {p.milestone.label}" for p in periods)
    return Track(
        title=str(kind.label),
        slug=kind.value.replace("_", "-"),
        periods=periods,
        label=f"{kind.label}, oldest first: {words.lower()}",
        now=f"{place(at):.2f}%",
    )


def _name(milestone: Milestone) -> str:
    exception = ", exception" if milestone.version.exceptional_reason else ""
    return f"Version {milestone.version.number}{exception}"


def _end(milestone: Milestone) -> datetime | None:
    """Return when a version stopped holding: replaced or withdrawn, whichever came first."""
    withdrawal = getattr(milestone.version.activation, "withdrawal", None)
    taken = None
    if withdrawal is not None and milestone.standing is Standing.WITHDRAWN:
        taken = withdrawal.withdrawn_at
    ends = [end for end in (milestone.effective_to, taken) if end is not None]
    return min(ends, default=None)
