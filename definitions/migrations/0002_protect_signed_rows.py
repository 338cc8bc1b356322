"""Refuse changes of signed rows, and tie an activation's kind to its version's."""

from django.db import migrations
from django.db.migrations import RunSQL

from revops.audit.operations import FUNCTION, protect

TABLES = (
    "definitions_version",
    "definitions_reason",
    "definitions_activation",
    "definitions_withdrawal",
    "definitions_signaturerequest",
    "definitions_signature",
    "definitions_decline",
    "definitions_requestclosure",
)


class Migration(migrations.Migration):
    dependencies = [("definitions", "0001_initial")]

    operations = [
        RunSQL(FUNCTION, RunSQL.noop),
        *(protect(table) for table in TABLES),
        RunSQL(
            """
            ALTER TABLE definitions_activation
                ADD CONSTRAINT definitions_activation_kind_is_the_versions
                FOREIGN KEY (version_id, kind) REFERENCES definitions_version (id, kind)
            """,
            """
            ALTER TABLE definitions_activation
                DROP CONSTRAINT definitions_activation_kind_is_the_versions
            """,
        ),
    ]
