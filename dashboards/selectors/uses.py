"""Which metrics depend on a term."""

from __future__ import annotations

from typing import Final

from django.urls import reverse

from dashboards.registry import REGISTRY
from definitions.uses import Use

TERMS_OF: Final = {
    "sourced_pipeline_per_rep": ("opportunity",),
    "mql_to_sql": ("mql", "sql"),
    "pipeline_by_source": ("opportunity",),
    "response_time": ("mql",),
    "win_rate": ("closed_won", "closed_lost"),
    "sla_attainment": ("mql", "sal"),
    "mql_volume": ("mql",),
    "lead_age": ("mql",),
    "context_completeness": ("mql",),
    "quota_attainment": ("closed_won",),
    "acceptance_rate": ("mql", "sal"),
    "rejection_rate": ("mql", "sal"),
    "pipeline_created": ("opportunity",),
    "sales_cycle": ("opportunity", "closed_won"),
    "funnel": ("mql", "sal", "sql", "opportunity", "closed_won"),
}
"""Key of a metric -> the terms whose meaning changes it."""


def uses_of(term: str) -> list[Use]:
    """Return the metrics that would say something else if the term meant something else."""
    return [
        Use(
            group="Metrics",
            label=metric.title,
            note=metric.sentence,
            href=reverse("dashboards:metric", args=[metric.key]),
        )
        for metric in REGISTRY
        if term in TERMS_OF.get(metric.key, ())
    ]
