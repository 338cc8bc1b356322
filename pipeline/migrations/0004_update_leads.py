"""What intake changes of companies and leads that are known."""

from django.db import migrations

# What rows tell about a company: blanks are filled; with `overrides` agreed values replace.
TELL_COMPANIES = """
CREATE FUNCTION pipeline_tell_companies(head jsonb, input pipeline_intake_row[])
RETURNS bigint[] LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    overrides boolean := (head->>'overrides')::boolean;
    changed bigint[];
BEGIN
    WITH told AS MATERIALIZED (
        SELECT c.id,
            CASE WHEN count(DISTINCT i.company->>'size') = 1
                THEN min((i.company->>'size')::integer) END AS size,
            CASE WHEN count(DISTINCT nullif(i.company->>'domain', '')) = 1
                THEN min(nullif(i.company->>'domain', '')) END AS domain,
            CASE WHEN count(DISTINCT nullif(i.company->>'industry', '')) = 1
                THEN min(nullif(i.company->>'industry', '')) END AS industry,
            CASE WHEN count(DISTINCT nullif(i.company->>'country', '')) = 1
                THEN min(nullif(i.company->>'country', '')) END AS country,
            CASE WHEN count(DISTINCT nullif(i.company->>'technology', '{}')) = 1
                THEN min(nullif(i.company->>'technology', '{}'))::text[] END AS technology
        FROM unnest(input) i JOIN pipeline_company c ON c.match_key = i.company_key
        GROUP BY c.id
    ), wanted AS (
        SELECT c.id,
            CASE WHEN overrides OR c.size IS NULL THEN coalesce(t.size, c.size)
                ELSE c.size END AS size,
            CASE WHEN overrides OR c.domain = '' THEN coalesce(t.domain, c.domain)
                ELSE c.domain END AS domain,
            CASE WHEN overrides OR c.industry = '' THEN coalesce(t.industry, c.industry)
                ELSE c.industry END AS industry,
            CASE WHEN overrides OR c.country = '' THEN coalesce(t.country, c.country)
                ELSE c.country END AS country,
            CASE WHEN overrides OR c.technology = '{}' THEN coalesce(t.technology, c.technology)
                ELSE c.technology END AS technology
        FROM told t JOIN pipeline_company c ON c.id = t.id
    ), written AS (
        UPDATE pipeline_company c
        SET size = w.size, domain = w.domain, industry = w.industry, country = w.country,
            technology = w.technology
        FROM wanted w WHERE c.id = w.id
          AND (c.size, c.domain, c.industry, c.country, c.technology)
            IS DISTINCT FROM (w.size, w.domain, w.industry, w.country, w.technology)
        RETURNING c.id
    )
    SELECT coalesce(array_agg(id), '{}') INTO changed FROM written;
    RETURN changed;
END $$
"""

