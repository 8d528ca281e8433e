"""Translations compiled without the gettext programs."""

from __future__ import annotations

import os
from pathlib import Path

import polib

from dispatch.embedded.process import LauncherError


def compile_messages(locale: Path) -> int:
    """Write every ``.mo`` that is older than its ``.po``; the number written. Several processes may do it at once."""
    written = 0
    for po in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        fresh = mo.with_name(f"{mo.name}.{os.getpid()}")
        try:
            polib.pofile(str(po)).save_as_mofile(str(fresh))
        except (OSError, ValueError) as error:
            fresh.unlink(missing_ok=True)
            raise LauncherError(f"Cannot compile {po.name}: {error}") from None
        fresh.replace(mo)
        written += 1
    return written
