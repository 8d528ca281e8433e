"""The machine's own Chromium, started so that it asks no host of its own accord."""

from __future__ import annotations

import shutil

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
]


def chromium() -> str:
    """Where it is; ``RuntimeError`` with what to install where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise RuntimeError("install chromium and fonts-noto-cjk")
    return found
