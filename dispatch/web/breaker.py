"""A circuit breaker: after a failure the far side is left alone for a while, so that nobody waits for it."""

from __future__ import annotations

import time


class Breaker:
    """Blocks for ``rest`` seconds after a failure; the next call is the probe. Threads may share it."""

    def __init__(self, rest: float = 2.0) -> None:
        self.rest = rest
        self._quiet_until = 0.0

    def blocked(self) -> bool:
        return time.monotonic() < self._quiet_until

    def failed(self) -> None:
        self._quiet_until = time.monotonic() + self.rest

    def worked(self) -> None:
        self._quiet_until = 0.0
