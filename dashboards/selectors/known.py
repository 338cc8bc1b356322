"""Whether what an address narrows to exists: an unknown name is refused, never a silent 0."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dashboards.filters import MISSING, FilterError
from dashboards.registry import buckets
from pipeline.choices import SourceGroup
from pipeline.models import Channel, Lead, Opportunity
from revops.people.models import Rep, Team

if TYPE_CHECKING:
    from django.db.models import Model

    from dashboards.filters import MetricFilter
    from dashboards.registry.base import Metric

# The small tables come first: most answers are found there.
_PLACES: dict[str, tuple[tuple[type[Model], str], ...]] = {
    "channel": ((Channel, "key"),),
    "team": ((Team, "name"),),
    "rep": ((Rep, "external_id"),),
    "segment": ((Rep, "segment"), (Opportunity, "segment"), (Lead, "attributes__segment")),
}


def known(asked: MetricFilter) -> MetricFilter:
    """Return the question with every name spelled as it is stored; one statement per name.

    Raises:
        FilterError: A segment, source group, channel, team or rep does not exist.
    """
    spelled = {name: _spelling(name, value) for name, value in asked.narrowed.items()}
    errors = {
        name: f"{asked.narrowed[name]!r} does not exist"
        for name, value in spelled.items()
        if value is None
    }
    if errors:
        raise FilterError(errors)
    found: dict[str, Any] = {name: value for name, value in spelled.items() if value}
    return replace(asked, **found)


def known_bucket(metric: Metric, asked: MetricFilter, *, bucket: str) -> str:
    """Return the key of a group, which may be empty of rows but not unknown.

    Raises:
        FilterError: No group is asked for, or the groups asked for hold no such key.
    """
    name = asked.group_by
    if not bucket:
        return bucket
    if not name:
        raise FilterError({"bucket": "is the key of a group; group_by says of which"})
    is_stretch = buckets.is_time(name) and buckets.stretch(name, key=bucket, asked=asked)
    if (
        bucket == MISSING
        or is_stretch
        or bucket in buckets.fixed_keys(name)
        or metric.has_bucket(asked, bucket=bucket)
        or (name in _PLACES and _spelling(name, bucket) == bucket)
    ):
        return bucket
    raise FilterError({"bucket": f"{bucket!r} is no group by {name} of this period"})


def _spelling(name: str, value: str) -> str | None:
    """Return how a value is stored, the very spelling before any other; None if unknown."""
    if value.casefold() == MISSING:
        return MISSING
    if name == "source_group":
        return value.lower() if value.lower() in SourceGroup.values else None
    for lookup in ("exact", "iexact"):
        for model, column in _PLACES[name]:
            rows = model._default_manager.filter(**{f"{column}__{lookup}": value})  # noqa: SLF001 - Django's own name for it
            found = rows.values_list(column, flat=True).first()
            if found is not None:
                return str(found)
    return None
