"""App configuration."""

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """Register the app under its short label."""

    name = "dashboards"
    label = "dashboards"
    default_auto_field = "django.db.models.BigAutoField"
