"""Refuse changes of closed months; what is learned later is an adjustment."""

from django.db import migrations

from revops.audit.operations import protect


class Migration(migrations.Migration):
    dependencies = [("sla", "0004_escalate_excuse_close_months")]

    operations = [protect("sla_monthresult"), protect("sla_monthadjustment")]
