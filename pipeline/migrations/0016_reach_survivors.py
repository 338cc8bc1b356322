"""Rows of a merged lead reach the lead that survived it."""

from django.db import migrations

REPLACE = """
DO $body$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['pipeline_take_in(jsonb, jsonb)',
        'pipeline_update_leads(jsonb, pipeline_intake_row[], bigint[], bigint[])']
    LOOP
        EXECUTE regexp_replace(pg_get_functiondef(name::regprocedure), '{old}', '{new}', 'g');
    END LOOP;
END $body$
"""
NAMED = (
    "JOIN pipeline_lead l ON l.source_system = i.source_system AND l.external_id = i.external_id"
)
SURVIVING = (
    "JOIN pipeline_lead told ON told.source_system = i.source_system"
    " AND told.external_id = i.external_id"
    " JOIN pipeline_lead l ON l.id = coalesce(told.merged_into_id, told.id)"
)


def swapped(*, old: str, new: str) -> str:
    """Return the statement; whatever whitespace stands between the words."""
    pattern = old.replace("(", r"\(").replace(")", r"\)").replace(".", r"\.").replace(" ", r"\s+")
    return REPLACE.replace("{old}", pattern).replace("{new}", new)


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0015_tell_what_a_handoff_lacked")]

    operations = [
        migrations.RunSQL(swapped(old=NAMED, new=SURVIVING), swapped(old=SURVIVING, new=NAMED))
    ]
