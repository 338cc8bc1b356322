"""Let the database refuse changes to the journal and the seals."""

from django.db import migrations

from revops.audit.operations import protect, refuse_function


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [refuse_function(), protect("audit_auditentry"), protect("audit_seal")]
