"""The project's own tables: when each periodic service last finished."""

from django.db import models


class PeriodicRun(models.Model):
    """The latest run of one periodic service; health checks and the scheduler read it."""

    service = models.CharField(max_length=120, unique=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    failure_count = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        """Return the service."""
        return self.service
