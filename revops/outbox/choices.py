"""Closed vocabularies of messages."""

from django.db import models


class Channel(models.TextChoices):
    """How a message leaves."""

    APP = "app", "In the app"
    MAIL = "mail", "Mail"
    SLACK = "slack", "Slack"
    WEBHOOK = "webhook", "Webhook"


class Timing(models.TextChoices):
    """When a person hears of something on a channel."""

    NOW = "now", "At once"
    DIGEST = "digest", "Once a day"
    NEVER = "never", "Never"


class Topic(models.TextChoices):
    """What a person can choose to hear of, and how."""

    MY_LEADS = "my_leads", "Leads given to me"
    DUE_SOON = "due_soon", "Promises about to be missed"
    MISSED = "missed", "Missed promises"
    CORRECTED = "corrected", "Corrected breaches"
    DEALS = "deals", "Leads and deals that moved"
    AGREEMENT = "agreement", "Agreement and signatures"
    MORNING = "morning", "Morning digest"
