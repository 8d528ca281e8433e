"""One web process on a socket that its supervisor bound: ``python -m dispatch.serve --fd N``."""

from __future__ import annotations

import argparse
import os
import socket
import sys

import uvicorn

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch.settings")


class Server(uvicorn.Server):
    """uvicorn that says goodbye to open streams first: they would hold its shutdown up."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        from dispatch.asgi import hub

        await hub.stop()
        await super().shutdown(sockets)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m dispatch.serve", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--fd", type=int, help="a listening socket handed over by the supervisor")
    where.add_argument("--port", type=int, help="or a port of our own")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--app", default="dispatch.asgi:application")
    options = parser.parse_args(argv)
    if options.fd is not None:
        listening = socket.socket(fileno=options.fd)
    else:
        family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        listening = socket.create_server((options.host, options.port), family=family, backlog=2048)
    config = uvicorn.Config(
        options.app,
        loop="uvloop",  # with httptools: TCP_NODELAY is on, a small keep-alive answer does not wait 40 ms
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=bool(os.environ.get("TRUST_PROXY")),
        forwarded_allow_ips=os.environ.get("TRUST_PROXY") or None,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        backlog=2048,
    )
    Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1:])
