"""Calendars, commitments, evidence, clocks and breaches, and what follows from a breach."""

from sla.models.breaches import Breach, BreachRevision
from sla.models.clocks import Clock
from sla.models.escalations import Escalation
from sla.models.evidence import Evidence
from sla.models.excuses import ExcuseRequest
from sla.models.months import MonthAdjustment, MonthResult
from sla.models.promises import Calendar, CalendarVersion, Commitment, Territory
from sla.models.revisions import ProcessRevision

__all__ = [
    "Breach",
    "BreachRevision",
    "Calendar",
    "CalendarVersion",
    "Clock",
    "Commitment",
    "Escalation",
    "Evidence",
    "ExcuseRequest",
    "MonthAdjustment",
    "MonthResult",
    "ProcessRevision",
    "Territory",
]
