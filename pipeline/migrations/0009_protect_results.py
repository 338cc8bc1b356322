"""Refuse changes of what a back-test found."""

from django.db import migrations

from revops.audit.operations import protect


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0008_work_in_the_background")]

    operations = [protect("pipeline_backtestresult")]
