"""Closed vocabularies of people."""

from django.db import models


class Role(models.TextChoices):
    """What a person may do; an API key is the seventh principal and has scopes instead."""

    REVOPS = "revops", "RevOps admin"
    MARKETING_LEADER = "marketing_leader", "Marketing leader"
    MARKETING = "marketing", "Marketing member"
    SALES_LEADER = "sales_leader", "Sales leader"
    SALES_REP = "sales_rep", "Sales rep"
    VIEWER = "viewer", "Executive or viewer"


class Side(models.TextChoices):
    """A party to the agreement: who promises, owns a metric, or fills a signature slot."""

    MARKETING = "marketing", "Marketing"
    SALES = "sales", "Sales"
    REVOPS = "revops", "RevOps"


class Theme(models.TextChoices):
    """Which colours a person wants; empty follows the browser."""

    SYSTEM = "", "As the browser"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class HourCycle(models.TextChoices):
    """How a person reads the time of day."""

    TWENTY_FOUR = "24", "16:30"
    TWELVE = "12", "4:30 PM"
