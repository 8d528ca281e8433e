"""``manage.py fill --cases N``: a made-up history of that size, for measurements and drills."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from cases.management.fill.filling import fill, verify
from cases.refusals import Refused


class Command(BaseCommand):
    help = "Write a made-up history of N cases into an empty database or into the demo's, and verify its chains."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cases", type=int, required=True)
        parser.add_argument("--street", action="append", default=[], help="code of a street; may be given again")
        parser.add_argument("--years", type=int, default=3)
        parser.add_argument("--open", type=int, default=None, help="how many still go on (default: a tenth, 4000 most)")
        parser.add_argument("--seed", type=int, default=7, help="equal seed, equal story")
        parser.add_argument("--tellers", type=int, default=None, help="processes that tell (default: all processors)")
        parser.add_argument(
            "--bare",
            action="store_true",
            default=None,
            help="without indexes while it writes, as from 10000 cases on: nobody else reads these tables meanwhile",
        )
        parser.add_argument("--verify", type=int, default=1000, help="chains to verify at the end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["cases"] < 1 or options["years"] < 1:
            raise CommandError("--cases and --years are numbers from 1 on.")
        if settings.DATABASE_POOLED:
            raise CommandError("A history is written to PostgreSQL itself, never through a pooler (DATABASE_POOLED).")
        begun = time.perf_counter()
        with connection.cursor() as cursor:  # a batch of thousands of rows takes as long as it takes
            cursor.execute("SET statement_timeout = 0")
        try:
            count = fill(
                cases=options["cases"],
                streets=options["street"],
                years=options["years"],
                still_open=options["open"],
                seed=options["seed"],
                without_indexes=options["bare"],
                tellers=options["tellers"],
                told=lambda done: self.stderr.write(f"{done} cases, {time.perf_counter() - begun:.0f} s"),
            )
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused
        spent = time.perf_counter() - begun
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
            (size,) = cursor.fetchone()
        self.stdout.write(f"{count} cases in {spent:.0f} s ({count / spent:.0f} a second); the database has {size}.")
        checked, broken = verify(chains=options["verify"], seed=options["seed"])
        if broken:
            raise CommandError(f"{checked} chains verified, broken at the cases {broken[:20]}.")
        self.stdout.write(f"{checked} chains verified, all hold.")
