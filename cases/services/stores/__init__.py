"""Where photos are kept: a folder of this machine or a bucket of an S3-compatible store, by ``STORAGES``. Names are
relative, ``private/<key>/shown.jpg``; who may see a photo is decided elsewhere, no store hands anything out itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol, cast

from django.core.files import File
from django.core.files.storage import storages


class StoreAway(OSError):
    """The bucket does not answer, or not as it should: later it may."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file to read from the beginning; close ``file``. ``modified``: seconds since 1970."""

    file: BinaryIO
    size: int
    etag: str
    modified: float


class Store(Protocol):
    """Every failure is an ``OSError``: ``FileNotFoundError``, ENOSPC or EDQUOT where it is full, ``StoreAway``."""

    where: str
    """For people who run the place."""
    remote: bool
    """Opening may take as long as a network does; reading what was opened never does."""

    def save(self, name: str, content: File[bytes]) -> str:
        """Whole or not at all, over what has the name already, and there to stay once it returns."""
        ...

    def opened(self, name: str) -> Opened: ...

    def delete(self, name: str) -> None:
        """Gone afterwards, also when it was not there."""
        ...

    def clear(self, folder: str) -> None:
        """Take away whatever lies in the folder."""
        ...

    def names(self) -> Iterator[str]: ...

    def room(self) -> tuple[int, int] | None:
        """Bytes free and in all, None where there is no knowing."""
        ...

    def trial(self) -> str:
        """What is wrong with it, '' when a file could be written, read and removed and no stranger could read it."""
        ...


def store() -> Store:
    return cast(Store, storages["default"])
