"""Every change of calendars, commitments, evidence, clocks and breaches."""

from sla.services.calendar_edits import (
    CalendarConflictError,
    create_calendar,
    edit_calendar,
    set_territories,
)
from sla.services.calendars import (
    CalendarRefusedError,
    add_calendar_version,
    change_calendar,
    current_terms,
    ensure_default_calendar,
    forget_terms,
    store_commitments,
)
from sla.services.closing import close_months
from sla.services.escalating import escalate
from sla.services.excuses import (
    ExcuseForbiddenError,
    ExcuseRefusedError,
    ExcuseStaleError,
    ask_excuse,
    decline_excuse,
    grant_excuse,
)
from sla.services.months import open_months
from sla.services.process import (
    RevisionAnsweredError,
    RevisionRefusedError,
    answer_revision,
    may_answer,
)
from sla.services.reconciling import Difference, reconcile_clocks
from sla.services.recording import (
    EvidenceConflictError,
    EvidenceRefusedError,
    EvidenceRow,
    record_evidence,
    record_evidence_batch,
)
from sla.services.refolding import folded_once, refold
from sla.services.replanning import (
    ReplanRefusedError,
    ReplanRow,
    preview_replan,
    replan,
)
from sla.services.sweeping import flag_breaches, sweep

__all__ = [
    "CalendarConflictError",
    "CalendarRefusedError",
    "Difference",
    "EvidenceConflictError",
    "EvidenceRefusedError",
    "EvidenceRow",
    "ExcuseForbiddenError",
    "ExcuseRefusedError",
    "ExcuseStaleError",
    "ReplanRefusedError",
    "ReplanRow",
    "RevisionAnsweredError",
    "RevisionRefusedError",
    "add_calendar_version",
    "answer_revision",
    "ask_excuse",
    "change_calendar",
    "close_months",
    "create_calendar",
    "current_terms",
    "decline_excuse",
    "edit_calendar",
    "ensure_default_calendar",
    "escalate",
    "flag_breaches",
    "folded_once",
    "forget_terms",
    "grant_excuse",
    "may_answer",
    "open_months",
    "preview_replan",
    "reconcile_clocks",
    "record_evidence",
    "record_evidence_batch",
    "refold",
    "replan",
    "set_territories",
    "store_commitments",
    "sweep",
]
