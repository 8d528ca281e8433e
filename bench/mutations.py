"""Every rule of access taken away, one after another: which test notices.

``python -m bench mutations`` tries the rules that ``docs/mutations.md`` does not name yet and writes the list anew;
``--all`` tries every one (``make mutations ALL=1``), ``--only cases/models`` those of one place. Rules are found by
``tests/access/mutating.py``, removed in memory by ``tests/access/mutants.py``. ``--twice`` tries those that nobody
notices together with others on the same way (``tests/access/twice.py``). Exit 1 while one goes unnoticed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FIRST = (
    "tests/access/test_rights.py",
    "tests/access/test_scope.py",
    "tests/access/test_edges.py",
    "tests/access/test_services.py",
    "tests/access/test_matrix.py",
    "tests/api/test_access.py",
)
"""Where most are noticed; what survives them meets the rest, file by file."""
REST = (
    "tests/access",
    "tests/console",
    "tests/field",
    "tests/api",
    "tests/portal",
    "tests/teams",
    "tests/cases",
    "tests/notify",
    "tests/web",
)


def main(options: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench mutations")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", default="", help="rules whose key begins so")
    parser.add_argument("--tests", nargs="*", help="these tests instead of all")
    parser.add_argument("--kept", help="a file that keeps what was found between runs")
    parser.add_argument("--data", default=".data/test")
    parser.add_argument("--twice", action="store_true", help="what says the same as those that nobody notices")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args(options)
    if wanted.inside:
        sys.exit(_inside(wanted))
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(wanted.kept or f"{folder}/found.json")
        servers = [sys.executable, "-m", "dispatch.embedded", "run", "--data", wanted.data, "--fast", "--"]
        place = os.environ | {"MUTATIONS_OUT": str(kept), "MUTATIONS_ONLY": wanted.only}
        place |= {"MUTATIONS_TWICE": "1"} if wanted.twice else {}
        again = [sys.executable, "-m", "bench", "mutations", *options, "--inside"]
        subprocess.run([*servers, *again], env=place, check=False)
        print(f"{time.monotonic() - begun:.0f} s")
        from tests.access.mutationlist import known, twice, write

        rows = json.loads(kept.read_text())
        found, again = ({}, {}) if wanted.all else (known(), twice())
        found |= {key: row["killer"] for key, row in rows.items() if row["killer"]}
        again |= {key: row["again"] for key, row in rows.items() if row.get("again")}
        open_ones = write(found, again)
    for key in open_ones:
        print("nobody notices:", key)
    sys.exit(bool(open_ones))


def _inside(wanted: argparse.Namespace) -> int:
    import pytest

    from tests.access.mutationlist import known

    kept = Path(os.environ["MUTATIONS_OUT"])
    if not kept.exists():
        start = {} if wanted.all else {key: {"killer": killer, "tried": 0} for key, killer in known().items()}
        kept.write_text(json.dumps(start))
    marks = ["-m", "not concurrency and not journey"]
    names = wanted.tests or [*FIRST, *REST]
    return int(
        pytest.main(
            ["-q", "-p", "no:cacheprovider", *marks, *names],
            plugins=[_Plugin()],
        )
    )


class _Plugin:
    def pytest_runtestloop(self, session: object) -> bool:
        from tests.access.mutants import Run  # after Django is set up

        Run(session).run()  # type: ignore[arg-type]
        return True
