"""``manage.py retain``: takes away what was kept long enough; ``--dry-run`` tells what that would be."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dispatch import retention


class Command(BaseCommand):
    help = (
        "Takes away what was kept long enough (periods: Numbers and texts, in the administration). The worker does the"
        " same every night; this does it now, all of it, in batches."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only tell how many of each kind would go")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            for name, count in retention.due().items():
                self.stdout.write(f"{count:>8}  {name}")
            self.stdout.write("Nothing was taken away.")
            return
        gone = retention.retain(seconds=float("inf"), told=lambda name, count: self.stdout.write(f"{name}: {count}"))
        self.stdout.write(f"Done: {sum(gone.values())} rows went.")
