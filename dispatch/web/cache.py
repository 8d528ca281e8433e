"""The shared cache, which never fails a page: without Redis a read is a miss and a write is dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from dispatch.web.breaker import Breaker

_breaker = Breaker(rest=2.0)


def _forgiving(name: str, fallback: Callable[..., Any]) -> Callable[..., Any]:
    original = getattr(RedisCache, name)

    def method(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        if _breaker.blocked():
            return fallback(*args, **kwargs)
        try:
            result = original(self, *args, **kwargs)
        except (RedisError, OSError):
            _breaker.failed()
            return fallback(*args, **kwargs)
        _breaker.worked()
        return result

    method.__name__ = name
    return method


def _default(_key: str, default: Any = None, version: int | None = None) -> Any:
    return default


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache with short timeouts, a circuit breaker, and misses in place of errors."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options: dict[str, Any] = {
            "socket_timeout": 0.25,
            "socket_connect_timeout": 0.25,
            "retry": Retry(NoBackoff(), 0),
        }
        options |= params.get("OPTIONS", {})
        super().__init__(server, params | {"OPTIONS": options})

    get = _forgiving("get", _default)
    get_many = _forgiving("get_many", lambda *_a, **_k: {})
    add = _forgiving("add", lambda *_a, **_k: True)
    set = _forgiving("set", lambda *_a, **_k: None)
    set_many = _forgiving("set_many", lambda *_a, **_k: [])
    touch = _forgiving("touch", lambda *_a, **_k: False)
    delete = _forgiving("delete", lambda *_a, **_k: False)
    delete_many = _forgiving("delete_many", lambda *_a, **_k: None)
    has_key = _forgiving("has_key", lambda *_a, **_k: False)
    incr = _forgiving("incr", lambda *_a, **_k: 1)
    clear = _forgiving("clear", lambda *_a, **_k: None)
