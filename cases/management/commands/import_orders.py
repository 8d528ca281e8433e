"""``manage.py import_orders FILE --street CODE [--dry-run] [--column field=NAME …]``"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cases.models import ImportRun, RunState
from cases.refusals import Refused
from cases.services import imports
from teams.models import Street
from teams.policies import SYSTEM

SHOWN_REFUSALS = 50


class Command(BaseCommand):
    help = "Take up the orders of a hotline's file (.csv in UTF-8 or GB18030, .xlsx) for a street's office."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--street", required=True, metavar="CODE", help="nine digits of the receiving street")
        parser.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=NAME",
            help=f"correct the guess; fields: {', '.join(imports.FIELDS)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        street = Street.objects.filter(code=options["street"]).first()
        if street is None:
            raise CommandError(_("There is no street with the code %(code)s.") % {"code": options["street"]})
        try:
            run = imports.run_create(
                actor=SYSTEM,
                street_id=street.pk,
                path=options["file"],
                columns=dict(_pair(text) for text in options["column"]),
                dry_run=options["dry_run"],
            )
            imports.run_start(actor=SYSTEM, run_id=run.pk)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        run = imports.run_execute(run_id=run.pk, progress=self._progress)
        if run.state == RunState.FAILED:
            raise CommandError(run.error)
        self._say(run)

    def _progress(self, run: ImportRun) -> None:
        self.stderr.write(f"{run.read}/{run.total}", ending="\r" if self.stderr.isatty() else "\n")

    def _say(self, run: ImportRun) -> None:
        for refusal in run.refusals.order_by("row")[:SHOWN_REFUSALS]:
            self.stdout.write(_("row %(row)s refused: %(reason)s") % {"row": refusal.row, "reason": refusal.reason})
        if run.refused > SHOWN_REFUSALS:
            self.stdout.write(_("… and %(count)s more") % {"count": run.refused - SHOWN_REFUSALS})
        if run.dry_run:
            self.stdout.write(_("Rehearsal: nothing was written."))
        self.stdout.write(
            _("read %(read)s, added %(added)s, already there %(already)s, joined %(joined)s, refused %(refused)s")
            % {
                "read": run.read,
                "added": run.added,
                "already": run.already,
                "joined": run.joined,
                "refused": run.refused,
            }
        )


def _pair(text: str) -> tuple[str, str]:
    field, sign, name = text.partition("=")
    if not sign:
        raise CommandError(_("Write --column FIELD=NAME, not %(text)s.") % {"text": text})
    return field.strip(), name.strip()
