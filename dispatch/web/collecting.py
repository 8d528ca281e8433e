"""What a web process holds as long as it lives is not searched for garbage again and again.

A full collection walks all objects: templates, models, forms, kept questions. It stood every page of the process still
for 220 ms, once every few seconds under load.
"""

from __future__ import annotations

import gc
from typing import Any

ROUNDS = 3
"""Full collections whose survivors are set aside: pages make most of what stays when they are first drawn."""


class Lasting:
    """Sets aside what is there now, and what the next full collections leave. Counted references free it as ever; only
    a circle among the few objects of requests that are under way at these moments would stay."""

    def __init__(self) -> None:
        self.left = ROUNDS

    def begin(self) -> None:
        gc.collect()
        gc.freeze()
        gc.callbacks.append(self._collected)

    def _collected(self, phase: str, info: dict[str, Any]) -> None:
        if phase == "stop" and info["generation"] == 2:
            gc.freeze()
            self.left -= 1
            if self.left == 0:
                gc.callbacks.remove(self._collected)
