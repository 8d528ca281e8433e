"""What every run over a file shares: the upload on disk, slices of its rows, one worker at a time."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import Error, connection
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused
from cases.services.imports.reading import Record, count_of, header_of


def folder() -> Path:
    """Where uploads lie until they are taken in; a file may hold callers' phones, so none stays."""
    return Path(settings.MEDIA_ROOT) / "private" / "imports"


def store(upload: UploadedFile[Any]) -> tuple[Path, str]:
    """Where the upload lies now, and what its owner called it."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o750)
    path = folder() / uuid.uuid4().hex
    with open(path, "wb") as out:
        for chunk in upload.chunks():
            out.write(chunk)
    return path, upload.name or ""


def received(
    upload: UploadedFile[Any] | None, path: Path | str | None, columns: Callable[[list[str]], dict[str, str]]
) -> dict[str, Any]:
    """The first fields of a run over an upload or a file of this machine: where it lies, what it is called, its columns
    as ``columns`` makes them of the header, how many rows it has. What is refused leaves no upload behind."""
    source, name = store(upload) if upload is not None else (Path(path or "").resolve(), Path(path or "").name)
    try:
        facts = {"columns": columns(header_of(source)), "total": count_of(source)}
    except Refused:
        if upload is not None:
            source.unlink(missing_ok=True)
        raise
    return {"file_name": name[:160], "path": str(source), **facts}


def forget(path: str) -> None:
    """Remove an upload; a file of this machine that a command named stays."""
    if path and Path(path).parent == folder():
        Path(path).unlink(missing_ok=True)


def present(path: str) -> Path:
    """The file of a run. ``Refused`` (422): ``file_gone`` when it was removed meanwhile."""
    if not path or not Path(path).exists():
        raise Refused("file_gone", _("The uploaded file was removed meanwhile. Upload it again."), status=422)
    return Path(path)


def slices(records: Iterator[Record], size: int) -> Iterator[list[Record]]:
    while batch := list(islice(records, size)):
        yield batch


@contextmanager
def sole(lock_class: int, run_id: int) -> Iterator[bool]:
    """Whether this worker alone has the run. The lock is held by a transaction on a connection of its own, so it goes
    with a worker that dies, outlives the run's own transactions, and holds behind a pooler, which keeps no session."""
    own = connection.copy()
    try:
        own.set_autocommit(False)
        with own.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [lock_class, run_id])
            mine = bool(cursor.fetchone()[0])
        yield mine
    finally:
        with suppress(Error):
            own.rollback()  # frees the lock at once; a closed connection does so only when the server has noticed it
        own.close()
