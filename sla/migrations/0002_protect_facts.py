"""Refuse changes of what happened, what was promised and what was broken."""

from django.db import migrations
from django.db.migrations import RunSQL

from revops.audit.operations import FUNCTION, protect

TABLES = (
    "sla_calendarversion",
    "sla_commitment",
    "sla_evidence",
    "sla_breach",
    "sla_breachrevision",
)


class Migration(migrations.Migration):
    dependencies = [("sla", "0001_initial")]

    operations = [
        RunSQL(FUNCTION, RunSQL.noop),
        *(protect(table) for table in TABLES),
    ]
