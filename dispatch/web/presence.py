"""Who else has this open: kept in Redis for a minute, told by a hint. No database, and nothing breaks without Redis."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from redis import Redis

from dispatch.web.live import ask, publish

LASTS = 50
"""Seconds a sign of life holds; pages give one every twenty."""
KIND = "presence"


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody else on the page; ``writing``: with a form open that they have typed in."""

    user_id: int
    name: str
    writing: bool


def here(*, place: str, topic: str, subject: int, user_id: int, name: str, writing: bool, gone: bool = False) -> None:
    """A sign of life of a person at ``place``; tells ``topic`` when something about it is new.

    ``gone`` takes the person away. Never raises, takes 50 ms at most.
    """
    moment = time.time()
    value = json.dumps({"name": name, "writing": writing, "until": moment + LASTS})
    key = _key(place)

    def write(redis: Redis) -> bool:
        before = _one(redis.hget(key, str(user_id)), moment)
        if gone:
            redis.hdel(key, str(user_id))
            return before is not None
        with redis.pipeline(transaction=False) as pipe:
            pipe.hset(key, str(user_id), value)
            pipe.expire(key, LASTS * 2)
            pipe.execute()
        return before is None or before[1] != writing

    if ask(write, False):
        publish([topic], KIND, subject, int(moment * 1000))


def others(*, place: str, user_id: int) -> list[Present]:
    """Everybody else who gave a sign lately, by name; nobody when Redis is away."""
    moment = time.time()
    nobody: dict[bytes | str, bytes | str] = {}
    rows = ask(lambda redis: redis.hgetall(_key(place)), nobody)
    found = []
    for raw_id, raw in rows.items():
        known = _one(raw, moment)
        if known is not None and int(raw_id) != user_id:
            found.append(Present(int(raw_id), *known))
    return sorted(found, key=lambda one: (one.name, one.user_id))


def _key(place: str) -> str:
    return f"present:{place}"


def _one(raw: bytes | str | None, moment: float) -> tuple[str, bool] | None:
    if raw is None:
        return None
    row = json.loads(raw)
    return (row["name"], row["writing"]) if row["until"] >= moment else None
