"""``manage.py load_demo``: a district with people, parties and some sixty cases, told through the real services."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.management import catalogue
from cases.management.demo import ground, parties, people, scenes_after, scenes_office, scenes_way
from cases.management.demo.visiting import Storyteller
from cases.models import Case, Event, Outbox
from teams.models import District, User

NEWS = timedelta(hours=1)
"""Only what happened within this time before the loading is still to be told to anybody."""


class Command(BaseCommand):
    help = "Fill an empty database with the demo district. Refuses to touch a database that holds anything."

    def handle(self, *args: Any, **options: Any) -> None:
        if District.objects.exists() or User.objects.exists() or Case.objects.exists():
            raise CommandError(
                _("This database is not empty: the demo is only loaded into an empty one. Nothing was changed.")
            )
        with transaction.atomic():
            catalogue.load()
            told = tell()
        with translation.override(_terminal_language()):
            self.stdout.write(
                _("The demo is loaded: %(cases)s cases, %(parties)s parties, %(people)s accounts.")
                % {"cases": Case.objects.count(), "parties": len(told.targets), "people": len(told.people.users)}
            )
            self.stdout.write(_("Demo accounts (password %(password)s):") % {"password": people.password()})
        for username, face in people.SHOWN:
            self.stdout.write(f"  {username:<14} {f'/{face}/':<10} {told.people.users[username].name}")


def _terminal_language() -> str:
    """These lines stand among those of the start, which are English unless the terminal is Chinese."""
    said = os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    return "zh-hans" if said.startswith("zh") else "en"


def tell(start: datetime | None = None) -> Storyteller:
    """Everything, in one transaction of the caller: ground, people, parties, what happened until ``start`` (now)."""
    place = ground.make()
    staff = people.make(place)
    teller = Storyteller(place, staff, parties.make(place, staff), start=start or timezone.now())
    scenes_after.tell(teller)
    scenes_way.tell(teller)
    scenes_office.tell(teller)
    # History is not news: nobody is to be told today what happened last week.
    history = list(Event.objects.filter(at__lt=teller.start - NEWS).values_list("pk", flat=True))
    Outbox.objects.filter(event_id__in=history).delete()
    return teller
