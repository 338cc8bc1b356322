"""Opening rounds: whose turn it is, and the statement that makes leads MQLs and hands them over.

One statement writes round, transitions, assignment, evidence, clocks and messages; it is a
function because intake and re-scoring share it. The place in the round robin is drawn here, so
after intake's ON CONFLICT has decided that a lead is new.
"""

from django.db import migrations

# What `pipeline.services.intake` sends; columns are those of the tables unless noted.
TYPES = """
CREATE TYPE pipeline_intake_row AS (
    n integer, source_system text, external_id text, given text[],
    company_key text, company jsonb, channel_key text, channel_name text, channel_group text,
    source_group text, campaign text, email text, first_name text, last_name text, title text,
    seniority text, form_text text, attributes jsonb, captured_at timestamptz,
    is_hand_raiser boolean, is_test boolean, fit_score smallint, intent_score smallint,
    last_touch_at timestamptz, quality_flags text[], touches jsonb, opening jsonb
);
CREATE TYPE pipeline_opening AS (
    n integer, lead_id bigint, company_id bigint, number smallint, designation text,
    definitions_version_id bigint, score_version_id bigint, assigning_version_id bigint,
    fit_score smallint, intent_score smallint, explanation jsonb, mql_at timestamptz,
    is_hand_raiser boolean, route boolean, plan text
);
"""

NO_TYPES = "DROP TYPE pipeline_opening; DROP TYPE pipeline_intake_row"

# Whose turn it is at each place: the rep there, or the next in turn who is not away; nobody when
# all are away. Without anybody who takes leads there is no place.
SEATS = """
CREATE FUNCTION pipeline_seats(at timestamptz)
RETURNS TABLE (place bigint, seats bigint, holder bigint, skipped jsonb)
LANGUAGE sql STABLE AS $$
    WITH today AS (
        SELECT (at AT TIME ZONE coalesce(
            (SELECT timezone FROM people_organization ORDER BY id LIMIT 1), 'UTC'))::date AS day
    ), taker AS MATERIALIZED (
        SELECT r.id, row_number() OVER (ORDER BY r.id) - 1 AS place, count(*) OVER () AS seats,
            EXISTS (SELECT FROM people_absence a, today
                WHERE a.rep_id = r.id AND a.starts_on <= day AND day < a.ends_on) AS is_away
        FROM people_rep r WHERE r.is_active AND r.takes_leads
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

# Who gets what is meant for a rep, such as the owner of an account: the rep, or who covers, or
# who covers for the cover. Always one row; of nobody when the chain ends or leads back into itself.
ACCOUNT_REP = """
CREATE FUNCTION pipeline_account_rep(wanted bigint, at timestamptz)
RETURNS TABLE (rep bigint, why jsonb) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE today AS (
        SELECT (at AT TIME ZONE coalesce(
            (SELECT timezone FROM people_organization ORDER BY id LIMIT 1), 'UTC'))::date AS day
    ), chain AS (
        SELECT r.id, ARRAY[r.id] AS path, r.is_active, a.id AS absence_id, a.cover_id
        FROM people_rep r LEFT JOIN LATERAL (
            SELECT b.id, b.cover_id FROM people_absence b, today
            WHERE b.rep_id = r.id AND b.starts_on <= day AND day < b.ends_on
            ORDER BY b.id DESC LIMIT 1) a ON true
        WHERE r.id = wanted
        UNION ALL
        SELECT r.id, c.path || r.id, r.is_active, a.id, a.cover_id
        FROM chain c JOIN people_rep r ON r.id = c.cover_id LEFT JOIN LATERAL (
            SELECT b.id, b.cover_id FROM people_absence b, today
            WHERE b.rep_id = r.id AND b.starts_on <= day AND day < b.ends_on
            ORDER BY b.id DESC LIMIT 1) a ON true
        WHERE (c.absence_id IS NOT NULL OR NOT c.is_active) AND r.id <> ALL (c.path)
    )
    SELECT f.id, jsonb_build_object(
        'rule', CASE WHEN f.id IS NULL THEN 'nobody_there'
            WHEN f.id = wanted THEN 'account_owner' ELSE 'cover' END,
        'skipped', (SELECT coalesce(jsonb_agg(jsonb_build_object('rep', c.id, 'why',
            CASE WHEN c.absence_id IS NULL THEN 'left' ELSE 'away' END)
            ORDER BY cardinality(c.path)), '[]')
            FROM chain c WHERE c.absence_id IS NOT NULL OR NOT c.is_active))
    FROM (VALUES (true)) AS always
    LEFT JOIN chain f ON f.is_active AND f.absence_id IS NULL
