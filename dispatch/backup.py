"""A backup: one folder with the dump of the database, the uploaded files and a manifest that belongs to both.

The dump is of one moment; files are copied after it and never change once they are stored, so each file that the dump
names is there. The manifest is written last: a folder without one is no backup. It names the keys that are needed to
read the identities, never the keys.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File as DjangoFile
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from cases.models import Case, Complaint, Event, File
from cases.selectors.chains import Verified, chains_verify
from cases.services.stores import store
from dispatch.embedded.binaries import postgres_bin

DUMP, MEDIA, MANIFEST = "database", "media.tar", "manifest.json"
JOBS = "2"
COUNTED = {"cases": Case, "complaints": Complaint, "events": Event, "files": File}


class BackupError(Exception):
    """Says what stands in the way and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """``counts``: rows as the dump holds them. ``keys``: names of ``IDENTITY_KEYS``. ``sums``: SHA-256 by file."""

    made_at: str
    counts: dict[str, int]
    keys: list[str]
    migrations: list[str]
    sums: dict[str, str]


def backup(folder: Path, *, told: Callable[[str], None] = lambda text: None) -> Manifest:
    """Write a backup into ``folder``, which is made or empty; people may go on working. Or ``BackupError``.

    What is written after the first line was told is in the next backup.
    """
    _direct()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty: name a folder that does not exist yet.")
    made_at = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = str(cursor.fetchone()[0])
        told(f"The state of {made_at:%Y-%m-%d %H:%M:%S} UTC is being written down …")
        counts = {name: model._default_manager.count() for name, model in COUNTED.items()}
        _program(
            "pg_dump", "--format=directory", f"--jobs={JOBS}", f"--snapshot={snapshot}", "--no-owner",
            "--no-privileges", f"--file={folder / DUMP}",
        )  # fmt: skip
    told("Files …")
    _files_pack(folder / MEDIA)
    keys = [pair.partition(":")[0] for pair in settings.IDENTITY_KEYS]
    manifest = Manifest(made_at.isoformat(), counts, keys, sorted(_applied()), _sums(folder))
    _write(folder / MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
    return manifest


def restore(folder: Path, *, told: Callable[[str], None] = lambda text: None) -> Verified:
    """Read a backup into this installation's empty database and media folder; verify all of it.

    ``BackupError`` before anything is written when the backup is unfinished, altered or made by a later version, when
    the database or the media folder is not empty, or when a key of its identities is missing here. The same error at
    the end when a count differs or a chain does not hold.
    """
    _direct()
    manifest = manifest_of(folder)
    told(f"A backup of {datetime.fromisoformat(manifest.made_at):%Y-%m-%d %H:%M:%S} UTC; its sums are compared …")
    _comparable(folder, manifest)
    _empty()
    told("The database …")
    connection.close()
    _program(
        "pg_restore", "--format=directory", f"--jobs={JOBS}", "--no-owner", "--no-privileges", "--exit-on-error",
        f"--dbname={connection.settings_dict['NAME']}", str(folder / DUMP),
    )  # fmt: skip
    told("Files …")
    _files_unpack(folder / MEDIA)
    told("Chains …")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("ANALYZE")
    counts = {name: model._default_manager.count() for name, model in COUNTED.items()}
    if counts != manifest.counts:
        raise BackupError(f"Restored {counts}, the backup said {manifest.counts}: do not go to work with this.")
    found = chains_verify()
    if found.failed:
        raise BackupError(f"{found.failed} of {found.chains} chains do not hold: {', '.join(found.broken)} …")
    return found


def manifest_of(folder: Path) -> Manifest:
    """Of a finished backup; ``BackupError`` for anything else."""
    try:
        return Manifest(**json.loads((folder / MANIFEST).read_text()))
    except (OSError, ValueError, TypeError):
        raise BackupError(f"{folder} is no finished backup: it has no readable {MANIFEST}.") from None


def _direct() -> None:
    """pg_dump and pg_restore build on what they set in their session; a pooler keeps none."""
    if settings.DATABASE_POOLED:
        raise BackupError(
            "This goes to PostgreSQL itself, never through a pooler: give this command its DATABASE_URL"
            " and DATABASE_POOLED=0."
        )


def _comparable(folder: Path, manifest: Manifest) -> None:
    if wrong := sorted(set(manifest.sums.items()) ^ set(_sums(folder).items())):
        raise BackupError(f"{wrong[0][0]} is missing or not as it was written: take another copy of this backup.")
    known = {pair.partition(":")[0] for pair in settings.IDENTITY_KEYS}
    if missing := [name for name in manifest.keys if name not in known]:
        raise BackupError(
            f"Identities in it need the keys {', '.join(missing)}: put them into IDENTITY_KEYS (from the old secrets)."
        )
    ours = {".".join(key) for key in MigrationLoader(None).disk_migrations or {}}
    if later := [name for name in manifest.migrations if name not in ours]:
        raise BackupError(f"It was made by a later version (migration {later[-1]}): install that one first.")


def _empty() -> None:
    if connection.introspection.table_names():
        raise BackupError("The database is not empty. Restore into a new one: nothing is ever written over.")
    try:
        if next(store().names(), None) is not None:
            raise BackupError(f"There are files in {store().where} already. Restore into an empty place.")
    except OSError as error:
        raise BackupError(f"The place of the photos, {store().where}, does not answer: {error}") from None


def _applied() -> set[str]:
    return {".".join(key) for key in MigrationLoader(connection).applied_migrations}


def _program(name: str, *options: str) -> None:
    """One of PostgreSQL's own programs against this installation's database; the password goes by the environment."""
    given: dict[str, Any] = connection.settings_dict
    env = os.environ | {
        "PGHOST": given["HOST"] or "", "PGPORT": str(given["PORT"] or ""), "PGUSER": given["USER"] or "",
        "PGPASSWORD": given["PASSWORD"] or "", "PGDATABASE": given["NAME"],
        "PGSSLMODE": (given.get("OPTIONS") or {}).get("sslmode", "prefer"),
    }  # fmt: skip
    command = [str(postgres_bin() / name), "--no-password", *options]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupError(f"{name} failed: {done.stderr.strip()[-600:] or done.returncode}")


def _files_pack(target: Path) -> None:
    """All files of the store. What retention takes away meanwhile is left out."""
    with tarfile.open(target, "w") as packed:
        for name in store().names():
            try:
                found = store().opened(name)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise BackupError(f"{name} can't be read from {store().where}: {error}") from None
            with found.file as file:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime, entry.mode = found.size, int(found.modified), 0o640
                packed.addfile(entry, file)


def _files_unpack(source: Path) -> None:
    """Into the store, whichever kind it is: a backup is also the way from a disk to a bucket, and back."""
    with tarfile.open(source) as packed:
        for entry in packed:
            if entry.isfile() and (file := packed.extractfile(entry)):
                with file:
                    store().save(entry.name, DjangoFile(file))


def _sums(folder: Path) -> dict[str, str]:
    sums = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            with path.open("rb") as opened:
                sums[str(path.relative_to(folder))] = hashlib.file_digest(opened, "sha256").hexdigest()
    return sums


def _write(path: Path, text: str) -> None:
    """In one step, and on the disk."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
