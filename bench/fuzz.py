"""Made-up calls against the API's description, as everybody in turn: how many, and what was answered.

``make fuzz`` or ``python -m bench fuzz [--calls 20500] [--seed 1]``: ``tests/api/test_fuzz_*.py`` with more cases an
operation, in two processes; what the checks found wrong is told as by ``make test``. Printed: calls by operation, role
and status.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

FILES = ("tests/api/test_fuzz_office.py", "tests/api/test_fuzz_scene.py")


def main(options: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench fuzz")
    # Two operations without parameters have fewer cases than are asked for.
    parser.add_argument("--calls", type=int, default=20_500)
    parser.add_argument("--seed", type=int, default=20260701)
    parser.add_argument("--data", default=".data/test")
    wanted = parser.parse_args(options)
    with tempfile.TemporaryDirectory() as folder:
        place = {"FUZZ_TABLE": folder, "FUZZ_CALLS": str(wanted.calls), "FUZZ_SEED": str(wanted.seed)}
        servers = [sys.executable, "-m", "dispatch.embedded", "run", "--data", wanted.data, "--fast", "--"]
        tests = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", *FILES]
        begun = time.monotonic()
        done = subprocess.run([*servers, *tests], env=os.environ | place, check=False)
        _print([row for path in Path(folder).glob("*.json") for row in json.loads(path.read_text())])
        print(f"seed {wanted.seed}, {time.monotonic() - begun:.0f} s")
    sys.exit(done.returncode)


def _print(rows: list[tuple[str, str, int, int]]) -> None:
    """Two tables: operation by status, role by status; and the sum."""
    statuses = sorted({status for _operation, _role, status, _count in rows})
    for column, title in ((0, "operation"), (1, "role")):
        sums: dict[str, Counter[int]] = {}
        for row in rows:
            sums.setdefault(str(row[column]), Counter())[row[2]] += row[3]
        print(f"\n{title:<26}" + "".join(f"{status:>7}" for status in statuses) + f"{'calls':>8}")
        for name, counts in sorted(sums.items()):
            print(f"{name:<26}" + "".join(f"{counts[status] or '':>7}" for status in statuses) + f"{counts.total():>8}")
    print(f"\n{sum(row[3] for row in rows)} calls, {sum(row[3] for row in rows if row[2] >= 500)} faults", end=", ")
