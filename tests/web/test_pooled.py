"""Behind a pooler by transaction (PgBouncer): nothing hangs on a session, and what would is refused with a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from cases.services.imports.uploads import sole
from dispatch.backup import BackupError, backup, restore
from dispatch.checks import limits_are_in_force

SHOWN = """
import json
from django.conf import settings
given = settings.DATABASES["default"]
print(json.dumps([given["OPTIONS"], given["DISABLE_SERVER_SIDE_CURSORS"]]))
"""


def given(**variables: str) -> tuple[dict[str, Any], bool]:
    """Options of a connection and whether cursors stay on the client, with these variables."""
    done = subprocess.run(
        [sys.executable, "-c", SHOWN],
        cwd=settings.BASE_DIR,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    options, client_side = json.loads(done.stdout)
    return options, client_side


def test_a_pooler_is_given_no_session_and_no_options() -> None:
    url = "postgres://h/n?sslmode=require"
    options, client_side = given(DATABASE_URL=url)
    assert options["sslmode"] == "require"
    assert "statement_timeout=15000" in options["options"]
    assert not client_side
    options, client_side = given(DATABASE_URL=url, DATABASE_POOLED="1")
    assert options == {"sslmode": "require", "connect_timeout": 5}
    assert client_side


@pytest.mark.django_db(transaction=True)
def test_one_worker_has_a_run_without_a_lock_of_its_session() -> None:
    with sole(1, 2) as mine, sole(1, 2) as second, sole(1, 3) as other:
        assert (mine, second, other) == (True, False, True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
            assert cursor.fetchone() == (0,), "the run's own session holds none"
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE locktype = 'advisory' AND datname = current_database()"
                " AND state = 'idle in transaction' AND backend_xmin IS NULL"
            )
            assert cursor.fetchone() == (2,), "by a transaction each, which keeps no old row alive"
    with sole(1, 2) as again:
        assert again


@pytest.mark.django_db
def test_what_needs_postgresql_itself_says_so(settings: Any, tmp_path: Path) -> None:
    settings.DATABASE_POOLED = True
    with pytest.raises(BackupError, match="never through a pooler"):
        backup(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    with pytest.raises(BackupError, match="never through a pooler"):
        restore(tmp_path)
    with pytest.raises(CommandError, match="never through a pooler"):
        call_command("fill", cases=1)


@pytest.mark.django_db
def test_a_pooler_that_sets_no_limits_is_found(settings: Any) -> None:
    assert limits_are_in_force(None, ["default"]) == []
    settings.DATABASE_POOLED = True
    assert limits_are_in_force(None, ["default"]) == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    (found,) = limits_are_in_force(None, ["default"])
    assert (found.id, "statement_timeout" in found.msg) == ("dispatch.E016", True)


@pytest.mark.django_db
def test_migrations_go_past_the_pooler(settings: Any) -> None:
    settings.DATABASE_POOLED = True
    MigrationRecorder(connection).record_unapplied("web", "0001_sessions")
    with pytest.raises(CommandError, match="Migrations go to PostgreSQL itself"):
        call_command("prepare")
