"""``manage.py import_parties FILE --street CODE [--dry-run] [--changes] [--column field=NAME …]``"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cases.management.columns import column_given
from cases.models import FileRunState, PartyRun, RowChoice, RowFate
from cases.refusals import Refused
from cases.selectors.partyruns import counts_of
from cases.services import partyfiles
from teams.models import Street
from teams.policies import SYSTEM

SHOWN = 50


class Command(BaseCommand):
    help = "Take a file of parties (.csv in UTF-8 or GB18030, .xlsx) into a street's register."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--street", required=True, metavar="CODE", help="nine digits of the street")
        parser.add_argument("--dry-run", action="store_true", help="compare and tell, write nothing")
        parser.add_argument("--changes", action="store_true", help="change known parties to what the file says, too")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=NAME",
            help=f"correct the guess; fields: {', '.join(partyfiles.FIELDS)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        street = Street.objects.filter(code=options["street"]).first()
        if street is None:
            raise CommandError(_("There is no street with the code %(code)s.") % {"code": options["street"]})
        try:
            run = partyfiles.run_create(
                actor=SYSTEM,
                street_id=street.pk,
                path=options["file"],
                columns=dict(column_given(text) for text in options["column"]),
            )
            partyfiles.run_compare(actor=SYSTEM, run_id=run.pk)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        run = self._carry(run)
        if not options["dry_run"]:
            run = self._take(run, changes=options["changes"])
        self._say(run)

    def _take(self, run: PartyRun, *, changes: bool) -> PartyRun:
        if changes:
            partyfiles.rows_choose_all(
                actor=SYSTEM, run_id=run.pk, fate=RowFate.CHANGE.value, choice=RowChoice.CHANGE.value
            )
        try:
            partyfiles.run_take(actor=SYSTEM, run_id=run.pk)
        except Refused as refusal:
            if refusal.code != "nothing_chosen":
                raise CommandError(str(refusal)) from refusal
            return run
        return self._carry(run)

    def _carry(self, run: PartyRun) -> PartyRun:
        run = partyfiles.run_execute(run_id=run.pk, progress=self._progress)
        if run.state == FileRunState.FAILED:
            raise CommandError(run.error)
        return run

    def _progress(self, run: PartyRun) -> None:
        done = run.done if run.state == FileRunState.TAKING else run.read
        self.stderr.write(f"{done}/{run.total}", ending="\r" if self.stderr.isatty() else "\n")

    def _say(self, run: PartyRun) -> None:
        for fate in (RowFate.REFUSED, RowFate.LIKELY):
            rows = run.rows.filter(fate=fate).select_related("target").order_by("row")
            for row in rows[:SHOWN]:
                told = partyfiles.reason_of(row, partyfiles.FIELDS) if row.code else f"#{row.target_id} {row.target}"
                self.stdout.write(
                    _("row %(row)s, %(fate)s: %(told)s") % {"row": row.row, "fate": fate.label, "told": told}
                )
            if (count := rows.count()) > SHOWN:
                self.stdout.write(_("… and %(count)s more") % {"count": count - SHOWN})
        if run.state != FileRunState.DONE:
            self.stdout.write(_("Nothing was written."))
        for kind, counted in counts_of(run).items():
            self.stdout.write(f"{RowFate(kind).label}: {counted.rows} ({counted.taken})")
