"""``manage.py first_administrators``: the way into an empty house, without one person ever holding all keys."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from cases.refusals import Refused
from teams.models import Assignment, Role, User
from teams.policies import SYSTEM
from teams.services import invitations, people, roles

ROLES = (("system", Role.SYSTEM_ADMIN), ("security", Role.SECURITY_ADMIN), ("audit", Role.AUDITOR))


class Command(BaseCommand):
    help = "Makes the first system administrator, security administrator and auditor, each with a one-time link."

    def add_arguments(self, parser: CommandParser) -> None:
        for word, role in ROLES:
            parser.add_argument(f"--{word}", default=word, help=f"user name of the {role.value} (default: {word})")

    def handle(self, *args: Any, **options: Any) -> None:
        if Assignment.objects.filter(role=Role.SECURITY_ADMIN, user__is_active=True).exists():
            raise CommandError("There is a security administrator already: roles are granted in the console.")
        names = [str(options[word]) for word, _role in ROLES]
        if len(set(names)) < len(names):
            raise CommandError("Three different people: the three administrators are separate.")
        try:
            with transaction.atomic():
                made = [self._one(name, role) for name, (_word, role) in zip(names, ROLES, strict=True)]
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write("One link each, used once, valid for three days; hand it only to its person:")
        for user, role, token in made:
            self.stdout.write(
                f"  {role.value:<15} {user.username:<12} {settings.SITE_URL}{reverse('invitation', args=[token])}"
            )

    def _one(self, name: str, role: Role) -> tuple[User, Role, str]:
        user = User.objects.filter(username=name).first() or people.person_create(
            actor=SYSTEM, username=name, name=name, reason="first administrators"
        )
        roles.role_grant(
            actor=SYSTEM, user_id=user.pk, role=role, starts_on=timezone.localdate(), reason="first administrators"
        )
        return user, role, invitations.invitation_make(actor=SYSTEM, user_id=user.pk).token
