"""Who stands in for somebody who is away: the one place that follows covers and backups."""

from django.db import migrations

# The organisation's local date of an instant; absences are dates of its zone.
LOCAL_DAY = """
CREATE FUNCTION people_local_day(at timestamptz) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT (at AT TIME ZONE coalesce(
        (SELECT timezone FROM people_organization ORDER BY id LIMIT 1), 'UTC'))::date
$$
"""

# Whether a rep can take leads on a day ('' or why not), and who stands in: the cover of the
# absence, else the standing backup.
STANDING = """
CREATE FUNCTION people_standing(of_rep bigint, on_day date)
RETURNS TABLE (why text, absence bigint, stand_in bigint) LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN NOT r.is_active THEN 'left' WHEN a.id IS NOT NULL THEN 'away' ELSE '' END,
        a.id, coalesce(a.cover_id, r.backup_id)
    FROM people_rep r LEFT JOIN LATERAL (
        SELECT b.id, b.cover_id FROM people_absence b
        WHERE b.rep_id = r.id AND b.starts_on <= on_day AND on_day < b.ends_on
        ORDER BY b.id DESC LIMIT 1) a ON true
    WHERE r.id = of_rep
$$
"""

# The rep and then everybody asked in turn, up to the first who is there (why = ''). A chain that
# leads back into itself ends.
COVER_CHAIN = """
CREATE FUNCTION people_cover_chain(wanted bigint, on_day date)
RETURNS TABLE (place integer, rep bigint, why text, absence bigint) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE chain AS (
        SELECT wanted AS rep, ARRAY[wanted] AS path, s.why, s.absence, s.stand_in
        FROM people_standing(wanted, on_day) s
        UNION ALL
        SELECT c.stand_in, c.path || c.stand_in, s.why, s.absence, s.stand_in
        FROM chain c CROSS JOIN LATERAL people_standing(c.stand_in, on_day) s
        WHERE c.why <> '' AND c.stand_in <> ALL (c.path)
    )
    SELECT cardinality(path), rep, why, absence FROM chain
$$
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0003_cover_absences")]

    operations = [
        migrations.RunSQL(LOCAL_DAY, "DROP FUNCTION people_local_day(timestamptz)"),
        migrations.RunSQL(STANDING, "DROP FUNCTION people_standing(bigint, date)"),
        migrations.RunSQL(COVER_CHAIN, "DROP FUNCTION people_cover_chain(bigint, date)"),
    ]
