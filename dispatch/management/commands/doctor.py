"""Says what works: database, Redis, worker, beat, one line each. Health checks of containers ask for one part."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dispatch.web.health import states


class Command(BaseCommand):
    help = "Says whether database, Redis, worker and beat answer; fails when one that was asked for does not."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--part", action="append", choices=["database", "redis", "worker", "beat"])

    def handle(self, *args: Any, **options: Any) -> None:
        found = states()
        wanted = options["part"] or list(found)
        for part in wanted:
            self.stdout.write(f"{part}: {found[part]}")
        if down := [part for part in wanted if found[part] != "ok"]:
            raise CommandError("Down: " + ", ".join(down))
