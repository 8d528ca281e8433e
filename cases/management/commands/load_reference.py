"""``manage.py load_reference``: categories, words, checklists, limits, clocks and settings. Safe to run again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from cases.management import catalogue


class Command(BaseCommand):
    help = "Load or bring up to date the reference catalogue; what people added or set in the administration stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="Write the catalogue over what people set, too.")

    def handle(self, *args: Any, **options: Any) -> None:
        done = catalogue.load(force=options["force"])
        if done.skipped:
            self.stdout.write(_("The reference catalogue is up to date."))
            return
        for label, rows in ((_("made"), done.made), (_("changed"), done.changed)):
            if rows:
                self.stdout.write(f"{label}: " + ", ".join(f"{name} {count}" for name, count in sorted(rows.items())))
        for kept in done.hands.kept:
            for line in kept.lines:
                words = {"what": f"{kept.kind.label} {kept.name}", "field": line.label}
                said = _("kept as people set it: %(what)s: %(field)s stays %(stays)s; the catalogue says %(said)s")
                self.stdout.write(said % {**words, "stays": line.before, "said": line.after})
        self.stdout.write(_("The reference catalogue is loaded."))