$$
"""

OPEN_ROUNDS = """
CREATE FUNCTION pipeline_open_rounds(head jsonb, openings pipeline_opening[])
RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    instant timestamptz := (head->>'at')::timestamptz;
    the_actor text := head->>'actor';
    the_origin text := head->>'origin';
BEGIN
    WITH seat AS MATERIALIZED (
        SELECT * FROM pipeline_seats(instant)
    ), account AS MATERIALIZED (
        SELECT c.id AS company_id, found.rep, found.why
        FROM (SELECT DISTINCT company_id FROM unnest(openings) WHERE route) o
        JOIN pipeline_company c ON c.id = o.company_id AND c.owner_id IS NOT NULL
        CROSS JOIN LATERAL pipeline_account_rep(c.owner_id, instant) found
    ), drawn AS MATERIALIZED (
        SELECT o.*, a.rep AS account_rep, a.why AS account_why,
            CASE WHEN o.route AND a.rep IS NULL AND EXISTS (SELECT FROM seat)
                THEN nextval('pipeline_round_robin') END AS draw,
            nextval('pipeline_round_id_seq') AS round_id,
            nextval('pipeline_transition_id_seq') AS mql_id,
            nextval('sla_evidence_id_seq') AS mql_evidence_id
        FROM (SELECT * FROM unnest(openings) ORDER BY n) o
        LEFT JOIN account a ON a.company_id = o.company_id AND o.route
    ), routed AS MATERIALIZED (
        SELECT d.*, coalesce(d.account_rep, s.holder) AS rep_id,
            CASE WHEN d.account_rep IS NOT NULL THEN d.account_why
                ELSE jsonb_build_object(
                    'rule', CASE WHEN s.holder IS NULL THEN 'nobody_there' ELSE 'round_robin' END,
                    'skipped', coalesce(d.account_why->'skipped', '[]')
                        || coalesce(s.skipped, '[]'))
            END AS why
        FROM drawn d LEFT JOIN seat s ON s.place = d.draw % s.seats
    ), plan AS MATERIALIZED (
        SELECT r.*,
            CASE WHEN r.rep_id IS NOT NULL THEN
                nextval('pipeline_transition_id_seq') END AS assigned_id,
            CASE WHEN r.rep_id IS NOT NULL THEN
                nextval('sla_evidence_id_seq') END AS assigned_evidence_id,
            CASE WHEN r.route THEN
                nextval('pipeline_assignment_id_seq') END AS assignment_id
        FROM routed r
    ), rounds AS (
        INSERT INTO pipeline_round (
            id, lead_id, number, designation, definitions_version_id, score_version_id,
            fit_score, intent_score, explanation, stage, current_transition_id, rep_id, mql_at,
            assigned_at, first_decision)
        SELECT round_id, lead_id, number, designation, definitions_version_id, score_version_id,
            fit_score, intent_score, explanation,
            CASE WHEN rep_id IS NULL THEN 'mql' ELSE 'assigned' END,
            coalesce(assigned_id, mql_id), rep_id, mql_at,
            CASE WHEN rep_id IS NOT NULL THEN instant END, ''
        FROM plan
    ), transitions AS (
        INSERT INTO pipeline_transition (
            id, round_id, from_stage, to_stage, occurred_at, recorded_at, actor, rep_id, origin,
            is_implied, definitions_version_id, reason_purpose, checklist)
        SELECT mql_id, round_id, 'nurture', 'mql', mql_at, instant, the_actor, NULL, the_origin,
            false, definitions_version_id, '', '{}'::jsonb
        FROM plan
        UNION ALL
        SELECT assigned_id, round_id, 'mql', 'assigned', instant, instant, the_actor, rep_id,
            the_origin, false, assigning_version_id, '', '{}'::jsonb
        FROM plan WHERE assigned_id IS NOT NULL
    ), assignments AS (
        INSERT INTO pipeline_assignment
            (id, round_id, rep_id, assigned_at, recorded_at, actor, why, to_queue)
        SELECT assignment_id, round_id, rep_id, instant, instant, the_actor, why, rep_id IS NULL
        FROM plan WHERE route
    ), evidence AS (
        INSERT INTO sla_evidence
        SELECT e.* FROM plan p CROSS JOIN LATERAL (
            VALUES
                (p.mql_evidence_id, 'mql', p.mql_at, NULL::bigint, 'transition', p.mql_id,
                 jsonb_build_object('hand_raiser', p.is_hand_raiser)),
                (p.assigned_evidence_id, 'assigned', instant, p.rep_id, 'assignment',
                 p.assignment_id, '{}'::jsonb)
        ) AS fact (id, kind, occurred_at, rep_id, source, source_id, payload)
        CROSS JOIN LATERAL jsonb_populate_record(NULL::sla_evidence, jsonb_build_object(
            'id', fact.id, 'lead_id', p.lead_id, 'stated_cycle', p.number, 'kind', fact.kind,
            'occurred_at', fact.occurred_at, 'recorded_at', instant, 'actor', the_actor,
            'rep_id', fact.rep_id, 'source', fact.source, 'source_id', fact.source_id::text,
            'payload', fact.payload
        )) e
        WHERE fact.id IS NOT NULL
    ), clocks AS (
        INSERT INTO sla_clock
        SELECT c.* FROM plan p
        CROSS JOIN LATERAL jsonb_array_elements(
            head->'plans'->p.plan->CASE WHEN p.rep_id IS NULL THEN 'waiting' ELSE 'routed' END
        ) planned
        CROSS JOIN LATERAL jsonb_populate_record(NULL::sla_clock, planned || jsonb_build_object(
            'id', nextval('sla_clock_id_seq'),
            'lead_id', p.lead_id, 'cycle', p.number,
            'rep_id', CASE WHEN (planned->>'is_rep_of')::boolean THEN p.rep_id END,
            'started_by_id', CASE planned->>'started_by'
                WHEN 'mql' THEN p.mql_evidence_id
                WHEN 'assigned' THEN p.assigned_evidence_id END,
            'stopped_by_id', CASE planned->>'stopped_by'
                WHEN 'mql' THEN p.mql_evidence_id
                WHEN 'assigned' THEN p.assigned_evidence_id END
        )) c
    ), leads AS (
        UPDATE pipeline_lead l
        SET stage = CASE WHEN p.rep_id IS NULL THEN 'mql' ELSE 'assigned' END,
            owner_id = p.rep_id, changed_at = instant
        FROM plan p WHERE l.id = p.lead_id
    )
    INSERT INTO outbox_message (key, kind, channel, payload, created_at, attempts, next_try_at,
        last_error)
    SELECT 'lead.assigned:' || p.assignment_id, 'lead.assigned', channel,
        jsonb_build_object('lead', p.lead_id, 'round', p.round_id, 'rep', p.rep_id,
            'assignment', p.assignment_id),
        instant, 0, instant, ''
    FROM plan p, jsonb_array_elements_text(head->'channels') channel
    WHERE p.rep_id IS NOT NULL
    ON CONFLICT (key, channel) DO NOTHING;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0002_hold_reasons_and_stages_in_sql"),
        ("outbox", "0001_initial"),
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(TYPES, NO_TYPES),
        migrations.RunSQL(SEATS, "DROP FUNCTION pipeline_seats(timestamptz)"),
        migrations.RunSQL(ACCOUNT_REP, "DROP FUNCTION pipeline_account_rep(bigint, timestamptz)"),
        migrations.RunSQL(
            OPEN_ROUNDS, "DROP FUNCTION pipeline_open_rounds(jsonb, pipeline_opening[])"
        ),
    ]
