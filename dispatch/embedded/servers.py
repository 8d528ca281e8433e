"""Both servers of one data folder: owned by the first who comes, adopted by the others."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg2
import redis

from dispatch.embedded.layout import Layout, layout, local_secrets, write_private
from dispatch.embedded.postgres import Postgres
from dispatch.embedded.process import LauncherError, free_port
from dispatch.embedded.valkey import Valkey


@dataclass
class Servers:
    """What runs for a data folder. ``owned`` is False when another process of ours keeps them running."""

    place: Layout
    environment: dict[str, str]
    owned: bool = True
    parts: list[Postgres | Valkey] = field(default_factory=list)
    lock: IO[str] | None = None

    def stop(self) -> None:
        for part in reversed(self.parts):
            part.stop()
        self.parts = []
        if self.lock is not None:
            self.place.state.unlink(missing_ok=True)
            self.lock.close()
            self.lock = None


def start(
    data: Path | None = None,
    *,
    postgres_port: int | None = None,
    valkey_port: int | None = None,
    max_connections: int = 100,
    durable: bool = True,
) -> Servers:
    """Start what ``DATABASE_URL`` and ``REDIS_URL`` do not name, or adopt what runs for this folder.

    The environment in the answer holds both URLs and the folder's secrets; what the caller has set wins.
    """
    place = layout(data)
    secrets = local_secrets(place)
    keep = {key: os.environ[key] for key in ("DATABASE_URL", "REDIS_URL") if os.environ.get(key)}
    environment = {key: os.environ.get(key) or value for key, value in secrets.items() if not key.endswith("_PASSWORD")}
    environment |= {"DISPATCH_DATA": str(place.root), **keep}
    if len(keep) == 2:
        return Servers(place, environment, owned=False)
    lock = (place.root / "servers.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return Servers(place, _adopt(place) | environment, owned=False)
    ports = _remembered_ports(place)
    found = Servers(place, environment, lock=lock)
    try:
        if "DATABASE_URL" not in keep:
            postgres = Postgres(
                place,
                free_port(postgres_port or ports.get("postgres")),
                secrets["POSTGRES_PASSWORD"],
                max_connections,
                durable,
            )
            found.parts.append(postgres)
            postgres.start()
            ports["postgres"] = postgres.port
            environment["DATABASE_URL"] = postgres.url
        if "REDIS_URL" not in keep:
            valkey = Valkey(place, free_port(valkey_port or ports.get("valkey")), secrets["VALKEY_PASSWORD"], durable)
            found.parts.append(valkey)
            valkey.start()
            ports["valkey"] = valkey.port
            environment["REDIS_URL"] = valkey.url
    except BaseException:
        found.stop()
        raise
    (place.root / "ports.json").write_text(json.dumps(ports))
    urls = {key: environment[key] for key in ("DATABASE_URL", "REDIS_URL")}
    write_private(place.state, json.dumps({"owner": os.getpid(), **urls}))
    return found


@contextlib.contextmanager
def running(data: Path | None = None, *, durable: bool = True) -> Iterator[dict[str, str]]:
    """The environment of the servers, kept up while the block runs."""
    servers = start(data, durable=durable)
    try:
        yield servers.environment
    finally:
        servers.stop()


def _remembered_ports(place: Layout) -> dict[str, int]:
    with contextlib.suppress(OSError, ValueError):
        known = json.loads((place.root / "ports.json").read_text())
        return {str(key): int(value) for key, value in known.items()}
    return {}


def _adopt(place: Layout) -> dict[str, str]:
    """The URLs of servers that another process is starting or keeps running for this folder."""
    end = time.monotonic() + 40
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError, KeyError, psycopg2.Error, redis.RedisError):
            known = json.loads(place.state.read_text())
            psycopg2.connect(known["DATABASE_URL"], connect_timeout=3).close()
            with contextlib.closing(redis.Redis.from_url(known["REDIS_URL"], socket_timeout=3)) as client:
                client.ping()
            return {key: str(known[key]) for key in ("DATABASE_URL", "REDIS_URL")}
        time.sleep(0.1)
    raise LauncherError(f"Another process holds {place.root} but its servers do not answer; end it, then try again.")
