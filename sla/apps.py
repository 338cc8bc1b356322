"""App configuration."""

from django.apps import AppConfig


class SlaConfig(AppConfig):
    """Register the app under its short label."""

    name = "sla"
    label = "sla"
    default_auto_field = "django.db.models.BigAutoField"
