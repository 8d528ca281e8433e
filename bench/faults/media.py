"""A small disk of its own for the photos, so that it can be full without filling anybody else's."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

SIZE = 512 * 1024**2
"""Bytes of memory that it may take."""
_NEW_MOUNTS = 0x00020000  # CLONE_NEWNS


class Media:
    """The folder of the photos."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """No byte is left, also not one that is given free meanwhile."""
        try:
            with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(1 << 16))
            yield
        finally:
            self._ballast.unlink(missing_ok=True)


def small_disk(data: Path) -> tuple[Media | None, str]:
    """Mount it where the product of this data folder keeps its photos, before it starts; or None and why not.

    Only this process and what it starts see it: it goes with them. Call it before there is a second thread.
    """
    if os.geteuid() != 0:
        return None, "only root may give the photos a disk of their own"
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_MOUNTS):
        return None, f"this place allows no disk of its own: {os.strerror(ctypes.get_errno())}"
    folder = data / "media"
    folder.mkdir(parents=True, mode=0o700)
    for asked in (
        ["mount", "--make-rprivate", "/"],
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(folder)],
    ):
        told = subprocess.run(asked, capture_output=True, text=True, check=False)
        if told.returncode:
            return None, f"this place allows no disk of its own: {told.stderr.strip()}"
    return Media(folder), ""
