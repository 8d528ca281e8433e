"""``manage.py load_reference``: categories, words, checklists, limits, clocks and settings. Safe to run again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from cases.management import catalogue


class Command(BaseCommand):
    help = "Load or bring up to date the reference catalogue; what an office added or changed stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="Write the catalogue over an office's own changes.")

    def handle(self, *args: Any, **options: Any) -> None:
        done = catalogue.load(force=options["force"])
        if done.skipped:
            self.stdout.write(_("The reference catalogue is up to date."))
            return
        for label, rows in ((_("made"), done.made), (_("changed"), done.changed)):
            if rows:
                self.stdout.write(f"{label}: " + ", ".join(f"{name} {count}" for name, count in sorted(rows.items())))
        self.stdout.write(_("The reference catalogue is loaded."))
