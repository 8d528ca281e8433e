"""The day of the week of a night plan's rule, beside its margin."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0022_kept_plans")]

    operations = [
        migrations.AddField(
            model_name="nightplan",
            name="weekday",
            field=models.PositiveSmallIntegerField(db_default=2, default=2),
        ),
    ]
