"""A note may belong to a fact the promises read, such as a pause or feedback."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0012_open_rounds_in_territories"),
        ("sla", "0005_protect_months"),
    ]

    operations = [
        migrations.AddField(
            model_name="leadnote",
            name="evidence",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notes",
                to="sla.evidence",
            ),
        ),
    ]
