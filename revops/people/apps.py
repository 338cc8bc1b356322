"""App configuration."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Register the app under its short label."""

    name = "revops.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
