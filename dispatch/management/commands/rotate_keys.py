"""``manage.py rotate_keys``: everything that lies under older identity keys is encrypted anew under the newest."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from cases.services import identity
from dispatch.web import factors
from teams.models import ChangeAction, Subject
from teams.policies import SYSTEM
from teams.services.history import change_record

DRAFTS = """Contacts in reports that are being written (a day at most) still lie under the key they began with.
Wait 24 hours after the restart that put {newest} in front, then take {old} out of IDENTITY_KEYS and restart."""


class Command(BaseCommand):
    help = (
        "Encrypts identities and second factors anew under the first of IDENTITY_KEYS. Put the new key in front,"
        " restart, run this; afterwards the old key may go. Safe to stop and to run again: it goes on where it stood."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=500, help="rows of one transaction (default: 500)")

    def handle(self, *args: Any, **options: Any) -> None:
        batch = max(1, int(options["batch"]))
        newest, *old = [pair.partition(":")[0] for pair in settings.IDENTITY_KEYS]
        identities, lost = self._identities(batch)
        people, locked_out = self._factors(batch)
        if identities or people:
            with transaction.atomic():
                change_record(
                    actor=SYSTEM,
                    kind=Subject.SETTING,
                    subject_id=0,
                    name="IDENTITY_KEYS",
                    action=ChangeAction.RENEWED,
                    after={"code": newest, "identities": identities, "factors": people},
                )
        self.stdout.write(f"Done: {identities} identities and {people} second factors now lie under {newest}.")
        if lost or locked_out:
            raise CommandError(
                f"No key given opens {len(lost)} identities (rows {_some(lost)}) and the second factors of"
                f" {len(locked_out)} accounts (rows {_some(locked_out)}). They were left as they are: give the key"
                " that they lie under as well, and run this again. Take no key out."
            )
        if came := identity.identities_under_older_keys():
            raise CommandError(
                f"{came} identities came under an older key meanwhile: a process still runs with the old setting."
                " Restart web and workers, then run this again."
            )
        if old:
            self.stdout.write(DRAFTS.format(newest=newest, old=", ".join(old)))

    def _identities(self, batch: int) -> tuple[int, list[int]]:
        done, after = 0, 0
        lost: list[int] = []
        while True:
            step = identity.identities_rekey(after=after, limit=batch)
            done += step.done
            lost += step.unreadable
            if step.done:
                self.stdout.write(f"identities: {done}")
                self.stdout.flush()
            if step.after is None:
                return done, lost
            after = step.after

    def _factors(self, batch: int) -> tuple[int, list[int]]:
        done, after = 0, 0
        lost: list[int] = []
        while True:
            some, unreadable, further = factors.factors_rekey(after=after, limit=batch)
            done += some
            lost += unreadable
            if some:
                self.stdout.write(f"second factors: {done}")
            if further is None:
                return done, lost
            after = further


def _some(rows: list[int]) -> str:
    """The first few, so that a line stays a line."""
    return ", ".join(str(row) for row in rows[:10]) + (" …" if len(rows) > 10 else "") if rows else "-"
