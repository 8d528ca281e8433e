"""``manage.py import_plan FILE --agency CODE --street CODE [--year YYYY] [--dry-run] [--column field=NAME …]``"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.clock.moment import now
from cases.management.columns import column_given
from cases.models import FileRunState, PlanFate, YearPlan
from cases.refusals import Refused
from cases.selectors.yearplans import counts_of
from cases.services import planfiles
from teams.models import Agency, Street
from teams.policies import SYSTEM

SHOWN = 50


class Command(BaseCommand):
    help = "Publish an agency's plan of inspections for a year (.csv in UTF-8 or GB18030, .xlsx) at a street."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--agency", required=True, metavar="CODE", help="the agency's code on papers")
        parser.add_argument("--street", required=True, metavar="CODE", help="nine digits of the street")
        parser.add_argument("--year", type=int, help="year of months that name none; this year without")
        parser.add_argument("--dry-run", action="store_true", help="compare and tell, publish nothing")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=NAME",
            help=f"correct the guess; fields: {', '.join(planfiles.FIELDS)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        street = Street.objects.filter(code=options["street"]).first()
        if street is None:
            raise CommandError(_("There is no street with the code %(code)s.") % {"code": options["street"]})
        agency = Agency.objects.filter(code=options["agency"], district=street.district_id).first()
        if agency is None:
            raise CommandError(_("No agency of this district has the code %(code)s.") % {"code": options["agency"]})
        try:
            plan = planfiles.plan_create(
                actor=SYSTEM,
                street_id=street.pk,
                agency_id=agency.pk,
                year=options["year"] or timezone.localdate(now()).year,
                path=options["file"],
                columns=dict(column_given(text) for text in options["column"]),
            )
            planfiles.plan_compare(actor=SYSTEM, plan_id=plan.pk)
            plan = self._carry(plan)
            if not options["dry_run"]:
                planfiles.plan_publish(actor=SYSTEM, plan_id=plan.pk)
                plan = self._carry(plan)
        except Refused as refusal:
            if refusal.code != "nothing_new":
                raise CommandError(str(refusal)) from refusal
        self._say(plan)

    def _carry(self, plan: YearPlan) -> YearPlan:
        plan = planfiles.plan_execute(plan_id=plan.pk, progress=self._progress)
        if plan.state == FileRunState.FAILED:
            raise CommandError(plan.error)
        return plan

    def _progress(self, plan: YearPlan) -> None:
        done = plan.done if plan.state == FileRunState.TAKING else plan.read
        self.stderr.write(f"{done}/{plan.total}", ending="\r" if self.stderr.isatty() else "\n")

    def _say(self, plan: YearPlan) -> None:
        rows = plan.rows.filter(fate=PlanFate.REFUSED).order_by("row")
        for row in rows[:SHOWN]:
            told = {"row": row.row, "fate": PlanFate.REFUSED.label, "told": planfiles.reason_of(row)}
            self.stdout.write(_("row %(row)s, %(fate)s: %(told)s") % told)
        if (count := rows.count()) > SHOWN:
            self.stdout.write(_("… and %(count)s more") % {"count": count - SHOWN})
        if plan.state != FileRunState.DONE:
            self.stdout.write(_("Nothing was written."))
        for fate, counted in counts_of(plan).items():
            self.stdout.write(f"{PlanFate(fate).label}: {counted}")
