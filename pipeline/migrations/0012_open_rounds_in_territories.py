"""Opening rounds in the hours of the holder's territory.

An assignment tells which calendar the person's team works in, and clocks of promises that follow
territories start in it. Each edit names the one place it changes in the function as it stands.
"""

from django.db import migrations

REPLACE = """
DO $body$
DECLARE
    found text := pg_get_functiondef(
        'pipeline_open_rounds(jsonb, pipeline_opening[])'::regprocedure);
BEGIN
    IF (length(found) - length(replace(found, $old${old}$old$, '')))
        <> length($old${old}$old$)
    THEN
        RAISE EXCEPTION 'the place to change is not there once: %', $old${old}$old$;
    END IF;
    EXECUTE replace(found, $old${old}$old$, $new${new}$new$);
END $body$
"""
EDITS = (
    ("SELECT r.*,\n", "SELECT r.*, t.calendar_id,\n"),
    (
        "FROM routed r\n",
        """FROM routed r
        LEFT JOIN people_rep h ON h.id = r.rep_id
        LEFT JOIN sla_territory t ON t.team_id = h.team_id
""",
    ),
    (
        "p.assignment_id, '{}'::jsonb)",
        "p.assignment_id, jsonb_strip_nulls(jsonb_build_object('calendar', p.calendar_id)))",
    ),
    (
        "head->'plans'->p.plan->CASE WHEN p.rep_id IS NULL THEN 'waiting' ELSE 'routed' END",
        """CASE WHEN p.rep_id IS NULL THEN head->'plans'->p.plan->'waiting'
                ELSE coalesce(head->'plans'->p.plan->'by_calendar'->(p.calendar_id::text),
                    head->'plans'->p.plan->'routed')
            END""",
    ),
)


def edit(old: str, new: str) -> str:
    """Return the statement that changes one place of the function."""
    return REPLACE.replace("{old}", old).replace("{new}", new)


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0011_follow_backups"),
        ("people", "0003_cover_absences"),
        ("sla", "0005_protect_months"),
    ]

    operations = [migrations.RunSQL(edit(old, new), edit(new, old)) for old, new in EDITS]
