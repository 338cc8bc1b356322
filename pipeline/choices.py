"""Closed vocabularies of the pipeline."""

from django.db import models


class Stage(models.TextChoices):
    """Where a round of a lead stands; `nurture` is before the first transition."""

    NURTURE = "nurture", "Nurture"
    MQL = "mql", "MQL"
    ASSIGNED = "assigned", "Assigned"
    ACCEPTED = "accepted", "Accepted (SAL)"
    SQL = "sql", "SQL"
    OPPORTUNITY = "opportunity", "Opportunity"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    REJECTED = "rejected", "Rejected"
    RECYCLED = "recycled", "Recycled"
    DISQUALIFIED = "disqualified", "Disqualified"
    VOID = "void", "Void"


class SourceGroup(models.TextChoices):
    """Who brought the lead; a channel belongs to exactly one group."""

    MARKETING = "marketing", "Marketing"
    OUTBOUND = "outbound", "Outbound"
    PARTNER = "partner", "Partner"
    CUSTOMER = "customer", "Customer and expansion"
    OTHER = "other", "Other"
    UNKNOWN = "unknown", "Unknown"


class Origin(models.TextChoices):
    """By which way a fact entered."""

    FORM = "form", "Form"
    API = "api", "API"
    IMPORT = "import", "Import"
    JOB = "job", "Job"
    UNDO = "undo", "Undo"


class Designation(models.TextChoices):
    """How a round became what it is."""

    SCORED = "scored", "Scored by the definition"
    MANUAL = "manual", "Designated by a person"
    IMPORTED = "imported", "Imported as such"
    OUTBOUND = "outbound", "Created by sales"


class ActivityKind(models.TextChoices):
    """A sales attempt."""

    CALL = "call", "Call"
    EMAIL = "email", "E-mail"
    MESSAGE = "message", "Message"
    MEETING = "meeting", "Meeting"


class ActivityOutcome(models.TextChoices):
    """What came of an attempt; empty where the source does not say."""

    NO_ANSWER = "no_answer", "No answer"
    LEFT_MESSAGE = "left_message", "Left a message"
    CONNECTED = "connected", "Connected"
    REPLIED = "replied", "Replied"
    MEETING_BOOKED = "meeting_booked", "Meeting booked"
    MEETING_HELD = "meeting_held", "Meeting held"
    BOUNCED = "bounced", "Bounced"


class TouchKind(models.TextChoices):
    """A marketing act of a lead; the keys are those of the criteria's act counts."""

    PAGE_VIEW = "page_view", "Page view"
    PRICING_VIEW = "pricing_view", "Pricing page"
    PRODUCT_PAGE = "product_page", "Product page"
    DEMO_REQUEST = "demo_request", "Demo request"
    CONTACT_FORM = "contact_form", "Contact form"
    FORM = "form", "Form"
    DOWNLOAD = "download", "Download"
    CASE_STUDY = "case_study", "Case study"
    WEBINAR = "webinar", "Webinar"
    EVENT = "event", "Event"
    EMAIL_CLICK = "email_click", "E-mail click"
    AD_CLICK = "ad_click", "Ad click"
    SOCIAL = "social", "Social"
    OTHER = "other", "Other"


class Outcome(models.TextChoices):
    """How a deal ended; empty while it is open."""

    WON = "won", "Won"
    LOST = "lost", "Lost"


class DealChange(models.TextChoices):
    """What happened to a deal."""

    CREATED = "created", "Created"
    ACCEPTED = "accepted", "Accepted by sales"
    RETURNED = "returned", "Returned to marketing"
    STAGE = "stage", "Stage changed"
    AMOUNT = "amount", "Amount changed"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    REOPENED = "reopened", "Reopened"
    VOIDED = "voided", "Taken back"
    REVIVED = "revived", "Brought back"
    RESTORED = "restored", "Values before an import"


class FeedbackAnswer(models.TextChoices):
    """What marketing does about a reject; every answer stops the feedback clock."""

    RULE_CHANGE = "rule_change", "Rule change proposed"
    SOURCE_FIXED = "source_fixed", "Source fixed"
    DATA_FIXED = "data_fixed", "Data fixed"
    DISPUTED = "disputed", "Disputed, RevOps decides"
    NOTED = "noted", "Noted"


class ImportKind(models.TextChoices):
    """What a file holds."""

    REPS = "reps", "Reps"
    LEADS = "leads", "Leads"
    ASSIGNMENTS = "assignments", "Assignments"
    TOUCHES = "touches", "Touches"
    ACTIVITIES = "activities", "Activities"
    TRANSITIONS = "transitions", "Transitions"
    OPPORTUNITIES = "opportunities", "Opportunities"


class ImportStatus(models.TextChoices):
    """How far an import is."""

    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"
    UNDONE = "undone", "Undone"


class EffectTable(models.TextChoices):
    """Which rows an import writes or changes."""

    REP = "rep", "Rep"
    LEAD = "lead", "Lead"
    LEAD_ROUNDS = "lead_rounds", "Rounds of a lead"
    TOUCH = "touch", "Touch"
    ACTIVITY = "activity", "Activity"
    OPPORTUNITY = "opportunity", "Opportunity"


class Effect(models.TextChoices):
    """What an import did to a row."""

    CREATED = "created", "Created"
    UPDATED = "updated", "Updated"
    REVIVED = "revived", "Brought back"


class QualityFlag(models.TextChoices):
    """An oddity of a row that is kept and counted."""

    WON_BEFORE_FIRST_CONTACT = "won_before_first_contact", "Won before the first contact"
    CHANNEL_MISSING = "channel_missing", "No channel recorded"
    AMOUNT_MISSING = "amount_missing", "No amount"
    CLOSE_DATE_MISSING = "close_date_missing", "Closed without a date"
    CLOSE_WITHOUT_OUTCOME = "close_without_outcome", "Open with a close date"
    CREATED_MISSING = "created_missing", "No creation date"
    ACCOUNT_MISSING = "account_missing", "No account"
    REASON_MISSING = "reason_missing", "No reason recorded"
    REP_NOT_LISTED = "rep_not_listed", "Rep was not on the roster"
    OUT_OF_ORDER = "out_of_order", "Stages out of order"
    PLACEHOLDER = "placeholder", "No amount, close date or next step"


class JobStatus(models.TextChoices):
    """Where a piece of background work stands."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"
