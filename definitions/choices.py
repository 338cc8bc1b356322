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
