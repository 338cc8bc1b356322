"""The card of the win rate: marketing's deals against outbound ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dashboards import metrics, wording
from dashboards.cards.shared import metric_url, rows_url
from dashboards.registry import WIN_RATE
from dashboards.selectors.answers import is_provisional
from pipeline.choices import SourceGroup
from revops import formats
from revops.intervals import Interval

if TYPE_CHECKING:
    from dashboards.filters import MetricFilter
    from dashboards.registry.base import Figure
    from dashboards.selectors.home import Home

    Card = dict[str, Any]


def wins_card(home: Home) -> Card:
    """Return the card; overlapping intervals and small groups give no verdict."""
    asked, groups = home.wins
    frame = home.frame
    by_key = {group.key: group for group in groups}
    pair = [(key, by_key.get(key)) for key in (SourceGroup.MARKETING, SourceGroup.OUTBOUND)]
    known = [(key.value, group) for key, group in pair if group is not None]
    first = by_key.get(SourceGroup.MARKETING)
    small = any(wording.is_small(group) for _, group in known) or len(known) < len(pair)
    ids = {held for group in groups for held in group.version_ids}
    labels = frame.labels(ids)
    card: Card = {
        "key": WIN_RATE.key,
        "label": WIN_RATE.title,
        "value": formats.percent(first.value, digits=0) if first else formats.DASH,
        "exact": formats.percent(first.value, digits=4) if first else "",
        "href": _group_rows(asked, group="marketing") if first else metric_url(WIN_RATE, asked),
        "metric_href": metric_url(WIN_RATE, asked),
        "fraction": ", ".join(
            f"{key} {group.numerator} of {group.n}" for key, group in known
        ) or "no deal from marketing or outbound closed",
        "small_sample": small and bool(known),
        "version": wording.versions(
            labels, is_provisional=is_provisional(WIN_RATE, labels=labels, frame=frame)
        ),
    }  # fmt: skip
    second = by_key.get(SourceGroup.OUTBOUND)
    if second is not None:
        card["second"] = formats.percent(second.value, digits=0)
        card["second_href"] = _group_rows(asked, group="outbound")
        card["tone"], card["second_tone"] = "series-1", "series-2"
    card["intervals"] = [
        (
            group.details["interval"][0],
            group.value,
            group.details["interval"][1],
            f"series-{number}",
        )
        for number, (_, group) in enumerate(known, start=1)
        if group.details["interval"]
    ]
    card["intervals_label"] = "; ".join(_interval_words(key, group) for key, group in known)
    card["note"] = _verdict(known, small=small)
    return card


def _interval_words(key: str, group: Figure) -> str:
    held = group.details["interval"]
    if held is None:
        return f"{key} none closed"
    low, high = (formats.percent(bound) for bound in held)
    return f"{key} {formats.percent(group.value)}, {low} to {high}"


def _verdict(known: list[tuple[str, Figure]], *, small: bool) -> str:
    """Say whether two rates differ; overlapping intervals give no verdict."""
    if len(known) < 2 or small:  # noqa: PLR2004 - a difference needs two
        return "marketing against outbound, too few for a verdict"
    one, other = (group for _, group in known)
    first, second = (Interval(*group.details["interval"]) for group in (one, other))
    if first.overlaps(second):
        return "intervals overlap: no difference shown"
    gap = metrics.difference(
        one=(int(one.numerator or 0), one.n), other=(int(other.numerator or 0), other.n)
    )
    words = f"{formats.points(gap.low)} to {formats.points(gap.high)}" if gap else ""
    return f"marketing against outbound: {words}"


def _group_rows(asked: MetricFilter, *, group: str) -> str:
    return rows_url(WIN_RATE, replace(asked, source_group=group))
