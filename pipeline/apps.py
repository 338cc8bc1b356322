"""App configuration."""

from django.apps import AppConfig


class PipelineConfig(AppConfig):
    """Register the app under its short label."""

    name = "pipeline"
    label = "pipeline"
    default_auto_field = "django.db.models.BigAutoField"
