"""Routing asks the people's own chain of covers and backups who is there."""

from importlib import import_module

from django.db import migrations

SEATS = """
CREATE OR REPLACE FUNCTION pipeline_seats(at timestamptz)
RETURNS TABLE (place bigint, seats bigint, holder bigint, skipped jsonb)
LANGUAGE sql STABLE AS $$
    WITH today AS MATERIALIZED (
        SELECT people_local_day(at) AS day
    ), taker AS MATERIALIZED (
        SELECT r.id, row_number() OVER (ORDER BY r.id) - 1 AS place, count(*) OVER () AS seats,
            s.why <> '' AS is_away
        FROM people_rep r CROSS JOIN today CROSS JOIN LATERAL people_standing(r.id, today.day) s
        WHERE r.is_active AND r.takes_leads
    )
    SELECT t.place, t.seats, h.id,
        (SELECT coalesce(jsonb_agg(jsonb_build_object('rep', s.id, 'why', 'away')
                ORDER BY (s.place - t.place + s.seats) % s.seats), '[]')
         FROM taker s
         WHERE (s.place - t.place + s.seats) % s.seats < coalesce(h.distance, t.seats))
    FROM taker t LEFT JOIN LATERAL (
        SELECT n.id, (n.place - t.place + n.seats) % n.seats AS distance
        FROM taker n WHERE NOT n.is_away
        ORDER BY distance LIMIT 1
    ) h ON true
$$
"""

# Always one row; of nobody when the chain ends or leads back into itself.
ACCOUNT_REP = """
CREATE OR REPLACE FUNCTION pipeline_account_rep(wanted bigint, at timestamptz)
RETURNS TABLE (rep bigint, why jsonb) LANGUAGE sql STABLE AS $$
    WITH chain AS MATERIALIZED (
        SELECT * FROM people_cover_chain(wanted, people_local_day(at))
    )
    SELECT f.rep, jsonb_build_object(
        'rule', CASE WHEN f.rep IS NULL THEN 'nobody_there'
            WHEN f.rep = wanted THEN 'account_owner' ELSE 'cover' END,
        'skipped', (SELECT coalesce(jsonb_agg(
            jsonb_build_object('rep', c.rep, 'why', c.why) ORDER BY c.place), '[]')
            FROM chain c WHERE c.why <> ''))
    FROM (VALUES (true)) AS always LEFT JOIN chain f ON f.why = ''
$$
"""

before = import_module("pipeline.migrations.0003_open_rounds")


def replacing(statement: str) -> str:
    """Return the statement that puts the former function back."""
    return statement.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0010_write_events_once"),
        ("people", "0004_follow_covers"),
    ]

    operations = [
        migrations.RunSQL(SEATS, replacing(before.SEATS)),
        migrations.RunSQL(ACCOUNT_REP, replacing(before.ACCOUNT_REP)),
    ]
