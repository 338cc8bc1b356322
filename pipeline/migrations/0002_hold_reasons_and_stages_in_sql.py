"""What Django's constraints cannot say about stages, reasons and append-only rows."""

from django.db import migrations

from revops.audit.operations import protect

COMPOSITE_KEYS = """
ALTER TABLE pipeline_transition
    ADD CONSTRAINT pipeline_transition_of_round_to_stage UNIQUE (id, round_id, to_stage),
    ADD CONSTRAINT pipeline_transition_reason_of_version_and_list
        FOREIGN KEY (reason_id, definitions_version_id, reason_purpose)
        REFERENCES definitions_reason (id, version_id, purpose);
ALTER TABLE pipeline_round
    ADD CONSTRAINT pipeline_round_stage_is_that_of_its_transition
        FOREIGN KEY (current_transition_id, id, stage)
        REFERENCES pipeline_transition (id, round_id, to_stage) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE pipeline_opportunity
    ADD CONSTRAINT pipeline_opportunity_reason_of_version_and_list
        FOREIGN KEY (lost_reason_id, definitions_version_id, lost_reason_purpose)
        REFERENCES definitions_reason (id, version_id, purpose);
ALTER TABLE pipeline_opportunitychange
    ADD CONSTRAINT pipeline_opportunitychange_reason_of_version
        FOREIGN KEY (reason_id, definitions_version_id)
        REFERENCES definitions_reason (id, version_id);
"""

NO_COMPOSITE_KEYS = """
ALTER TABLE pipeline_opportunitychange
    DROP CONSTRAINT pipeline_opportunitychange_reason_of_version;
ALTER TABLE pipeline_opportunity
    DROP CONSTRAINT pipeline_opportunity_reason_of_version_and_list;
ALTER TABLE pipeline_round
    DROP CONSTRAINT pipeline_round_stage_is_that_of_its_transition;
ALTER TABLE pipeline_transition
    DROP CONSTRAINT pipeline_transition_reason_of_version_and_list,
    DROP CONSTRAINT pipeline_transition_of_round_to_stage;
"""

# The version in use at an instant is the latest activation not withdrawn. No clock is read.
REASONS = """
CREATE FUNCTION pipeline_refuse_reason(
    reason bigint, version bigint, at timestamptz, origin text, constraint_name text
) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
    in_use bigint;
BEGIN
    IF origin <> 'import' AND EXISTS (
        SELECT 1 FROM definitions_reason r WHERE r.id = reason AND r.history_only
    ) THEN
        RAISE EXCEPTION 'this reason is only for imported history'
            USING ERRCODE = 'check_violation', CONSTRAINT = constraint_name;
    END IF;
    SELECT a.version_id INTO in_use
    FROM definitions_activation a
    WHERE a.kind = 'definitions' AND a.effective_from <= at
      AND NOT EXISTS (
        SELECT 1 FROM definitions_withdrawal w
        WHERE w.activation_id = a.id AND w.withdrawn_at <= at
      )
    ORDER BY a.effective_from DESC LIMIT 1;
    IF in_use IS DISTINCT FROM version THEN
        RAISE EXCEPTION 'the reason is not of the definitions in use at %', at
            USING ERRCODE = 'check_violation', CONSTRAINT = constraint_name;
    END IF;
END $$;

CREATE FUNCTION pipeline_transition_check_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.origin = 'undo' THEN
        -- A row taken back leaves the round where it was, with the reason given then.
        IF NOT EXISTS (
            SELECT 1 FROM pipeline_transition t
            WHERE t.round_id = NEW.round_id AND t.reason_id = NEW.reason_id
              AND t.to_stage = NEW.to_stage AND t.id <> NEW.undoes_id
        ) THEN
            RAISE EXCEPTION 'an undo cannot bring a reason of its own'
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'pipeline_transition_reason_in_use';
        END IF;
    ELSE
        PERFORM pipeline_refuse_reason(
            NEW.reason_id, NEW.definitions_version_id, NEW.occurred_at, NEW.origin,
            'pipeline_transition_reason_in_use'
        );
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pipeline_transition_reason_in_use BEFORE INSERT ON pipeline_transition
    FOR EACH ROW WHEN (NEW.reason_id IS NOT NULL)
    EXECUTE FUNCTION pipeline_transition_check_reason();
ALTER TABLE pipeline_transition ENABLE ALWAYS TRIGGER pipeline_transition_reason_in_use;

CREATE FUNCTION pipeline_opportunity_check_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pipeline_refuse_reason(
        NEW.lost_reason_id, NEW.definitions_version_id,
        coalesce(NEW.closed_at, NEW.recorded_at), NEW.origin,
        'pipeline_opportunity_reason_in_use'
    );
    RETURN NEW;
END $$;
CREATE TRIGGER pipeline_opportunity_reason_in_use
    BEFORE INSERT OR UPDATE OF lost_reason_id, definitions_version_id, closed_at, outcome
    ON pipeline_opportunity
    FOR EACH ROW WHEN (NEW.lost_reason_id IS NOT NULL)
    EXECUTE FUNCTION pipeline_opportunity_check_reason();
ALTER TABLE pipeline_opportunity ENABLE ALWAYS TRIGGER pipeline_opportunity_reason_in_use;

CREATE FUNCTION pipeline_opportunitychange_check_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM definitions_reason r WHERE r.id = NEW.reason_id
        AND r.purpose = CASE NEW.kind WHEN 'lost' THEN 'closed_lost' WHEN 'returned' THEN 'reject' END
    ) THEN
        RAISE EXCEPTION 'the reason is of another list'
            USING ERRCODE = 'check_violation',
                  CONSTRAINT = 'pipeline_opportunitychange_reason_in_use';
    END IF;
    PERFORM pipeline_refuse_reason(
        NEW.reason_id, NEW.definitions_version_id, NEW.occurred_at, NEW.origin,
        'pipeline_opportunitychange_reason_in_use'
    );
    RETURN NEW;
END $$;
CREATE TRIGGER pipeline_opportunitychange_reason_in_use BEFORE INSERT ON pipeline_opportunitychange
    FOR EACH ROW WHEN (NEW.reason_id IS NOT NULL)
    EXECUTE FUNCTION pipeline_opportunitychange_check_reason();
ALTER TABLE pipeline_opportunitychange
    ENABLE ALWAYS TRIGGER pipeline_opportunitychange_reason_in_use;
"""

