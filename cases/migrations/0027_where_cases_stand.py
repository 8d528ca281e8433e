"""Open cases know where they stand, and a party's orders are read newest first: what is near and what was before.

The point is kept by the database: a case takes it from its party or its report at every step, a party that moves takes
its open cases along. The version before goes on beside it: it neither reads nor writes the two columns.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q
from django.db.models.deletion import PROTECT

ENDED = ["closed", "transferred", "rejected", "joined"]
KEPT = """
CREATE FUNCTION cases_spot_of_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT party.lat, party.lng INTO NEW.spot_lat, NEW.spot_lng FROM cases_target party
        WHERE party.id = NEW.target_id AND party.lat IS NOT NULL AND party.lng IS NOT NULL;
    IF NOT FOUND THEN
        NEW.spot_lat := NEW.lat;
        NEW.spot_lng := NEW.lng;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cases_spot_kept BEFORE INSERT OR UPDATE OF target_id, lat, lng, stage, spot_lat, spot_lng ON cases_case
    FOR EACH ROW EXECUTE FUNCTION cases_spot_of_case();

CREATE FUNCTION cases_spot_of_party() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases_case SET spot_lat = NULL WHERE target_id = NEW.id
        AND NOT (stage IN ('closed', 'transferred', 'rejected', 'joined'));
    RETURN NULL;
END $$;
CREATE TRIGGER cases_spot_moved AFTER UPDATE OF lat, lng ON cases_target FOR EACH ROW
    WHEN (OLD.lat IS DISTINCT FROM NEW.lat OR OLD.lng IS DISTINCT FROM NEW.lng)
    EXECUTE FUNCTION cases_spot_of_party();
"""
NOT_KEPT = """
DROP TRIGGER cases_spot_moved ON cases_target;
DROP FUNCTION cases_spot_of_party();
DROP TRIGGER cases_spot_kept ON cases_case;
DROP FUNCTION cases_spot_of_case();
"""
AT_ONCE = 1000


def spots_of_open_cases(apps, schema_editor):
    """A thousand at a time, each in a transaction of its own, so that nobody waits long for a row."""
    Case = apps.get_model("cases", "Case")
    open_cases = list(Case.objects.exclude(stage__in=ENDED).order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(open_cases), AT_ONCE):
        Case.objects.filter(pk__in=open_cases[first : first + AT_ONCE]).update(spot_lat=None)  # the trigger fills it


class Migration(migrations.Migration):
    atomic = False  # an index of a big table is built beside the work

    dependencies = [("cases", "0026_parties_by_their_pairs")]

    operations = [
        migrations.AddField("case", "spot_lat", models.FloatField(null=True, editable=False)),
        migrations.AddField("case", "spot_lng", models.FloatField(null=True, editable=False)),
        migrations.RunSQL(KEPT, NOT_KEPT),
        migrations.RunSQL(
            "SET statement_timeout = 0; SET lock_timeout = 0", "SET statement_timeout = 0; SET lock_timeout = 0"
        ),  # as long as a big table takes
        migrations.RunPython(spots_of_open_cases, migrations.RunPython.noop, elidable=True),
        AddIndexConcurrently(
            "case",
            models.Index(fields=["street", "spot_lat", "spot_lng"], name="case_near", condition=~Q(stage__in=ENDED)),
        ),
        AddIndexConcurrently("order", models.Index(fields=["target", "-id"], name="order_of_target")),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS cases_order_target_id_13c29060",
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS cases_order_target_id_13c29060 ON cases_order (target_id)",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    "order",
                    "target",
                    models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="orders", to="cases.target"),
                )
            ],
        ),
        migrations.RunSQL("RESET statement_timeout; RESET lock_timeout", migrations.RunSQL.noop),
    ]
