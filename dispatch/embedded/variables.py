"""The variables a person may set, looked at before anything starts: one clear sentence for a wrong one."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import psycopg2
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dispatch.embedded.process import LauncherError

NUMBERS = {
    "PORT": (1, 65535),
    "WEB_WORKERS": (1, 64),
    "WEB_THREADS": (1, 256),
    "BODY_MAX_BYTES": (1024, 2**31),
    "BODY_MIN_RATE": (0, 2**31),
    "STATEMENT_TIMEOUT_MS": (0, 2**31),
    "STUCK_SECONDS": (20, 86_400),
}
SWITCHES = ("DEMO", "DEBUG", "HTTPS", "HSTS_SUBDOMAINS", "SSL_REDIRECT", "STATIC_MANIFEST", "DATABASE_POOLED")
ADDRESSES = {
    "DATABASE_URL": ("postgres", "postgresql"),
    "REDIS_URL": ("redis", "rediss"),
    "SITE_URL": ("http", "https"),
    "S3_ENDPOINT": ("https", "http"),
}
ON = {"1", "true", "yes", "on"}
OFF = {"0", "false", "no", "off"}


def check_variables(environment: Mapping[str, str] | None = None) -> None:
    """Raise ``LauncherError`` at the first variable that cannot mean anything."""
    env = os.environ if environment is None else environment
    for name, (low, high) in NUMBERS.items():
        value = env.get(name)
        if value and not (re.fullmatch(r"\d{1,12}", value) and low <= int(value) <= high):
            raise LauncherError(f"{name}={value} is wrong: give a whole number from {low} to {high}.")
    for name in SWITCHES:
        value = env.get(name)
        if value and value.lower() not in ON | OFF:
            raise LauncherError(f"{name}={value} is wrong: give 1 or 0.")
    for name, schemes in ADDRESSES.items():
        if (value := env.get(name)) and not _address(value, schemes):
            raise LauncherError(f"{name} is wrong: it has to look like {schemes[0]}://host:port/… .")


def switched_on(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "").lower()
    return value in ON if value else default


def number(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)


def check_reachable(environment: Mapping[str, str]) -> str:
    """Raise when the given database does not answer. Returns a warning sentence when Redis does not, else ''."""
    try:
        psycopg2.connect(environment["DATABASE_URL"], connect_timeout=5).close()
    except psycopg2.Error as error:
        reason = " ".join(str(error).split()).removeprefix("connection to server at ")
        raise LauncherError(
            f"The database of DATABASE_URL cannot be used: {_place(environment['DATABASE_URL'])}: {reason[:200]}"
        ) from None
    try:
        with redis.Redis.from_url(
            environment["REDIS_URL"], socket_connect_timeout=3, socket_timeout=3, retry=Retry(NoBackoff(), 0)
        ) as client:
            client.ping()
    except (redis.RedisError, OSError):
        place = _place(environment["REDIS_URL"])
        return f"Redis at {place} does not answer: pages work, live updates and notices wait for it."
    return ""


def _address(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _place(url: str) -> str:
    """Host and port without the password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
