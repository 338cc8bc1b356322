"""Closed vocabularies of the signed documents."""

from django.db import models


class DocumentKind(models.TextChoices):
    """The four documents both teams sign."""

    DEFINITIONS = "definitions", "Definitions"
    SCORE_MODEL = "score_model", "Score model"
    SLA = "sla", "Service level agreement"
    CONTRIBUTION = "contribution", "Pipeline contribution agreement"


class Purpose(models.TextChoices):
    """What a reason explains; each purpose has a list of its own."""

    REJECT = "reject", "Reject"
    RECYCLE = "recycle", "Recycle"
    DISQUALIFY = "disqualify", "Disqualify"
    CLOSED_LOST = "closed_lost", "Closed lost"
    VOID = "void", "Void"


class Closure(models.TextChoices):
    """How a request for signatures ended."""

    COMPLETED = "completed", "Signed by all"
    DECLINED = "declined", "Declined"
    VOIDED = "voided", "Voided by an edit"
    EXPIRED = "expired", "Expired"


class Standing(models.TextChoices):
    """Where a version is in its life; derived from rows, stored nowhere."""

    IN_REVIEW = "in_review", "In review"
    SCHEDULED = "scheduled", "Signed, not yet in force"
    IN_FORCE = "in_force", "In force"
    PROVISIONAL = "provisional", "Provisional: not agreed"
    SUPERSEDED = "superseded", "Superseded"
    WITHDRAWN = "withdrawn", "Withdrawn"
    DECLINED = "declined", "Declined"
    VOIDED = "voided", "Voided by an edit"
    EXPIRED = "expired", "Expired"


class GapKind(models.TextChoices):
    """How the two teams' answers differ; the first three are the usual ones."""

    SCORE_AGAINST_FIT = "score_against_fit", "Engagement score against company fit"
    HAND_RAISERS = "hand_raisers", "Demo requests counted, half of them outside the profile"
    SILENT_REJECTS = "silent_rejects", "No opportunity without a reason, counted as accepted"
    CRITERION = "criterion", "A criterion only one team has"
    THRESHOLD = "threshold", "The same criterion with another threshold"
    WORDING = "wording", "The same word for different things"
    OTHER = "other", "Something else"


class GapPriority(models.TextChoices):
    """Which gap is settled first."""

    HIGH = "high", "High"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Low"


class ClockKind(models.TextChoices):
    """What a promise is about; a clock of the same kind measures it."""

    ROUTING = "routing", "Routing"
    FIRST_CONTACT = "first_contact", "First contact"
    SAL_REVIEW = "sal_review", "Sales review"
    ATTEMPTS = "attempts", "Follow-up attempts"
    DISPOSITION = "disposition", "Logged outcome"
    FINAL_DISPOSITION = "final_disposition", "Final disposition"
    MARKETING_FEEDBACK = "marketing_feedback", "Marketing feedback"
    LEAD_AGE = "lead_age", "Lead age at handoff"
    MQL_VOLUME = "mql_volume", "Monthly MQL volume"
    MINIMUM_FIT = "minimum_fit", "Minimum fit"
    CONTEXT = "context", "Handoff context"


class Unit(models.TextChoices):
    """How an allowance is counted; there is no plain "days".

    Calendar minutes are calendar hours written finer, for the routing promise. What has to hold
    at handoff has no time at all: it is judged once, when the lead is first assigned.
    """

    BUSINESS_HOURS = "business_hours", "business hours"
    BUSINESS_DAYS = "business_days", "business days"
    CALENDAR_HOURS = "calendar_hours", "calendar hours"
    CALENDAR_DAYS = "calendar_days", "calendar days"
    CALENDAR_MINUTES = "calendar_minutes", "calendar minutes"
    PER_MONTH = "per_month", "per month"
    AT_HANDOFF = "at_handoff", "at handoff"


class Move(models.TextChoices):
    """The moves whose rules are agreed; "mql" is the designation by hand."""

    MQL = "mql", "MQL, by hand"
    ACCEPTED = "accepted", "Accepted (SAL)"
    REJECTED = "rejected", "Rejected"
    RECYCLED = "recycled", "Recycled"
    DISQUALIFIED = "disqualified", "Disqualified"
    SQL = "sql", "SQL"
    OPPORTUNITY = "opportunity", "Opportunity"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    VOID = "void", "Void"


class RequiredField(models.TextChoices):
    """What a move may ask for before it is made."""

    REASON = "reason", "Reason from the list"
    NOTE = "note", "Note"
    CHECKLIST = "checklist", "Every line of the checklist"
    RECYCLE_ON = "recycle_on", "Day it comes back"
    AMOUNT = "amount", "Amount and currency"
    CLOSE_ON = "close_on", "Expected close"
    NEXT_STEP = "next_step", "Next step"
    CLOSED_AT = "closed_at", "Day it closed"
    COMPETITOR = "competitor", "Competitor who won"
