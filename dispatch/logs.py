"""Structured logs without personal data: no addresses, no query strings, no private links."""

from __future__ import annotations

import os
import re
from typing import Any

import structlog

# A private link's token is long and random; names of views and ids are short. Search terms live in the query.
_SECRET_SEGMENT = re.compile(r"/[A-Za-z0-9_\-=:.]{20,}(?=/|$)")


def without_secrets(path: str) -> str:
    """``GET /t/<43 characters>/?q=138…`` → ``GET /t/…/``."""
    return _SECRET_SEGMENT.sub("/…", path.split("?", 1)[0])


def scrub_request(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Processor: take tokens, queries, addresses and user agents out of request events."""
    if isinstance(event.get("request"), str):
        event["request"] = without_secrets(event["request"])
    for key in ("ip", "user_agent", "referer"):
        event.pop(key, None)
    return event


# The database quotes the row or the statement that failed: a complaint's words, a phone.
_FIELDS = r"(?:LINE \d+|DETAIL|CONTEXT|QUERY|HINT):"
_IN_TRACEBACK = re.compile(rf"\n{_FIELDS}.*?(?=\n\n(?:During|The above)|\Z)", re.DOTALL)
_IN_REPR = re.compile(rf"\\n{_FIELDS}(?:.*(?=['\"]\))|.*)", re.DOTALL)


def scrub_quotes(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Processor: cut what PostgreSQL quotes out of messages and tracebacks."""
    for key in ("event", "exception"):
        if isinstance(event.get(key), str):
            event[key] = _IN_TRACEBACK.sub(" …", _IN_REPR.sub(" …", event[key]))
    return event


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    scrub_request,
]

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,  # before anything is put together: each request tells twice what nobody keeps
        *_SHARED,
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                scrub_quotes,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            "foreign_pre_chain": _SHARED,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
    "loggers": {
        # Who came in, who was refused: also where nothing but warnings is wanted of the rest.
        "dispatch.security": {"level": "INFO"},
        # Django's own line repeats the raw path of every 4xx; the request log has it, scrubbed.
        "django.request": {"level": "CRITICAL"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
