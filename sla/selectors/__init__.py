"""Reads of promises, clocks and the ledger."""

from sla.selectors.badges import Badge, BadgeState, badge
from sla.selectors.explanation import DeadlineExplanation, explain_deadline
from sla.selectors.gates import context_labels, is_gate
from sla.selectors.ledger import (
    Attainment,
    attainment,
    attainment_by,
    broken,
    last_detection,
    oldest_overdue,
    open_breaches,
    opened_clocks,
    overdue_clocks,
    overdue_live,
    team_clocks,
)
from sla.selectors.volume import count_mqls, month_pace

__all__ = [
    "Attainment",
    "Badge",
    "BadgeState",
    "DeadlineExplanation",
    "attainment",
    "attainment_by",
    "badge",
    "broken",
    "context_labels",
    "count_mqls",
    "explain_deadline",
    "is_gate",
    "last_detection",
    "month_pace",
    "oldest_overdue",
    "open_breaches",
    "opened_clocks",
    "overdue_clocks",
    "overdue_live",
    "team_clocks",
]
