"""Closed vocabularies of promises, evidence, clocks and breaches."""

from django.db import models

from definitions.choices import ClockKind, Unit

__all__ = [
    "BreachCause",
    "ClockKind",
    "ClockStatus",
    "DispositionValue",
    "EscalationOutcome",
    "EvidenceKind",
    "ExcuseCause",
    "ExcuseDecision",
    "PauseReason",
    "ReplanReason",
    "RevisionKind",
    "Scope",
    "Unit",
]


class Scope(models.TextChoices):
    """Whose clock it is: the team's promise on the lead, or one person's share of it."""

    LEAD = "lead", "Lead"
    OWNER = "owner", "Owner"


class ClockStatus(models.TextChoices):
    """What the fold of the evidence says of a clock."""

    NOT_STARTED = "not_started", "Not started"
    PENDING = "pending", "Running"
    MET = "met", "Met"
    MET_LATE = "met_late", "Met late"
    BREACHED_OPEN = "breached_open", "Missed, still open"
    BREACHED_CLOSED = "breached_closed", "Missed"
    SUPERSEDED = "superseded", "Handed over"
    CANCELLED = "cancelled", "Cancelled"
    MERGED = "merged", "Merged"
    EXCUSED = "excused", "Excused"


class EvidenceKind(models.TextChoices):
    """What happened, as far as promises care."""

    CAPTURED = "captured", "Lead captured"
    MQL = "mql", "Became MQL"
    ASSIGNED = "assigned", "Assigned to a person"
    OUTREACH = "outreach", "Contact attempt"
    DISPOSITION = "disposition", "Outcome logged"
    FEEDBACK = "feedback", "Feedback to marketing"
    FEEDBACK_ANSWERED = "feedback_answered", "Feedback answered"
    FEEDBACK_WITHDRAWN = "feedback_withdrawn", "Feedback withdrawn"
    PAUSED = "paused", "Paused"
    RESUMED = "resumed", "Resumed"
    RECALLED = "recalled", "Recalled as test, duplicate or erased"
    MERGED = "merged", "Merged into another lead"
    VOIDED = "voided", "Evidence taken back"
    REPLANNED = "replanned", "Deadline planned again"
    EXCUSED = "excused", "Breach excused"


class DispositionValue(models.TextChoices):
    """The outcome a disposition logs."""

    WORKING = "working", "Working"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    SQL = "sql", "SQL"
    RECYCLED = "recycled", "Recycled"
    DISQUALIFIED = "disqualified", "Disqualified"


class PauseReason(models.TextChoices):
    """The only reasons for which a clock may stand still."""

    WAITING_ON_MARKETING = "waiting_on_marketing", "Waiting on marketing"
    PROSPECT_ASKED_LATER = "prospect_asked_later", "Prospect asked for a later date"
    INVALID_CONTACT_DATA = "invalid_contact_data", "Invalid contact data"


class ReplanReason(models.TextChoices):
    """Why deadlines that run are planned again under newer hours."""

    SHORT_NOTICE = "short_notice", "Closed at short notice"
    HOLIDAY = "holiday", "A holiday was missing"
    NEW_HOURS = "new_hours", "The opening hours changed"
    CORRECTION = "correction", "The calendar was wrong"


class RevisionKind(models.TextChoices):
    """How a breach was corrected."""

    RESCINDED = "rescinded", "Rescinded"
    REINSTATED = "reinstated", "Reinstated"
    RECLASSIFIED = "reclassified", "Reclassified"
    EXCUSED = "excused", "Excused"


class ExcuseCause(models.TextChoices):
    """Why a miss may be excused."""

    OUTAGE = "outage", "Outage of phone, mail or this system"
    WRONG_RECORD = "wrong_record", "Recorded wrongly or too late"
    OUT_OF_HANDS = "out_of_hands", "Nobody on our side could have done it"
    AGREED_BEFORE = "agreed_before", "Both sides had agreed to wait"
    OTHER = "other", "Another cause, said in the note"


class ExcuseDecision(models.TextChoices):
    """What became of the request."""

    GRANTED = "granted", "Granted"
    DECLINED = "declined", "Declined"


class EscalationOutcome(models.TextChoices):
    """What a step of the ladder came to."""

    SENT = "sent", "Sent"
    TOO_LATE = "too_late", "Reached too late to help"
    NOBODY = "nobody", "Nobody to tell"


class BreachCause(models.TextChoices):
    """In what the promise was missed."""

    NOTHING_DONE = "nothing_done", "Nothing done in time"
    TOO_FEW = "too_few", "Too few in time"
    TOO_OLD = "too_old", "Too old at handoff"
    TOO_WEAK = "too_weak", "Below the agreed fit"
    INCOMPLETE = "incomplete", "Handed over without agreed context"
