"""Calendars, commitments, evidence, clocks and breaches."""

from sla.models.breaches import Breach, BreachRevision
from sla.models.clocks import Clock
from sla.models.evidence import Evidence
from sla.models.promises import Calendar, CalendarVersion, Commitment

__all__ = [
    "Breach",
    "BreachRevision",
    "Calendar",
    "CalendarVersion",
    "Clock",
    "Commitment",
    "Evidence",
]
