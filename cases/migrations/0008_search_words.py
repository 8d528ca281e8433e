"""The words of the search box, kept by the database with the rows they copy; notes that may be sent twice."""

from pathlib import Path

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARD = Path(__file__).with_name("search_words.sql").read_text(encoding="utf-8")
BACK = """
DROP INDEX order_words;
DROP INDEX target_words;
DROP TRIGGER cases_words_renamed ON cases_target;
DROP TRIGGER cases_words_numbered ON cases_hotlineorder;
DROP TRIGGER cases_words_told ON cases_complaint;
DROP TRIGGER cases_words_relinked ON cases_casecomplaint;
DROP TRIGGER cases_words_unlinked ON cases_casecomplaint;
DROP TRIGGER cases_words_linked ON cases_casecomplaint;
DROP TRIGGER cases_words_changed ON cases_case;
DROP TRIGGER cases_words_opened ON cases_case;
DROP FUNCTION cases_words_of_target();
DROP FUNCTION cases_words_of_hotline();
DROP FUNCTION cases_words_of_complaint();
DROP FUNCTION cases_words_of_links();
DROP FUNCTION cases_words_of_cases();
DROP FUNCTION cases_words_of_case();
DROP FUNCTION cases_words_write(bigint[]);
DROP FUNCTION search_order(text);
DROP FUNCTION search_party(text, varchar[], text, text, text);
DROP FUNCTION search_number(text);
DROP FUNCTION search_words(text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0007_board_views_and_exports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="casenote",
            name="client_key",
            field=models.CharField(blank=True, max_length=64, null=True, unique=True),
        ),
        migrations.CreateModel(
            name="CaseWords",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to="cases.case",
                    ),
                ),
                ("shown", django.contrib.postgres.search.SearchVectorField()),
                ("everything", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["shown"], gin_pending_list_limit=512, name="case_words_shown"
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["everything"], gin_pending_list_limit=512, name="case_words_everything"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdentityLookup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "purpose",
                    models.CharField(choices=[("search", "search by phone")], default="search", max_length=12),
                ),
                ("found", models.PositiveIntegerField()),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "-at"], name="identity_lookup_user")],
            },
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]
