"""System checks of the house: a wrong setting is an error with an id and a hint, before anything runs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from cases.services.identity import phone_index
from teams.models import Role

SHORTEST = 32
_KEY = re.compile(r"[A-Za-z0-9_-]{1,16}:(.+)")
_MAKE = "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'. `make run` does it by itself."
_MAKE_FERNET = (
    "Give kid:key pairs, newest first, separated by commas. Make a key with: python -c 'from cryptography.fernet"
    ' import Fernet; print("k1:" + Fernet.generate_key().decode())\''
)


def _weak(value: str) -> bool:
    return len(value) < SHORTEST or "change-me" in value.lower()


@register(Tags.security)
def secrets_are_set(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """E001 SECRET_KEY, E002 IDENTITY_INDEX_KEY, E003 TOKEN_PEPPER, E004 IDENTITY_KEYS, E005 one used twice, E008."""
    found: list[CheckMessage] = []
    single = {
        "SECRET_KEY": ("dispatch.E001", settings.SECRET_KEY),
        "IDENTITY_INDEX_KEY": ("dispatch.E002", settings.IDENTITY_INDEX_KEY),
        "TOKEN_PEPPER": ("dispatch.E003", settings.TOKEN_PEPPER),
    }
    for name, (id_, value) in single.items():
        if _weak(value):
            found.append(Error(f"{name} is missing, shorter than {SHORTEST} or a default.", hint=_MAKE, id=id_))
    if problem := identity_keys_problem(settings.IDENTITY_KEYS):
        found.append(Error(f"IDENTITY_KEYS {problem}.", hint=_MAKE_FERNET, id="dispatch.E004"))
    values = [value for _id, value in single.values()]
    if not found and len(set(values)) < len(values):
        found.append(Error("Two secrets have the same value.", hint=_MAKE, id="dispatch.E005"))
    if "change-me" in (settings.DATABASES["default"].get("PASSWORD") or "") + settings.REDIS_URL:
        found.append(Error("The database or Redis has a default password.", hint=_MAKE, id="dispatch.E008"))
    return found


@register(Tags.security)
def tiles_are_readable(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """E010: a tile layer that can't be read would silently leave maps without it."""
    if not settings.MAP_TILES_PROBLEM:
        return []
    hint = "Give a JSON list of {name, url, datum, attribution}; see docs/maps.md. Leave it out to use no tiles."
    return [Error(f"MAP_TILES {settings.MAP_TILES_PROBLEM}.", hint=hint, id="dispatch.E010")]


