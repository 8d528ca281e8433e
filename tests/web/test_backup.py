"""The drill: a backup while somebody writes, read into an empty database, verified; and what must not be restored."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from cases.models import Case, Event
from cases.selectors.chains import chains_verify
from cases.services import casefile
from dispatch.backup import BackupError, backup, manifest_of, restore
from tests.cast import Cast, make_cast
from tests.stage import issued_order

pytestmark = pytest.mark.django_db(transaction=True)
COPY = "restored_copy"


def url(name: str) -> str:
    given = connection.settings_dict
    return f"postgres://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{name}"


@pytest.fixture
def media(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "media"
    (folder / "ab").mkdir(parents=True)
    (folder / "ab" / "photo.jpg").write_bytes(b"picture")
    with override_settings(MEDIA_ROOT=folder):
        yield folder


@pytest.fixture
def empty_database() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{COPY}"')
        cursor.execute(f'CREATE DATABASE "{COPY}" TEMPLATE template0')
    yield COPY
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{COPY}" WITH (FORCE)')


@pytest.fixture
def made(media: Path, tmp_path: Path) -> tuple[Cast, Path]:
    cast = make_cast()
    issued_order(cast)
    folder = tmp_path / "backup"
    backup(folder)
    return cast, folder


def manage(*arguments: str, database: str, data: Path, **more: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "DATABASE_URL": url(database), "DISPATCH_DATA": str(data), **more}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def counted(database: str) -> tuple[int, int]:
    """Cases and events of another database."""
    with psycopg2.connect(url(database)) as other, other.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM cases_case), (SELECT count(*) FROM cases_event)")
        found = cursor.fetchone()
    other.close()
    assert found
    return found[0], found[1]


def test_the_drill(media: Path, tmp_path: Path, empty_database: str) -> None:
    cast = make_cast()
    issued_order(cast)
    before = (Case.objects.count(), Event.objects.count())

    def meanwhile(line: str) -> None:
        """Somebody goes on working once the moment of the backup is fixed."""
        if line.startswith("The state of"):
            write_elsewhere(cast)

    made = backup(tmp_path / "first", told=meanwhile)
    assert (made.counts["cases"], made.counts["events"]) == before
    assert Case.objects.count() == before[0] + 1
    again = backup(tmp_path / "second")
    assert again.counts["cases"] == before[0] + 1, "what was written meanwhile is in the next one"
    assert not any(key.partition(":")[2] in (tmp_path / "first" / "manifest.json").read_text()
                   for key in settings.IDENTITY_KEYS), "the keys are not in it"  # fmt: skip

    done = manage("restore", str(tmp_path / "first"), database=empty_database, data=tmp_path / "new")
    assert done.returncode == 0, done.stderr
    assert "all hold" in done.stdout
    assert counted(empty_database) == before
    assert (tmp_path / "new" / "media" / "ab" / "photo.jpg").read_bytes() == b"picture"

    over = manage("restore", str(tmp_path / "second"), database=empty_database, data=tmp_path / "newer")
    assert over.returncode == 1
    assert "not empty" in over.stderr
    assert counted(empty_database) == before


def write_elsewhere(cast: Cast) -> None:
    """On a connection of its own: the backup's own transaction reads only."""

    def work() -> None:
        casefile.case_open(
            actor=cast.act(cast.dispatcher), street_id=cast.street.pk, source="office", title="演示·晚到"
        )
        connection.close()

    thread = Thread(target=work)
    thread.start()
    thread.join()


def test_an_unfinished_or_altered_backup_is_refused(made: tuple[Cast, Path], tmp_path: Path) -> None:
    _cast, folder = made
    with pytest.raises(BackupError, match="not empty"):
        backup(folder)
    altered = tmp_path / "altered"
    shutil.copytree(folder, altered)
    (altered / "media.tar").write_bytes(b"x")
    with pytest.raises(BackupError, match=r"media\.tar is missing or not as it was written"):
        restore(altered)
    (folder / "manifest.json").unlink()
    with pytest.raises(BackupError, match="no finished backup"):
        restore(folder)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("keys", ["k0"], "need the keys k0"), ("migrations", ["cases.9999_later"], "later version")],
)
def test_what_this_installation_cannot_read_is_refused(
    made: tuple[Cast, Path], name: str, value: Any, told: str
) -> None:
    _cast, folder = made
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, name: value}))
    assert getattr(manifest_of(folder), name) == value
    with pytest.raises(BackupError, match=told):
        restore(folder)


def test_a_database_in_use_is_never_written_over(made: tuple[Cast, Path]) -> None:
    _cast, folder = made
    before = (Case.objects.count(), Event.objects.count())
    with pytest.raises(BackupError, match="not empty"):
        restore(folder)
    assert (Case.objects.count(), Event.objects.count()) == before


def test_a_bent_chain_is_named() -> None:
    cast = make_cast()
    order = issued_order(cast)
    assert chains_verify().failed == 0
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cases_event DISABLE TRIGGER USER")
        cursor.execute("UPDATE cases_event SET body = replace(body, 'order', 'ordeR') WHERE order_id = %s", [order.pk])
        cursor.execute("ALTER TABLE cases_event ENABLE TRIGGER USER")
    found = chains_verify()
    assert found.broken == [f"order {order.pk}"]
