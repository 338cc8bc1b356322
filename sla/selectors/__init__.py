"""Reads of promises, clocks and the ledger."""

from sla.selectors.badges import Badge, BadgeState, badge
from sla.selectors.explanation import DeadlineExplanation, explain_deadline
from sla.selectors.ledger import (
    Attainment,
    attainment,
    last_detection,
    oldest_overdue,
    open_breaches,
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
    "badge",
    "count_mqls",
    "explain_deadline",
    "last_detection",
    "month_pace",
    "oldest_overdue",
    "open_breaches",
    "overdue_clocks",
    "overdue_live",
    "team_clocks",
]
