"""The search words are planned for the tables as they are now, not as they were when the session was young.

PostgreSQL 18 keeps the plans of SQL functions for as long as a session lives. A worker that had seen the first five
cases of a new office went on reading whole tables for each of the thousands of a hotline's file, until it was stopped
by the limit of 15 s for a statement.
"""

from django.db import migrations

FUNCTIONS = (
    "cases_words_write(bigint[])",
    "cases_words_of_case()",
    "cases_words_of_cases()",
    "cases_words_of_links()",
    "cases_words_of_complaint()",
    "cases_words_of_hotline()",
    "cases_words_of_target()",
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0012_english_answers")]

    operations = [
        migrations.RunSQL(
            f"ALTER FUNCTION {function} SET plan_cache_mode = force_custom_plan",
            f"ALTER FUNCTION {function} RESET plan_cache_mode",
        )
        for function in FUNCTIONS
    ]
