"""Four indexes go that no question needs: a case's and an order's events are found by the index of their numbers, those
of a street or a person are asked for by nobody without a time. Each event that is written fills four indexes less."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

INDEXES = {
    "cases_event_case_id_59b954a1": "case_id",
    "cases_event_order_id_a1ae7836": "order_id",
    "cases_event_street_id_6caab0e9": "street_id",
    "cases_event_actor_id_35c6f1fe": "actor_id",
}


def unindexed(name: str, to: str, **more: object) -> migrations.AlterField:
    key = models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        to=to,
        **more,
    )
    return migrations.AlterField("event", name, key)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("cases", "0018_day_plans"),
        ("teams", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON cases_event ({column})",
                )
                for name, column in INDEXES.items()
            ],
            state_operations=[
                unindexed("case", "cases.case", blank=True, null=True, related_name="events"),
                unindexed("order", "cases.order", blank=True, null=True, related_name="events"),
                unindexed("street", "teams.street", related_name="+"),
                unindexed("actor", settings.AUTH_USER_MODEL, blank=True, null=True, related_name="+"),
            ],
        ),
    ]
