"""Two questions of every page no longer grow with the history: ratings that ask for rework, and what a squad ended today."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index of a big table is built beside the work

    dependencies = [("cases", "0023_night_weekday")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", "SET statement_timeout = 0"),  # as long as a big table takes
        AddIndexConcurrently(
            "feedback", models.Index(fields=["case"], condition=models.Q(rework="asked"), name="feedback_asked")
        ),
        AddIndexConcurrently(
            "part", models.Index(fields=["squad", "done_at"], condition=models.Q(state="done"), name="part_done")
        ),
        migrations.RunSQL("RESET statement_timeout", migrations.RunSQL.noop),
    ]
