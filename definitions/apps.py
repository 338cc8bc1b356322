"""App configuration."""

from django.apps import AppConfig


class DefinitionsConfig(AppConfig):
    """Register the app under its short label."""

    name = "definitions"
    label = "definitions"
    default_auto_field = "django.db.models.BigAutoField"
