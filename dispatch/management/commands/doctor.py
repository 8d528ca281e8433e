"""Says what works: database, Redis, worker, beat, the store of photos, one line each. Health checks of containers ask
for one part."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.services.stores import store
from dispatch.web.health import states


class Command(BaseCommand):
    help = (
        "Says whether database, Redis, worker, beat and the store of photos answer; fails when one asked for does not."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--part", action="append", choices=["database", "redis", "worker", "beat", "store"])

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["part"] or ["database", "redis", "worker", "beat", "store"]
        found = states() if set(wanted) != {"store"} else {}
        if "store" in wanted:
            problem = store().trial()
            found["store"] = f"down: {problem}" if problem else "ok"
        for part in wanted:
            self.stdout.write(f"{part}: {found[part]}")
        if down := [part for part in wanted if found[part] != "ok"]:
            raise CommandError("Down: " + ", ".join(down))
