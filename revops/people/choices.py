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
