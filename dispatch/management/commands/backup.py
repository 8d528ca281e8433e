"""``manage.py backup FOLDER``: database and files of one moment, while people go on working."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dispatch.backup import BackupError, backup


class Command(BaseCommand):
    help = "Writes a backup into a new folder: the database and the uploaded files. Keep the secrets elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            made = backup(options["folder"], told=self.stdout.write)
        except BackupError as error:
            raise CommandError(str(error)) from None
        counts = ", ".join(f"{count} {name}" for name, count in made.counts.items())
        self.stdout.write(f"Done in {(time.monotonic() - began) / 60:.1f} minutes: {counts}.")
        self.stdout.write(f"Its identities need the keys {', '.join(made.keys)}; they are not in it.")
