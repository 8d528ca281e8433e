"""A copy of the product without one of its guards, to show that the faults find it."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dispatch.embedded.layout import PROJECT

GUARDS = {
    "sweep": [("dispatch/celery.py", '                ("notify.outbox_relay", 5, "notices"),\n', "")],
    "claim": [
        (
            "dispatch/notify/sender.py",
            'Message.objects.select_for_update(skip_locked=True, of=("self",))',
            "Message.objects",
        ),
        ("dispatch/notify/sender.py", "message.next_try_at = now() + LEASE", "message.next_try_at = now()"),
    ],
}
"""File, what stands there, what stands there in the copy."""


@contextlib.contextmanager
def broken(guard: str) -> Iterator[Path]:
    """The folder of the copy. ValueError when the guard does not stand where it was."""
    with tempfile.TemporaryDirectory(prefix="dispatch-broken-") as folder:
        copy = Path(folder) / "product"
        shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"), symlinks=True)
        Path(folder).chmod(0o755)
        for name, stands, instead in GUARDS[guard]:
            file = copy / name
            text = file.read_text()
            if text.count(stands) != 1:
                raise ValueError(f"{name} has changed: the guard {guard!r} is not where it was")
            file.write_text(text.replace(stands, instead))
        yield copy
