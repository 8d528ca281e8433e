"""Boston's 311 requests as needs: target = location, agency = department, window = the days from opening to target."""

from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path

from cases.planner.replay import Asked
from cases.planner.trigger import Window

WIDE = 21
"""Days: a longer window counts as planned. Only here; elsewhere it follows from the need's cause."""


def boston(path: Path) -> tuple[list[list[Asked]], int]:
    """Needs by target from the gzipped CSV, and how many rows fell out: without a target day or a location, or with the
    target before the opening."""
    targets: dict[str, list[Asked]] = {}
    dropped = 0
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            place = row["location"].strip().upper()
            opened, due = row["open_dt"][:10], row["target_dt"][:10]
            if not place or not due or due < opened:
                dropped += 1
                continue
            r, d = date.fromisoformat(opened).toordinal(), date.fromisoformat(due).toordinal()
            targets.setdefault(place, []).append(Asked(Window(r, d, planned=d - r > WIDE), row["department"]))
    return list(targets.values()), dropped
