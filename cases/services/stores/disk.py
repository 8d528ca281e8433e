"""Photos in ``MEDIA_ROOT``."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage

from cases.services.stores import Opened


class Disk(FileSystemStorage):
    """A write goes to a name of its own first: nobody sees half of it, and a full disk leaves nothing."""

    remote = False

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_overwrite=True, **options)

    @property
    def where(self) -> str:
        return str(self.location)

    def _save(self, name: str, content: File[bytes]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with open(part, "wb") as out:
                for chunk in content.chunks():
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            os.replace(part, path)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        return name

    def opened(self, name: str) -> Opened:
        return opened(Path(self.path(name)))

    def clear(self, folder: str) -> None:
        with suppress(FileNotFoundError):
            shutil.rmtree(self.path(folder))

    def names(self) -> Iterator[str]:
        for folder, folders, files in os.walk(self.location):
            folders.sort()
            for name in sorted(files):
                yield os.path.relpath(os.path.join(folder, name), self.location)

    def room(self) -> tuple[int, int] | None:
        found = shutil.disk_usage(self.location)
        return found.free, found.total

    def trial(self) -> str:
        return ""


def opened(path: Path) -> Opened:
    """A regular file; ``FileNotFoundError`` for everything else."""
    file = path.open("rb")
    facts = os.fstat(file.fileno())
    if not stat.S_ISREG(facts.st_mode):
        file.close()
        raise FileNotFoundError(path)
    return Opened(file, facts.st_size, f"{facts.st_mtime_ns:x}-{facts.st_size:x}", facts.st_mtime)
