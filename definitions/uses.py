"""Where a term is used: the apps above say so, by the paths in `settings.USES_OF_TERMS`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One place that depends on a term.

    Attributes:
        group: The heading it is listed under, such as Metrics.
        label: What it is called.
        note: What of it depends on the term.
        href: Its page, where it has one.
    """

    group: str
    label: str
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How many leads were judged under one version of the definitions."""

    version_id: int
    number: int
    lead_count: int
