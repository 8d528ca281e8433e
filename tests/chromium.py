"""The machine's own Chromium, started so that it asks no host of its own accord."""

from __future__ import annotations

import shutil

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
]


NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The shell first: the same engine without a window's machinery, for half the processor."""


def chromium() -> str:
    """Where it is; ``RuntimeError`` with what to install where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise RuntimeError("install chromium-headless-shell (or chromium) and fonts-noto-cjk")
    return found
