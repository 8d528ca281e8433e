"""What has to be done once before the product can run: checks, migrations, first data, static files."""

from __future__ import annotations

import io
import os
from typing import Any

import environ
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from cases.services.stores import store

EMPTY = """There is no account yet. Make the three administrators; each gets a link to set a password:
  .venv/bin/python manage.py first_administrators
The checklist under /console/admin/ leads from there to the first complaint."""


class Command(BaseCommand):
    help = "Checks, migrates, loads the first data into an empty database, collects static files."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._migrate()
            call_command("check", databases=["default"], stdout=io.StringIO())
            if problem := store().trial():
                raise CommandError(f"Photos can't be kept in {store().where}: {problem}.")
            self._first_data()
        except DatabaseError as error:
            raise CommandError(f"The database refused: {str(error).strip().splitlines()[0]}") from error
        if settings.STATIC_MANIFEST:
            call_command("collectstatic", interactive=False, verbosity=0, clear=False)

    def _migrate(self) -> None:
        call_command("check", stdout=io.StringIO())
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            if settings.DATABASE_POOLED:
                raise CommandError(
                    "Migrations go to PostgreSQL itself, never through a pooler, whose limits would cut them short:"
                    " give this command its DATABASE_URL and DATABASE_POOLED=0."
                )
            self.stdout.write("Preparing the database …")
            call_command("migrate", interactive=False, verbosity=0)

    def _first_data(self) -> None:
        """Reference and demo, both or neither: an interrupted start leaves an empty database again."""
        if get_user_model()._default_manager.exists():
            return
        demo = environ.Env().bool("DEMO", default=not settings.HTTPS)
        if demo and settings.HTTPS and not os.environ.get("DEMO_PASSWORD"):
            raise CommandError("DEMO on a site with HTTPS needs a DEMO_PASSWORD: the usual one is published.")
        known = get_commands()
        accounts = io.StringIO()
        with transaction.atomic():
            if "load_reference" in known:
                self.stdout.write("Loading the reference catalogue …")
                call_command("load_reference", stdout=io.StringIO())
            if demo and "load_demo" in known:
                self.stdout.write("Loading the demo district …")
                call_command("load_demo", stdout=accounts)
        text = accounts.getvalue() if demo and accounts.getvalue() else EMPTY
        (settings.DATA_DIR / "accounts.txt").write_text(text)
