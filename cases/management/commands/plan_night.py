"""``manage.py plan_night [--district CODE] [--street CODE …] [--day YYYY-MM-DD]``: what the worker does every night."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count
from django.utils.translation import gettext as _

from cases.models import NightPlan
from cases.refusals import Refused
from cases.services import nightplans
from teams.models import District, Street
from teams.policies import SYSTEM


class Command(BaseCommand):
    help = "Draft the orders of the parties whose day has come; again on the same day it goes on or changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--district", metavar="CODE", help="all streets of the district, also those switched off")
        parser.add_argument("--street", action="append", default=[], metavar="CODE", help="this street; several times")
        parser.add_argument("--day", type=date.fromisoformat, help="today or one of the next seven days")
        parser.add_argument("--batch", type=int, default=nightplans.BATCH, help="parties a transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        for street in self._streets(options["district"], options["street"]):
            try:
                plan = nightplans.night_begin(actor=SYSTEM, street_id=street.pk, day=options["day"])
            except Refused as refusal:
                raise CommandError(str(refusal)) from refusal
            before = plan.opened
            plan = nightplans.night_execute(plan_id=plan.pk, progress=self._progress, batch=max(1, options["batch"]))
            self._say(street, plan, plan.opened - before)

    def _streets(self, district: str | None, codes: list[str]) -> list[Street]:
        if district is not None and not District.objects.filter(code=district).exists():
            raise CommandError(_("There is no district with the code %(code)s.") % {"code": district})
        known = {street.code: street for street in Street.objects.order_by("code")}
        if unknown := [code for code in codes if code not in known]:
            raise CommandError(_("There is no street with the code %(code)s.") % {"code": unknown[0]})
        if district is not None or codes:
            found = [
                street
                for street in known.values()
                if street.code in codes or (district is not None and street.district.code == district)
            ]
        else:
            found = [street for street in known.values() if nightplans.plans_nightly(street.pk)]
        if not found:
            raise CommandError(_("No street plans nightly. Name one by --street, or a --district."))
        return found

    def _progress(self, plan: NightPlan) -> None:
        self.stderr.write(f"{plan.looked}/{plan.parties}", ending="\r" if self.stderr.isatty() else "\n")

    def _say(self, street: Street, plan: NightPlan, new: int) -> None:
        told = {
            "street": street,
            "day": plan.day.isoformat(),
            "state": plan.get_state_display(),
            "looked": plan.looked,
            "parties": plan.parties,
            "new": new,
            "opened": plan.opened,
            "needs": plan.needs,
        }
        self.stdout.write(
            _(
                "%(street)s, %(day)s, %(state)s: %(looked)s of %(parties)s parties looked at,"
                " %(new)s orders drafted now, %(opened)s in all for %(needs)s needs"
            )
            % told
        )
        held = plan.outcomes.filter(order=None).values_list("code").annotate(n=Count("pk")).order_by("code")
        for code, count in held:
            self.stdout.write(f"  {code}: {count}")
