"""Two trigram indexes go: nothing asks for a part of a title or of a complaint's text that way (the words of
``cases_casewords`` answer searches), and each complaint that is written fills them."""

from django.db import migrations

INDEXES = {"case_title_trgm": ("case", "title"), "complaint_text_trgm": ("complaint", "text")}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cases", "0020_night_plans")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON cases_{table}"
                    f" USING gin ({column} gin_trgm_ops)",
                )
                for name, (table, column) in INDEXES.items()
            ],
            state_operations=[migrations.RemoveIndex(table, name) for name, (table, _column) in INDEXES.items()],
        ),
    ]
