"""A hotline's file taken up on a scratch database: rehearsal, the file, the same file again; seconds and rows each.

``python -m dispatch.embedded run --data .data/bench -- python -m bench hotline FILE`` reads .csv or .xlsx. The aim is
10,000 rows in 60 s.
"""

from __future__ import annotations

import argparse
import os
import time
from io import StringIO

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch.settings")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench hotline")
    parser.add_argument("file")
    options = parser.parse_args(arguments)
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["TEST"]["NAME"] = "bench_hotline"
    before = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        _measure(options.file)
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


def _measure(file: str) -> None:
    from django.core.management import call_command

    from cases.models import ImportRun
    from teams.models import District, Street

    call_command("load_reference", stdout=StringIO())
    district = District.objects.create(code="149901", name="演示区")
    street = Street.objects.create(district=district, code="149901001", name="演示街道", short_name="演")
    print("| run | seconds | read | added | already there | joined | refused |\n|---|--:|--:|--:|--:|--:|--:|")
    for name, more in (("rehearsal", ["--dry-run"]), ("the file", []), ("again", [])):
        begun = time.perf_counter()
        call_command("import_orders", file, "--street", street.code, *more, stdout=StringIO(), stderr=StringIO())
        took = time.perf_counter() - begun
        run = ImportRun.objects.latest("pk")
        print(
            f"| {name} | {took:.1f} | {run.read} | {run.added} | {run.already} | {run.joined} | {run.refused} |",
            flush=True,
        )
