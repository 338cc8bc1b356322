"""Intake writes events that may be addressed to people: the unique key got more columns.

The functions of intake named the old key's columns; they say now that any conflict drops a row.
"""

from django.db import migrations

REPLACE = """
DO $body$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['pipeline_open_rounds(jsonb, pipeline_opening[])',
        'pipeline_store_arrivals(jsonb, pipeline_intake_row[], bigint[])']
    LOOP
        EXECUTE replace(pg_get_functiondef(name::regprocedure), '{old}', '{new}');
    END LOOP;
END $body$
"""
OLD = "ON CONFLICT (key, channel) DO NOTHING"
NEW = "ON CONFLICT DO NOTHING /* event */"


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0009_protect_results"),
        ("outbox", "0002_address_people"),
    ]

    operations = [
        migrations.RunSQL(
            REPLACE.replace("{old}", OLD).replace("{new}", NEW),
            REPLACE.replace("{old}", NEW).replace("{new}", OLD),
        )
    ]