# Known leads are brought up to date; what the handoff fixed stays and is named in `kept`.
UPDATE_LEADS = """
CREATE FUNCTION pipeline_update_leads(
    head jsonb, input pipeline_intake_row[], fresh bigint[], companies bigint[]
) RETURNS jsonb LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    instant timestamptz := (head->>'at')::timestamptz;
    answer jsonb;
BEGIN
    PERFORM l.id FROM unnest(input) i JOIN pipeline_lead l
      ON l.source_system = i.source_system AND l.external_id = i.external_id
    WHERE l.id <> ALL(fresh) ORDER BY l.id FOR NO KEY UPDATE OF l;

    WITH known AS MATERIALIZED (
        SELECT l.*, to_jsonb(l) AS old, l.stage IN ('nurture', 'mql') AS is_open, i AS told,
            c.id AS told_company_id, h.id AS told_channel_id, h.source_group AS channel_group
        FROM unnest(input) i JOIN pipeline_lead l
          ON l.source_system = i.source_system AND l.external_id = i.external_id
        LEFT JOIN pipeline_company c ON c.match_key = i.company_key
        LEFT JOIN pipeline_channel h ON h.key = i.channel_key
        WHERE l.id <> ALL(fresh)
    ), wanted AS MATERIALIZED (
        SELECT k.id, k.old, k.is_open,
            coalesce(k.told_company_id, k.company_id) AS company_id,
            coalesce(k.told_channel_id, k.channel_id) AS channel_id,
            CASE WHEN 'source_group' = ANY((k.told).given) THEN (k.told).source_group
                WHEN k.told_channel_id IS NOT NULL THEN k.channel_group
                ELSE k.source_group END AS source_group,
            CASE WHEN 'created_at' = ANY((k.told).given) THEN (k.told).captured_at
                ELSE k.captured_at END AS captured_at,
            CASE WHEN 'fit_score' = ANY((k.told).given) THEN (k.told).fit_score
                ELSE k.fit_score END AS fit_score,
            CASE WHEN 'intent_score' = ANY((k.told).given) THEN (k.told).intent_score
                ELSE k.intent_score END AS intent_score,
            CASE WHEN 'campaign' = ANY((k.told).given) THEN (k.told).campaign
                ELSE k.campaign END AS campaign,
            CASE WHEN 'email' = ANY((k.told).given) THEN (k.told).email ELSE k.email END AS email,
            CASE WHEN 'first_name' = ANY((k.told).given) THEN (k.told).first_name
                ELSE k.first_name END AS first_name,
            CASE WHEN 'last_name' = ANY((k.told).given) THEN (k.told).last_name
                ELSE k.last_name END AS last_name,
            CASE WHEN 'title' = ANY((k.told).given) THEN (k.told).title ELSE k.title END AS title,
            CASE WHEN 'seniority' = ANY((k.told).given) THEN (k.told).seniority
                ELSE k.seniority END AS seniority,
            CASE WHEN 'form_text' = ANY((k.told).given) THEN (k.told).form_text
                ELSE k.form_text END AS form_text,
            k.attributes || (k.told).attributes AS attributes,
            CASE WHEN 'is_test' = ANY((k.told).given) THEN (k.told).is_test
                ELSE k.is_test END AS is_test
        FROM known k
    ), written AS (
        UPDATE pipeline_lead l SET
            company_id = w.company_id, campaign = w.campaign, email = w.email,
            first_name = w.first_name, last_name = w.last_name, title = w.title,
            seniority = w.seniority, form_text = w.form_text, attributes = w.attributes,
            is_test = w.is_test, changed_at = instant,
            channel_id = CASE WHEN w.is_open THEN w.channel_id ELSE l.channel_id END,
            source_group = CASE WHEN w.is_open THEN w.source_group ELSE l.source_group END,
            captured_at = CASE WHEN w.is_open THEN w.captured_at ELSE l.captured_at END,
            fit_score = CASE WHEN w.is_open THEN w.fit_score ELSE l.fit_score END,
            intent_score = CASE WHEN w.is_open THEN w.intent_score ELSE l.intent_score END,
            quality_flags = CASE WHEN w.is_open AND w.channel_id IS NOT NULL
                THEN array_remove(l.quality_flags, 'channel_missing') ELSE l.quality_flags END
        FROM wanted w WHERE l.id = w.id AND (
            (l.company_id, l.campaign, l.email, l.first_name, l.last_name, l.title, l.seniority,
             l.form_text, l.attributes, l.is_test)
            IS DISTINCT FROM
            (w.company_id, w.campaign, w.email, w.first_name, w.last_name, w.title, w.seniority,
             w.form_text, w.attributes, w.is_test)
            OR w.is_open AND
            (l.channel_id, l.source_group, l.captured_at, l.fit_score, l.intent_score)
            IS DISTINCT FROM
            (w.channel_id, w.source_group, w.captured_at, w.fit_score, w.intent_score))
        RETURNING l.id
    )
    SELECT jsonb_object_agg(w.id::text, jsonb_build_object(
        'changed', x.id IS NOT NULL OR w.company_id = ANY(companies),
        'kept', CASE WHEN w.is_open THEN '[]' ELSE to_jsonb(array_remove(ARRAY[
            CASE WHEN w.channel_id IS DISTINCT FROM (w.old->>'channel_id')::bigint
                THEN 'channel' END,
            CASE WHEN w.source_group IS DISTINCT FROM w.old->>'source_group'
                THEN 'source_group' END,
            CASE WHEN w.captured_at IS DISTINCT FROM (w.old->>'captured_at')::timestamptz
                THEN 'created_at' END,
            CASE WHEN w.fit_score IS DISTINCT FROM (w.old->>'fit_score')::smallint
                THEN 'fit_score' END,
            CASE WHEN w.intent_score IS DISTINCT FROM (w.old->>'intent_score')::smallint
                THEN 'intent_score' END
        ], NULL)) END)) INTO answer
    FROM wanted w LEFT JOIN written x ON x.id = w.id;
    RETURN coalesce(answer, '{}');
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0003_open_rounds")]

    operations = [
        migrations.RunSQL(
            TELL_COMPANIES, "DROP FUNCTION pipeline_tell_companies(jsonb, pipeline_intake_row[])"
        ),
        migrations.RunSQL(
            UPDATE_LEADS,
            "DROP FUNCTION pipeline_update_leads("
            "jsonb, pipeline_intake_row[], bigint[], bigint[])",
        ),
    ]
