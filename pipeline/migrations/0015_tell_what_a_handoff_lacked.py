"""Intake tells how an MQL qualified and what its handoff lacked, and writes breaches at once.

`qualified` and `handed` of an opening go into the evidence of the MQL and of the assignment. A
promise that is judged at the handoff may be missed the moment a lead arrives: its planned clock
then carries `breach`, and the ledger's row is written with it instead of by a second fold.
"""

from django.db import migrations

FUNCTION = "pipeline_open_rounds(jsonb, pipeline_opening[])"
EDITS = (
    (
        "jsonb_build_object('hand_raiser', p.is_hand_raiser))",
        "jsonb_build_object('hand_raiser', p.is_hand_raiser) || coalesce(p.qualified, '{}'))",
    ),
    (
        "jsonb_strip_nulls(jsonb_build_object('calendar', p.calendar_id)))",
        "jsonb_strip_nulls(jsonb_build_object('calendar', p.calendar_id)) || coalesce(p.handed, '{}'))",
    ),
    (
        """), clocks AS (
        INSERT INTO sla_clock
        SELECT c.* FROM plan p
        CROSS JOIN""",
        """), planned AS MATERIALIZED (
        SELECT p.*, clock.planned, nextval('sla_clock_id_seq') AS clock_id,
            CASE WHEN clock.planned->'breach' <> 'null' THEN
                nextval('sla_breach_id_seq') END AS breach_id
        FROM plan p CROSS JOIN""",
    ),
    (
        """        ) planned
        CROSS JOIN LATERAL jsonb_populate_record(NULL::sla_clock, planned || jsonb_build_object(
            'id', nextval('sla_clock_id_seq'),""",
        """        ) AS clock (planned)
    ), clocks AS (
        INSERT INTO sla_clock
        SELECT c.* FROM planned p
        CROSS JOIN LATERAL jsonb_populate_record(NULL::sla_clock, planned || jsonb_build_object(
            'id', p.clock_id,""",
    ),
    (
        """), leads AS (
        UPDATE pipeline_lead l""",
        """), breaches AS (
        INSERT INTO sla_breach (id, clock_id, commitment_id, side, rep_id, status, cause, due_at,
            breach_at, detected_at, actor)
        SELECT p.breach_id, p.clock_id, c.commitment_id, c.side,
            CASE WHEN (p.planned->>'is_rep_of')::boolean THEN p.rep_id END, c.status,
            p.planned->'breach'->>'cause', c.due_at, c.breach_at, instant,
            p.planned->'breach'->>'actor'
        FROM planned p CROSS JOIN LATERAL jsonb_populate_record(NULL::sla_clock, p.planned) c
        WHERE p.breach_id IS NOT NULL
    ), breach_notices AS (
        INSERT INTO outbox_message (key, kind, channel, payload, created_at, attempts,
            next_try_at, last_error)
        SELECT 'sla.breached:' || p.clock_id, 'sla.breached', channel,
            jsonb_build_object('clock', p.clock_id, 'breach', p.breach_id, 'rep',
                CASE WHEN (p.planned->>'is_rep_of')::boolean THEN p.rep_id END),
            instant, 0, instant, ''
        FROM planned p, jsonb_array_elements_text(head->'channels') channel
        WHERE p.breach_id IS NOT NULL AND (p.planned->'breach'->>'is_news')::boolean
        ON CONFLICT DO NOTHING
    ), leads AS (
        UPDATE pipeline_lead l""",
    ),
)
REPLACE = """
DO $body$
DECLARE
    held text := pg_get_functiondef('{function}'::regprocedure);
BEGIN
    IF position($old${old}$old$ IN held) = 0 THEN
        RAISE EXCEPTION 'the function to change reads otherwise: %', $old${old}$old$;
    END IF;
    EXECUTE replace(held, $old${old}$old$, $new${new}$new$);
END $body$
"""


def _replace(old: str, new: str) -> str:
    parts = {"{function}": FUNCTION, "{old}": old, "{new}": new}
    text = REPLACE
    for blank, part in parts.items():
        text = text.replace(blank, part)
    return text


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0014_find_what_absences_moved"),
        ("sla", "0005_protect_months"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TYPE pipeline_opening ADD ATTRIBUTE qualified jsonb, ADD ATTRIBUTE handed jsonb",
            "ALTER TYPE pipeline_opening DROP ATTRIBUTE qualified, DROP ATTRIBUTE handed",
        ),
        *(migrations.RunSQL(_replace(old, new), _replace(new, old)) for old, new in EDITS),
    ]
