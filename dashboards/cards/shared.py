"""What every card shares: its links, its value, the versions beneath it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from dashboards import wording
from dashboards.selectors.answers import is_provisional

if TYPE_CHECKING:
    from dashboards.filters import MetricFilter
    from dashboards.registry.base import Figure, Metric
    from dashboards.selectors.frame import Frame

    Card = dict[str, Any]


def rows_url(metric: Metric, asked: MetricFilter, **extra: str) -> str:
    """Return the list behind a figure: exactly as many rows as its n."""
    path = reverse("dashboards:metric_rows", args=[metric.key])
    return f"{path}?{asked.by('none').query(**extra)}"


def metric_url(metric: Metric, asked: MetricFilter) -> str:
    """Return the page of a metric for the same question."""
    return f"{reverse('dashboards:metric', args=[metric.key])}?{asked.query()}"


def foot(metric: Metric, figure: Figure, *, frame: Frame) -> str:
    """Return the versions beneath a figure."""
    labels = frame.labels(figure.version_ids)
    provisional = is_provisional(metric, labels=labels, frame=frame)
    return wording.versions(labels, is_provisional=provisional)


def card_of(metric: Metric, figure: Figure, asked: MetricFilter, *, frame: Frame) -> Card:
    """Return what every card says of its figure."""
    currency = frame.setting.currency
    return {
        "key": metric.key,
        "label": metric.title,
        "value": wording.value(metric.unit, figure.value, currency=currency),
        "exact": wording.exact(metric.unit, figure.value, currency=currency),
        "href": rows_url(metric, asked),
        "metric_href": metric_url(metric, asked.by("")),
        "fraction": wording.fraction(metric, figure, currency=currency),
        "small_sample": wording.is_small(figure) and figure.n > 0,
        "version": wording.short_versions(foot(metric, figure, frame=frame)),
    }


def as_float(value: object) -> float | None:
    """Return a value as a plain number."""
    return None if value is None else float(str(value))


def tone_of(direction: str) -> str:
    """Return the tone of a change of which more is better."""
    return {"up": "good", "down": "bad"}.get(direction, "")
