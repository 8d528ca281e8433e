"""What every write asks of the database is planned once a session, and a new case's words are cut once.

A plan that is kept must hold for a table that grows (0013 says what happens else), so these are made by indexes and
nested loops alone, whatever the tables hold while they are made.
"""

from pathlib import Path

from django.db import migrations

NEAREST = Path(__file__).with_name("nearest_clock.sql").read_text(encoding="utf-8")

KEPT = (
    "SET plan_cache_mode = force_generic_plan SET enable_seqscan = off"
    " SET enable_hashjoin = off SET enable_mergejoin = off"
)
PLANNED_ANEW = "SET plan_cache_mode = force_custom_plan"
# A case that somebody complained of gets its words when the complaint is tied to it, in the same transaction.
TOLD_LATER = """
        WHERE complaint_count = 0 OR EXISTS (SELECT FROM cases_casecomplaint l WHERE l.case_id = fresh.id)"""
OPENED = """
CREATE OR REPLACE FUNCTION cases_words_of_cases() RETURNS trigger LANGUAGE plpgsql {plan} AS $$
BEGIN
    PERFORM cases_words_write((SELECT array_agg(id) FROM fresh{which}));
    RETURN NULL;
END $$;
"""
WORDS = (
    "cases_words_write(bigint[])",
    "cases_words_of_case()",
    "cases_words_of_links()",
    "cases_words_of_complaint()",
    "cases_words_of_hotline()",
    "cases_words_of_target()",
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0021_unused_trigrams")]

    operations = [
        migrations.RunSQL(NEAREST, "DROP FUNCTION cases_nearest_clock(bigint[])"),
        migrations.RunSQL(OPENED.format(plan=KEPT, which=TOLD_LATER), OPENED.format(plan=PLANNED_ANEW, which="")),
        *(
            migrations.RunSQL(
                f"ALTER FUNCTION {function} {KEPT}",
                f"ALTER FUNCTION {function} RESET ALL; ALTER FUNCTION {function} {PLANNED_ANEW}",
            )
            for function in WORDS
        ),
    ]
