"""Sessions with hashed keys. What residents have begun to write goes along; staff sign in again (their rows need more)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

COPY = """
INSERT INTO web_session (session_key, session_data, expire_date, face, device, ended_why)
SELECT substr(encode(sha256(convert_to('session:' || session_key, 'UTF8')), 'hex'), 1, 40), session_data, expire_date, '', '', ''
FROM django_session WHERE expire_date > now()
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("face", models.CharField(blank=True, max_length=8)),
                ("device", models.CharField(blank=True, max_length=40)),
                ("begun_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                ("ended_why", models.CharField(blank=True, max_length=12)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name": "session", "verbose_name_plural": "sessions"},
        ),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
    ]
