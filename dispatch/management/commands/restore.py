"""``manage.py restore FOLDER``: a backup into an empty database, verified to the last chain."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dispatch.backup import BackupError, restore


class Command(BaseCommand):
    help = "Reads a backup into an empty database and media folder, and verifies counts and every chain."
    requires_system_checks = []  # they ask the database for tables that are not there yet

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            found = restore(options["folder"], told=self.stdout.write)
        except BackupError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{found.chains} chains of {found.events} events verified, all hold.")
        self.stdout.write(f"Done in {(time.monotonic() - began) / 60:.1f} minutes. Now: manage.py prepare")
