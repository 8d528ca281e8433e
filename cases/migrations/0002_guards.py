"""What Django's schema can't say: the journal refuses change, references come from sequences without a lock."""

from django.db import migrations

GUARD = """
CREATE FUNCTION cases_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is written once: % refused', TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER cases_event_no_change BEFORE UPDATE OR DELETE ON cases_event
    FOR EACH ROW EXECUTE FUNCTION cases_event_refuse();
CREATE TRIGGER cases_event_no_truncate BEFORE TRUNCATE ON cases_event
    FOR EACH STATEMENT EXECUTE FUNCTION cases_event_refuse();
"""
UNGUARD = """
DROP TRIGGER cases_event_no_change ON cases_event;
DROP TRIGGER cases_event_no_truncate ON cases_event;
DROP FUNCTION cases_event_refuse();
"""
SEQUENCES = """
CREATE SEQUENCE cases_case_reference;
CREATE SEQUENCE cases_order_number;
CREATE SEQUENCE cases_lab_number;
"""
NO_SEQUENCES = """
DROP SEQUENCE cases_case_reference;
DROP SEQUENCE cases_order_number;
DROP SEQUENCE cases_lab_number;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]

    operations = [
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunSQL(SEQUENCES, NO_SEQUENCES),
    ]
