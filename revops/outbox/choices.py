"""Closed vocabularies of messages."""

from django.db import models


class Channel(models.TextChoices):
    """How a message leaves."""

    APP = "app", "In the app"
    MAIL = "mail", "Mail"
    SLACK = "slack", "Slack"
