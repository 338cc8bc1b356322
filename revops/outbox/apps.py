"""App configuration."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Register the app under its short label."""

    name = "revops.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"
