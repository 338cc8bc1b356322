"""Let an import say from when its promises are enforced; what began before is measured only.

The instant is a setting of the importing transaction, so that every writer of evidence, in Python
or SQL, obeys it without knowing of it. Without the setting the trigger does not fire.
"""

from django.db import migrations

MARK = """
CREATE FUNCTION sla_mark_measured_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.occurred_at < current_setting('accord.measured_before')::timestamptz THEN
        NEW.payload := NEW.payload || '{"measure_only": true}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sla_evidence_mark_measured_history BEFORE INSERT ON sla_evidence
    FOR EACH ROW WHEN (coalesce(current_setting('accord.measured_before', true), '') <> '')
    EXECUTE FUNCTION sla_mark_measured_history();
"""

UNMARK = """
DROP TRIGGER sla_evidence_mark_measured_history ON sla_evidence;
DROP FUNCTION sla_mark_measured_history();
"""


class Migration(migrations.Migration):
    dependencies = [("sla", "0002_protect_facts")]

    operations = [migrations.RunSQL(MARK, UNMARK)]
