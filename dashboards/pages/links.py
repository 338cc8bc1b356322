"""Addresses of the pages around a figure: other periods, other filters, other apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import NoReverseMatch, reverse

from dashboards import wording
from dashboards.filters import NARROWING, named_period
from definitions.choices import DocumentKind
from pipeline.choices import SourceGroup
from revops.people.models import Rep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import QueryDict

    from dashboards.filters import MetricFilter
    from dashboards.registry.base import Metric
    from dashboards.selectors.frame import Frame

    Chip = dict[str, Any]

PERIODS = ("this_quarter", "last_quarter", "this_month", "last_month", "last_12_months")
_NAMES = {"this_quarter": "This quarter", "last_quarter": "Last quarter",
          "this_month": "This month", "last_month": "Last month",
          "last_12_months": "Last 12 months", "all": "All time"}  # fmt: skip


def first_of(*names: str, args: Sequence[Any] = ()) -> str:
    """Return the address of the first page that exists; empty where none does."""
    for name in names:
        try:
            return reverse(name, args=list(args))
        except NoReverseMatch:
            continue
    return ""


def lead_url(lead_id: int | None) -> str:
    """Return a lead's page, empty where there is none."""
    return first_of("pipeline:lead_detail", args=[lead_id]) if lead_id else ""


def deal_url(deal_id: int) -> str:
    """Return a deal's page, empty where there is none."""
    return first_of("pipeline:opportunity_detail", args=[deal_id])


def clock_url(clock_id: int) -> str:
    """Return the page that explains a clock, empty where there is none."""
    return first_of("pipeline:clock_detail", args=[clock_id])


def with_changes(query: QueryDict, **changes: str | None) -> str:
    """Return the address of the same page with other parameters; None drops one."""
    changed = query.copy()
    changed.pop("page", None)
    for name, value in changes.items():
        key = name.removesuffix("_")
        changed.pop(key, None)
        if value is not None:
            changed[key] = value
    text = changed.urlencode()
    return f"?{text}" if text else "?"


def periods(
    query: QueryDict, *, asked: MetricFilter, frame: Frame, also_all: bool = False
) -> Chip:
    """Return the menu of periods with the chosen one as its label."""
    names = [*PERIODS, "all"] if also_all else list(PERIODS)
    options = []
    for name in names:
        period = named_period(name, setting=frame.setting, today=frame.today)
        if period is None:
            continue
        shown = wording.period(period, frame=frame)
        options.append(
            {
                "label": _NAMES[name],
                "hint": shown if shown != _NAMES[name] else "",
                "href": with_changes(query, period=name, from_=None, to=None),
                "current": period == asked.period,
            }
        )
    label = wording.period(asked.period, frame=frame)
    day = wording.day_of(asked.period, today=frame.today)
    return {
        "label": f"{label}, {day}" if day else label,
        "options": options,
        "from": asked.period.starts_on.isoformat(),
        "to": asked.period.ends_on.isoformat(),
        "kept": [
            (name, value)
            for name, value in query.items()
            if name not in {"from", "to", "period", "page"}
        ],
    }


def narrowing(query: QueryDict, *, asked: MetricFilter) -> list[Chip]:
    """Return the menus of segment and source, and a cross for every other filter in use."""
    segments = Rep.objects.exclude(segment="").values_list("segment", flat=True)
    names = sorted(set(segments.distinct()))
    menus = []
    if names or asked.segment:
        menus.append(
            menu(query, "segment", chosen=asked.segment, none="All segments",
                  options=[(name, name) for name in names])
        )  # fmt: skip
    groups = [(group.value, str(group.label)) for group in SourceGroup]
    menus.append(
        menu(query, "source_group", chosen=asked.source_group, none="All sources", options=groups)
    )
    others = [name for name in NARROWING if name not in {"segment", "source_group"}]
    menus += [
        {
            "label": f"{name.replace('_', ' ').capitalize()}: {getattr(asked, name)}",
            "clear_href": with_changes(query, **{name: None}),
        }
        for name in others
        if getattr(asked, name)
    ]
    return menus


def menu(
    query: QueryDict, name: str, *, chosen: str, none: str, options: list[tuple[str, str]]
) -> Chip:
    """Return a menu of links that set one parameter; the chosen one is its label."""
    labels = dict(options)
    listed = [{"label": none, "href": with_changes(query, **{name: None}), "current": not chosen}]
    listed += [
        {"label": label, "href": with_changes(query, **{name: key}), "current": key == chosen}
        for key, label in options
    ]
    label = labels.get(chosen, chosen) if chosen else none
    return {"label": label, "options": listed, "is_set": bool(chosen)}


def agreement(frame: Frame) -> Chip:
    """Return the versions figures are read under, with the agreement's page."""
    words, is_signed = [], True
    for kind, name in ((DocumentKind.DEFINITIONS, "Definitions"), (DocumentKind.SLA, "SLA")):
        entry = frame.in_use(kind)
        if entry is None:
            is_signed = False
            continue
        words.append(f"{name} v{entry.number}")
        is_signed = is_signed and entry.is_signed
    return {
        "label": " · ".join(words) or "Nothing agreed yet",
        "href": first_of("definitions:agreement", "definitions:index"),
        "is_signed": is_signed,
    }


def group_name(name: str) -> str:
    """Return what a grouping is called on pages."""
    plain = {"rep": "Rep", "sdr": "SDR", "source_group": "Source", "deal_stage": "Deal stage"}
    return plain.get(name, name.removeprefix("attributes.").replace("_", " ").capitalize())


def group_rows(found: Metric, asked: MetricFilter, *, key: str) -> str:
    """Return the list of one group's rows."""
    path = first_of("dashboards:metric_rows", args=[found.key])
    return f"{path}?{asked.query(bucket=key)}"


def grouped_title(found: Metric, asked: MetricFilter) -> str:
    """Return the heading of a metric in groups, such as `Win rate by rep`."""
    by = f" by {group_name(asked.group_by).lower()}"
    return found.title.removesuffix(" by source") + by
