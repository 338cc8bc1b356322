"""App configuration."""

from django.apps import AppConfig


class RevopsConfig(AppConfig):
    """Register the app under its short label."""

    name = "revops"
    label = "revops"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from revops import guards  # noqa: F401, PLC0415 (needs loaded settings)
