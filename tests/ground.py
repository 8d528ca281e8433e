"""An empty, migrated database that the databases of all test workers are copied from."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

import psycopg2
from django.core.management import call_command
from django.db import connection

PROJECT = Path(__file__).resolve().parents[1]
PREFIX = "ground_"
_LOCK = 7_340_099  # of advisory locks: one worker makes it, the others wait


def ground() -> str:
    """Name of the database to copy from, made now if no run before has left it. Named by what the migrations say."""
    name = PREFIX + _digest()
    given = connection.settings_dict
    with closing(_server()) as server, server.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [PREFIX + "%"])
        there = {row[0] for row in cursor.fetchall()}
        if name in there:
            return name
        for old in there:
            cursor.execute(f'DROP DATABASE "{old}"')
        cursor.execute(f'CREATE DATABASE "{name}_unfinished"')
        present = given["NAME"]
        given["NAME"] = f"{name}_unfinished"
        try:
            call_command("migrate", verbosity=0)
        finally:
            connection.close()
            given["NAME"] = present
        cursor.execute(f'ALTER DATABASE "{name}_unfinished" RENAME TO "{name}"')
    return name


def _server() -> psycopg2.extensions.connection:
    given = connection.settings_dict
    server = psycopg2.connect(
        dbname="postgres", user=given["USER"], password=given["PASSWORD"], host=given["HOST"], port=given["PORT"]
    )
    server.autocommit = True
    return server


def _digest() -> str:
    """Of every migration of ours and of the packages' versions."""
    found = hashlib.sha256((PROJECT / "requirements.txt").read_bytes())
    for package in ("cases", "dispatch", "teams"):
        for file in sorted((PROJECT / package).glob("**/migrations/*.*")):
            found.update(file.name.encode() + file.read_bytes())
    return found.hexdigest()[:16]
