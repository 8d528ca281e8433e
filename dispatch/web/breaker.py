"""A circuit breaker: after a failure the far side is left alone for a while, so that nobody waits for it."""

from __future__ import annotations

import time


class Breaker:
    """Blocks for ``rest`` seconds after a failure; the next call is the probe. Threads may share it."""

    def __init__(self, rest: float = 2.0) -> None:
        self.rest = rest
        self._closed_at = 0.0

    def blocked(self) -> bool:
        return time.monotonic() < self._closed_at

    def failed(self) -> None:
        self._closed_at = time.monotonic() + self.rest

    def worked(self) -> None:
        self._closed_at = 0.0
