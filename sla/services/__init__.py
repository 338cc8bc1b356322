"""Every change of calendars, commitments, evidence, clocks and breaches."""

from sla.services.calendars import (
    CalendarRefusedError,
    add_calendar_version,
    change_calendar,
    current_terms,
    ensure_default_calendar,
    forget_terms,
    store_commitments,
)
from sla.services.months import open_months
from sla.services.reconciling import Difference, reconcile_clocks
from sla.services.recording import (
    EvidenceConflictError,
    EvidenceRefusedError,
    EvidenceRow,
    record_evidence,
    record_evidence_batch,
)
from sla.services.refolding import folded_once, refold
from sla.services.sweeping import flag_breaches, sweep, warn_clocks

__all__ = [
    "CalendarRefusedError",
    "Difference",
    "EvidenceConflictError",
    "EvidenceRefusedError",
    "EvidenceRow",
    "add_calendar_version",
    "change_calendar",
    "current_terms",
    "ensure_default_calendar",
    "flag_breaches",
    "folded_once",
    "forget_terms",
    "open_months",
    "reconcile_clocks",
    "record_evidence",
    "record_evidence_batch",
    "refold",
    "store_commitments",
    "sweep",
    "warn_clocks",
]
