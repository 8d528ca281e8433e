"""What time it is for the services: the real moment, unless history is being told (demo data, filling)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_pretended: ContextVar[datetime | None] = ContextVar("pretended_moment", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _pretended.get() or datetime.now(UTC)


@contextmanager
def pretend(at: datetime) -> Iterator[None]:
    """Within the block ``now()`` answers ``at`` (aware)."""
    token = _pretended.set(at)
    try:
        yield
    finally:
        _pretended.reset(token)
