"""Tokens of the API from the command line: issue (shown once), list, revoke."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.clock.moment import now
from cases.refusals import Refused
from dispatch.web import tokens
from dispatch.web.models import ApiToken
from dispatch.web.scopes import SCOPES
from teams.models import User
from teams.policies import SYSTEM


class Command(BaseCommand):
    help = "Issues, lists and revokes tokens of the API. A new token is printed once and can't be had again."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        issue = acts.add_parser("issue", help="a new token of an account")
        issue.add_argument("username")
        issue.add_argument("--name", required=True, help="what it is for")
        issue.add_argument("--scope", action="append", required=True, choices=sorted(SCOPES))
        issue.add_argument("--days", type=int, help="until when it is valid; without: until it is revoked")
        acts.add_parser("list", help="tokens that are not revoked")
        revoke = acts.add_parser("revoke", help="end one at once")
        revoke.add_argument("id", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "issue":
            self._issue(options)
        elif options["act"] == "list":
            for row in ApiToken.objects.filter(revoked_at__isnull=True).select_related("user").order_by("pk"):
                until = f"{row.expires_at:%Y-%m-%d}" if row.expires_at else "-"
                self.stdout.write(
                    f"{row.pk}  {row.hint}…  {row.user.username}  {row.name}  {until}  {' '.join(row.scopes)}"
                )
        elif not tokens.token_revoke(actor=SYSTEM, token_id=options["id"]):
            raise CommandError("No such token, or it was revoked already.")

    def _issue(self, options: dict[str, Any]) -> None:
        user = User.objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active account {options['username']}.")
        until = now() + timedelta(days=options["days"]) if options["days"] else None
        try:
            _row, text = tokens.token_issue(
                actor=SYSTEM, user=user, name=options["name"], scopes=options["scope"], expires_at=until
            )
        except Refused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(text)
