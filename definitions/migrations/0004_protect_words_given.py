"""Refuse changes of what people submitted, confirmed, approved, delegated and read."""

from django.db import migrations

from revops.audit.operations import protect

TABLES = (
    "definitions_auditround",
    "definitions_auditanswer",
    "definitions_gapconfirmation",
    "definitions_approval",
    "definitions_viewing",
    "definitions_acknowledgement",
    "definitions_delegation",
    "definitions_delegationend",
)


class Migration(migrations.Migration):
    dependencies = [("definitions", "0003_take_part_in_drafts")]

    operations = [protect(table) for table in TABLES]
