"""The search box asks for the newest cases first: the indexes of the words know how old a case is (ADR 9).

Each new index begins with the column of the one it replaces, so the version before goes on with it.
"""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

SPANS = """
CREATE OR REPLACE FUNCTION search_spans(id bigint) RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ARRAY[id >> 12 << 2, id >> 15 << 2 | 1, id >> 18 << 2 | 2, id >> 21 << 2 | 3] $$
"""
COLUMNS = ("shown", "everything")


class Migration(migrations.Migration):
    atomic = False  # an index of a big table is built beside the work

    dependencies = [("cases", "0024_what_waits_and_what_ended")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", "SET statement_timeout = 0"),  # as long as a big table takes
        migrations.RunSQL(SPANS, "DROP FUNCTION search_spans(bigint)"),
        *(
            AddIndexConcurrently(
                "casewords",
                django.contrib.postgres.indexes.GinIndex(
                    models.F(column),
                    models.Func(models.F("case_id"), function="search_spans"),
                    gin_pending_list_limit=512,
                    name=f"case_words_{column}_near",
                ),
            )
            for column in COLUMNS
        ),
        *(RemoveIndexConcurrently("casewords", f"case_words_{column}") for column in COLUMNS),
        migrations.RunSQL("RESET statement_timeout", migrations.RunSQL.noop),
    ]
