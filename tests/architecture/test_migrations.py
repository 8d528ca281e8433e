"""A migration that would stand in the way of a working office fails here: a locked table, a column that goes."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

pytestmark = pytest.mark.django_db

OURS = ("cases", "teams", "notify", "web", "api", "insights")
BEFORE_ANYBODY = (
    "0003_deadline_urgent", "0004_file_waiting", "0006_visit_record", "0008_search_words",
    "0009_dated_clocks_and_texts", "0010_insight_indexes", "0011_party_register", "0012_english_answers",
    "0015_guard_reason", "0002_notices_without_an_event", "0003_webhooks", "0002_administration",
)  # fmt: skip
"""Made before the first release, when no table was big and no older version ran beside. The list does not grow."""


@pytest.mark.django_db(transaction=True)  # an index made beside the work refuses a transaction, a test's too
def test_every_migration_lets_the_office_work_on() -> None:
    linter = MigrationLinter(
        str(settings.BASE_DIR),
        include_apps=OURS,
        ignore_name=BEFORE_ANYBODY,
        all_warnings_as_errors=True,
        no_cache=True,
    )
    linter.lint_all_migrations()
    assert linter.nb_valid >= 12
    assert not linter.has_errors, "see the lines above; CONTRIBUTING.md says how such a change is made in steps"


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        (migrations.AddIndex("event", models.Index(fields=["kind"], name="by_kind")), "CREATE_INDEX"),
        (migrations.AddField("case", "weight", models.IntegerField(default=0)), "NOT_NULL"),
        (migrations.AddField("case", "weight", models.IntegerField(null=True)), ""),
        (migrations.RemoveField("case", "title"), "DROP_COLUMN"),
        (migrations.RenameField("case", "title", "heading"), "RENAME_COLUMN"),
        (migrations.AlterField("case", "title", models.CharField(max_length=10)), "ALTER_COLUMN"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Operation) else value or "passes",
)
def test_what_the_lint_knows(operation: Operation, told: str) -> None:
    state = MigrationLoader(connection).project_state()
    after = state.clone()
    operation.state_forwards("cases", after)
    with connection.schema_editor(collect_sql=True) as editor:
        operation.database_forwards("cases", editor, state, after)
    found = told_of(editor.collected_sql)
    assert (told in found) if told else not found, found


def test_an_index_made_beside_the_work_passes() -> None:
    """``AddIndexConcurrently`` runs in no transaction, a test's included: its statement as it is sent."""
    assert told_of(['CREATE INDEX CONCURRENTLY "by_kind" ON "cases_event" ("kind");']) == set()


def told_of(statements: list[str]) -> set[str]:
    errors, _ignored, warnings = analyse_sql_statements(PostgresqlAnalyser, statements)
    return {issue.code for issue in (*errors, *warnings)}