@register(Tags.security)
def webhooks_stay_outside(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """E011: on a real site webhooks to this very machine would reach what stands behind its door."""
    if not (settings.WEBHOOK_LOOPBACK and settings.HTTPS):
        return []
    hint = "It is for trying out receivers on the own machine. Leave it out where the product is in use."
    return [Error("WEBHOOK_LOOPBACK is on.", hint=hint, id="dispatch.E011")]


@register(Tags.security)
def metrics_token_is_no_word(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """E014: nobody stops guesses at it."""
    if not settings.METRICS_TOKEN or not _weak(settings.METRICS_TOKEN):
        return []
    hint = f"{_MAKE} Without one only this very machine reads /metrics."
    return [Error(f"METRICS_TOKEN is shorter than {SHORTEST}.", hint=hint, id="dispatch.E014")]


@register(Tags.security)
def factor_roles_exist(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """E012: a role misspelt would silently need no second factor."""
    unknown = sorted(set(settings.SECOND_FACTOR_ROLES) - set(Role.values))
    if not unknown:
        return []
    hint = f"Known are: {', '.join(Role.values)}. SECOND_FACTOR_ROLES= asks it of nobody."
    return [Error(f"SECOND_FACTOR_ROLES names no role: {', '.join(unknown)}.", hint=hint, id="dispatch.E012")]


@register(Tags.security)
def session_limits_make_sense(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """E013: zero keeps everybody out; on a real site a limit beyond a day, or beyond the other one, ends nothing."""
    day = 24 if settings.HTTPS else 1_000_000
    wrong = [f"FRESH_MINUTES={settings.FRESH_MINUTES}"] if not 1 <= settings.FRESH_MINUTES <= day * 60 else []
    for face, hours in settings.SESSION_HOURS.items():
        idle = settings.SESSION_IDLE_MINUTES[face]
        if not 1 <= hours <= day:
            wrong.append(f"SESSION_HOURS_{face.upper()}={hours}")
        if not 1 <= idle <= (max(hours, 1) if settings.HTTPS else day) * 60:
            wrong.append(f"SESSION_IDLE_{face.upper()}={idle}")
    if not wrong:
        return []
    hint = "Hours: 1 to 24. Minutes of rest: from 1 to as long as the session lasts. Minutes fresh: 1 to 1440."
    return [Error(f"A limit of sessions is out of range: {', '.join(wrong)}.", hint=hint, id="dispatch.E013")]


@register(Tags.security)
def bucket_is_whole(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """E015: half a setting would put photos on the disk, or nowhere. Whether it works, ``prepare`` tries."""
    given, wrong = settings.S3, ""
    rest = [value for name, value in given.items() if name not in ("bucket_name", "addressing_style")]
    if not given["bucket_name"]:
        wrong = "S3_BUCKET is missing beside the other S3_ variables" if any(rest) else ""
    elif bool(given["access_key"]) != bool(given["secret_key"]):
        wrong = "S3_ACCESS_KEY and S3_SECRET_KEY go together"
    elif "change-me" in (given["secret_key"] or ""):
        wrong = "S3_SECRET_KEY is a default"
    elif given["endpoint_url"] and not given["endpoint_url"].startswith(("https://", "http://")):
        wrong = "S3_ENDPOINT has to look like https://host:port"
    elif given["addressing_style"] not in ("auto", "path", "virtual"):
        wrong = "S3_ADDRESSING is auto, path or virtual"
    if not wrong:
        return []
    hint = "See “Photos in a bucket” in docs/operations.md; none of them keeps photos in the data folder."
    return [Error(f"{wrong}.", hint=hint, id="dispatch.E015")]


def identity_keys_problem(pairs: Sequence[str]) -> str:
    """What is wrong with the list of ``kid:key``, '' when nothing is."""
    if not pairs:
        return "is missing"
    kids = []
    for pair in pairs:
        match = _KEY.fullmatch(pair)
        if not match or "change-me" in pair.lower():
            return "holds a pair that is not kid:key or is a default"
        try:
            Fernet(match[1])
        except ValueError:
            return f"holds a key that is not a Fernet key ({pair.partition(':')[0]})"
        kids.append(pair.partition(":")[0])
    return "names a key id twice" if len(set(kids)) < len(kids) else ""


@register(Tags.database)
def identities_open(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """E006: the newest identity under each key id opens with the keys given; E009: it is found by the index key.

    Runs with ``check --database default``.
    """
    if not databases or "default" not in databases or identity_keys_problem(settings.IDENTITY_KEYS):
        return []
    keys = dict(pair.split(":", 1) for pair in settings.IDENTITY_KEYS)
    found: list[CheckMessage] = []
    for kid, cipher, index in _newest_identities():
        facts = _opened(keys.get(kid), cipher)
        if facts is None:
            found.append(
                Error(
                    f"IDENTITY_KEYS does not open identities stored under key id {kid!r}.",
                    hint="Give the key that was used before as well; without it nobody can be answered.",
                    id="dispatch.E006",
                )
            )
        elif index and phone_index(facts["phone"]) != index:
            found.append(
                Error(
                    "IDENTITY_INDEX_KEY is not the one that phones were stored under.",
                    hint="Give the key that was used before; with another one no earlier complainant is recognised.",
                    id="dispatch.E009",
                )
            )
    return found


def _newest_identities() -> list[tuple[str, bytes, str]]:
    """Key id, ciphertext and blind index, one for each key id; none before the first migration."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('cases_identity')")
        if cursor.fetchone() == (None,):
            return []
        cursor.execute(
            "SELECT DISTINCT ON (key_id) key_id, cipher, phone_index FROM cases_identity"
            " WHERE erased_at IS NULL ORDER BY key_id, id DESC"
        )
        return [(kid, bytes(cipher), index) for kid, cipher, index in cursor.fetchall()]


def _opened(key: str | None, cipher: bytes) -> dict[str, str] | None:
    try:
        return dict(json.loads(Fernet(key or "").decrypt(cipher)))
    except (ValueError, InvalidToken):
        return None


@register(Tags.database)
def database_is_postgresql(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """E007: skip_locked, partial indexes and triggers are PostgreSQL's; another database would silently lose them."""
    if connections["default"].vendor == "postgresql":
        return []
    return [Error("DATABASE_URL is not PostgreSQL.", hint="Use postgres://…", id="dispatch.E007")]


@register(Tags.database)
def limits_are_in_force(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """E016: behind a pooler the limits are set by it or by nobody, and one slow statement holds up all others."""
    if not settings.DATABASE_POOLED or not databases or "default" not in databases:
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting = '0'", [list(settings.DATABASE_LIMITS)]
        )
        missing = sorted(name for (name,) in cursor.fetchall())
    if not missing:
        return []
    hint = "Give its database a connect_query as docs/operations.md has it."
    return [Error(f"The pooler sets no {', '.join(missing)}.", hint=hint, id="dispatch.E016")]