NO_REASONS = """
DROP TRIGGER pipeline_opportunitychange_reason_in_use ON pipeline_opportunitychange;
DROP TRIGGER pipeline_opportunity_reason_in_use ON pipeline_opportunity;
DROP TRIGGER pipeline_transition_reason_in_use ON pipeline_transition;
DROP FUNCTION pipeline_opportunitychange_check_reason();
DROP FUNCTION pipeline_opportunity_check_reason();
DROP FUNCTION pipeline_transition_check_reason();
DROP FUNCTION pipeline_refuse_reason(bigint, bigint, timestamptz, text, text);
"""

# A lead stands where its latest round stands. Deferred, because both rows change in turn.
LEAD_STAGE = """
CREATE FUNCTION pipeline_lead_check_stage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted_id bigint;
    held text;
    told text;
BEGIN
    IF TG_TABLE_NAME = 'pipeline_lead' THEN wanted_id := NEW.id; ELSE wanted_id := NEW.lead_id; END IF;
    SELECT l.stage INTO held FROM pipeline_lead l WHERE l.id = wanted_id;
    SELECT r.stage INTO told FROM pipeline_round r
    WHERE r.lead_id = wanted_id ORDER BY r.number DESC LIMIT 1;
    IF held IS DISTINCT FROM coalesce(told, 'nurture') THEN
        RAISE EXCEPTION 'lead % is % while its round is %', wanted_id, held, told
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pipeline_lead_stage_is_that_of_its_round';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER pipeline_lead_stage_is_that_of_its_round
    AFTER INSERT OR UPDATE OF stage ON pipeline_lead DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pipeline_lead_check_stage();
ALTER TABLE pipeline_lead ENABLE ALWAYS TRIGGER pipeline_lead_stage_is_that_of_its_round;
CREATE CONSTRAINT TRIGGER pipeline_round_stage_is_that_of_its_lead
    AFTER INSERT OR UPDATE OF stage, number, lead_id ON pipeline_round
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pipeline_lead_check_stage();
ALTER TABLE pipeline_round ENABLE ALWAYS TRIGGER pipeline_round_stage_is_that_of_its_lead;
"""

NO_LEAD_STAGE = """
DROP TRIGGER pipeline_round_stage_is_that_of_its_lead ON pipeline_round;
DROP TRIGGER pipeline_lead_stage_is_that_of_its_round ON pipeline_lead;
DROP FUNCTION pipeline_lead_check_stage();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0001_initial"),
        ("definitions", "0001_initial"),
        ("audit", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(COMPOSITE_KEYS, NO_COMPOSITE_KEYS),
        migrations.RunSQL(REASONS, NO_REASONS),
        migrations.RunSQL(LEAD_STAGE, NO_LEAD_STAGE),
        protect("pipeline_transition"),
        protect("pipeline_assignment"),
        protect("pipeline_opportunitychange"),
        migrations.RunSQL(
            "CREATE SEQUENCE pipeline_round_robin", "DROP SEQUENCE pipeline_round_robin"
        ),
    ]
