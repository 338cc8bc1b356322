"""Taking leads in: companies, channels, leads, and all that follows, in one round trip.

It is a function and not one statement with many branches because a lead costs round trips, not
work, and because each statement inside sees what concurrent ones have committed: who waits for
the same lead or the same Idempotency-Key then finds it.
"""

from django.db import migrations

# The answer to a single POST: ids and scores, no personal data, since it is kept for replays.
LEAD_BODY = """
CREATE FUNCTION pipeline_lead_body(lead pipeline_lead) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', lead.id, 'source_system', lead.source_system, 'external_id', lead.external_id,
        'stage', lead.stage, 'is_mql', lead.stage <> 'nurture',
        'fit_score', lead.fit_score, 'intent_score', lead.intent_score,
        'source_group', lead.source_group, 'rep_id', lead.owner_id,
        'captured_at', to_char(lead.captured_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'recorded_at', to_char(lead.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'url', '/api/v1/leads/' || lead.id || '/'
    )::text
$$
"""

# What comes with a new lead whether or not it qualifies; returns the rounds to be opened.
STORE_ARRIVALS = """
CREATE FUNCTION pipeline_store_arrivals(
    head jsonb, input pipeline_intake_row[], fresh bigint[]
) RETURNS pipeline_opening[] LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    instant timestamptz := (head->>'at')::timestamptz;
    openings pipeline_opening[];
BEGIN
    WITH arrived AS MATERIALIZED (
        SELECT l.id, l.captured_at, i.touches
        FROM unnest(input) i JOIN pipeline_lead l
          ON l.source_system = i.source_system AND l.external_id = i.external_id
        WHERE l.id = ANY(fresh)
    ), touches AS (
        INSERT INTO pipeline_touch (lead_id, occurred_at, recorded_at, kind, channel_id, campaign,
            asset, source, external_id)
        SELECT a.id, t.occurred_at, instant, t.kind, h.id, t.campaign, t.asset, t.source,
            t.external_id
        FROM arrived a
        CROSS JOIN LATERAL jsonb_to_recordset(a.touches) AS t(
            occurred_at timestamptz, kind text, channel_key text, campaign text, asset text,
            source text, external_id text)
        LEFT JOIN pipeline_channel h ON h.key = t.channel_key
        ON CONFLICT DO NOTHING
    ), captured AS (
        INSERT INTO sla_evidence
        SELECT e.* FROM arrived a
        CROSS JOIN LATERAL jsonb_populate_record(NULL::sla_evidence, jsonb_build_object(
            'id', nextval('sla_evidence_id_seq'), 'lead_id', a.id,
            'kind', 'captured', 'occurred_at', a.captured_at, 'recorded_at', instant,
            'actor', head->>'actor', 'source', 'lead', 'source_id', a.id::text,
            'payload', '{}'::jsonb
        )) e
        WHERE a.captured_at IS NOT NULL
    )
    INSERT INTO outbox_message (key, kind, channel, payload, created_at, attempts, next_try_at,
        last_error)
    SELECT 'lead.created:' || a.id, 'lead.created', channel, jsonb_build_object('lead', a.id),
        instant, 0, instant, ''
    FROM arrived a, jsonb_array_elements_text(head->'channels') channel
    ON CONFLICT (key, channel) DO NOTHING;

    SELECT array_agg(jsonb_populate_record(NULL::pipeline_opening, i.opening || jsonb_build_object(
        'n', i.n, 'lead_id', l.id, 'company_id', l.company_id, 'number', 1)) ORDER BY i.n)
    INTO openings
    FROM unnest(input) i JOIN pipeline_lead l
      ON l.source_system = i.source_system AND l.external_id = i.external_id
    WHERE l.id = ANY(fresh) AND i.opening IS NOT NULL;
    RETURN openings;
END $$
"""
TAKE_IN = """
CREATE FUNCTION pipeline_take_in(head jsonb, leads jsonb)
RETURNS jsonb LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    instant timestamptz := (head->>'at')::timestamptz;
    upserts boolean := (head->>'mode') = 'upsert';
    claim bigint;
    replay jsonb;
    input pipeline_intake_row[];
    fresh bigint[];
    openings pipeline_opening[];
    companies bigint[] := '{}';
    updated jsonb := '{}';
    answers jsonb;
BEGIN
    IF head ? 'idempotency' THEN
        -- A twin that is still at work is waited for here; lock_timeout ends the wait.
        INSERT INTO pipeline_idempotentanswer
            (api_key_id, key, body_sha256, status, body, answered_at)
        VALUES ((head->'idempotency'->>'api_key_id')::bigint, head->'idempotency'->>'key',
            head->'idempotency'->>'body_sha256', 0, '', instant)
        ON CONFLICT (api_key_id, key) DO NOTHING RETURNING id INTO claim;
        IF claim IS NULL THEN
            SELECT jsonb_build_object('status', status, 'body', body, 'body_sha256', body_sha256)
            INTO replay FROM pipeline_idempotentanswer
            WHERE api_key_id = (head->'idempotency'->>'api_key_id')::bigint
              AND key = head->'idempotency'->>'key';
            RETURN jsonb_build_object('replay', replay);
        END IF;
    END IF;

    SELECT array_agg(i ORDER BY i.source_system, i.external_id) INTO input
    FROM jsonb_populate_recordset(NULL::pipeline_intake_row, leads) i;

    INSERT INTO pipeline_company
        (match_key, name, domain, size, industry, country, technology, attributes)
    SELECT DISTINCT ON (i.company_key) i.company_key, c.name, c.domain, c.size, c.industry,
        c.country, c.technology, '{}'::jsonb
    FROM unnest(input) i
    CROSS JOIN LATERAL jsonb_populate_record(NULL::pipeline_company, i.company) c
    WHERE i.company_key IS NOT NULL
      AND NOT EXISTS (SELECT FROM pipeline_company k WHERE k.match_key = i.company_key)
      AND (upserts OR NOT EXISTS (SELECT FROM pipeline_lead l
        WHERE l.source_system = i.source_system AND l.external_id = i.external_id))
    ORDER BY i.company_key, i.n
    ON CONFLICT (match_key) DO NOTHING;

    INSERT INTO pipeline_channel (key, name, source_group)
    SELECT DISTINCT ON (i.channel_key) i.channel_key, i.channel_name, i.channel_group
    FROM unnest(input) i
    WHERE i.channel_key IS NOT NULL
      AND NOT EXISTS (SELECT FROM pipeline_channel k WHERE k.key = i.channel_key)
    ORDER BY i.channel_key, i.n
    ON CONFLICT (key) DO NOTHING;

    WITH made AS (
        INSERT INTO pipeline_lead (
            source_system, external_id, company_id, channel_id, source_group, campaign, email,
            first_name, last_name, title, seniority, form_text, attributes, captured_at,
            recorded_at, is_hand_raiser, is_test, stage, fit_score, intent_score, last_touch_at,
            quality_flags, import_run_id, changed_at)
        SELECT i.source_system, i.external_id, c.id, h.id,
            coalesce(i.source_group, h.source_group, ''), i.campaign, i.email, i.first_name,
            i.last_name, i.title, i.seniority, i.form_text, i.attributes, i.captured_at, instant,
            i.is_hand_raiser, i.is_test, 'nurture', i.fit_score, i.intent_score, i.last_touch_at,
            i.quality_flags, (head->>'import_run_id')::bigint, instant
        FROM unnest(input) i
        LEFT JOIN pipeline_company c ON c.match_key = i.company_key
        LEFT JOIN pipeline_channel h ON h.key = i.channel_key
        WHERE NOT EXISTS (SELECT FROM pipeline_lead l
            WHERE l.source_system = i.source_system AND l.external_id = i.external_id)
        ORDER BY i.source_system, i.external_id
        ON CONFLICT (source_system, external_id) DO NOTHING
        RETURNING id
    )
    SELECT coalesce(array_agg(id), '{}') INTO fresh FROM made;

    IF upserts OR cardinality(fresh) > 0 THEN
        companies := pipeline_tell_companies(head, input);
    END IF;
    IF cardinality(fresh) > 0 THEN
        openings := pipeline_store_arrivals(head, input, fresh);
        IF openings IS NOT NULL THEN
            PERFORM pipeline_open_rounds(head, openings);
        END IF;
    END IF;
    IF upserts AND cardinality(fresh) < cardinality(input) THEN
        updated := pipeline_update_leads(head, input, fresh, companies);
    END IF;

    SELECT jsonb_agg(jsonb_build_object(
        'n', i.n, 'id', l.id, 'stage', l.stage,
        'status', CASE WHEN l.id = ANY(fresh) THEN 'created'
            WHEN updated->(l.id::text)->>'changed' = 'true' THEN 'updated' ELSE 'unchanged' END,
        'kept', coalesce(updated->(l.id::text)->'kept', '[]'),
        'source_group', l.source_group, 'rep_id', l.owner_id, 'captured_at', l.captured_at,
        'fit_score', l.fit_score, 'intent_score', l.intent_score
    ) ORDER BY i.n) INTO answers
    FROM unnest(input) i
    JOIN pipeline_lead l ON l.source_system = i.source_system AND l.external_id = i.external_id;

    IF claim IS NOT NULL THEN
        UPDATE pipeline_idempotentanswer a
        SET status = CASE WHEN cardinality(fresh) > 0 THEN 201 ELSE 200 END,
            body = pipeline_lead_body(l)
        FROM pipeline_lead l
        WHERE a.id = claim AND l.id = (answers->0->>'id')::bigint;
    END IF;
    IF head ? 'wants_body' THEN
        SELECT jsonb_build_object('rows', answers, 'body', pipeline_lead_body(l)) INTO replay
        FROM pipeline_lead l WHERE l.id = (answers->0->>'id')::bigint;
        RETURN replay;
    END IF;
    RETURN jsonb_build_object('rows', coalesce(answers, '[]'));
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0004_update_leads")]

    operations = [
        migrations.RunSQL(LEAD_BODY, "DROP FUNCTION pipeline_lead_body(pipeline_lead)"),
        migrations.RunSQL(
            STORE_ARRIVALS,
            "DROP FUNCTION pipeline_store_arrivals(jsonb, pipeline_intake_row[], bigint[])",
        ),
        migrations.RunSQL(TAKE_IN, "DROP FUNCTION pipeline_take_in(jsonb, jsonb)"),
    ]
