"""One answer to who was told: the steps of the ladder; the mark of a warning goes."""

from django.db import migrations, models

# Clocks told of under the old rule are not told of again.
CARRY_OVER = """
INSERT INTO sla_escalation (clock_id, step, outcome, reached_at, recorded_at)
SELECT id, 0, 'sent', coalesce(warn_at, warned_at), warned_at FROM sla_clock
WHERE status = 'pending' AND scope = 'lead' AND enforced AND warned_at IS NOT NULL
ON CONFLICT DO NOTHING;
UPDATE sla_clock SET ladder_at = '9999-01-01 00:00+00'
WHERE status = 'breached_open' AND scope = 'lead' AND enforced;
"""


class Migration(migrations.Migration):
    dependencies = [("sla", "0005_protect_months")]

    operations = [
        migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="clock", name="sla_clock_to_warn"),
        migrations.RemoveField(model_name="clock", name="warned_at"),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                condition=models.Q(
                    ("breach_at__isnull", False),
                    ("enforced", True),
                    ("scope", "lead"),
                    ("status__in", ["pending", "breached_open"]),
                ),
                fields=["ladder_at"],
                name="sla_clock_on_ladder",
            ),
        ),
    ]
