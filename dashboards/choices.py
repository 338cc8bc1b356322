"""Closed vocabularies of the shared page."""

from django.db import models


class SharedPage(models.TextChoices):
    """A page that can be shared by its address."""

    SLA = "sla", "Service level agreement"
