"""``python -m dispatch.embedded run -- CMD…``: a command with servers; ``up``: the servers alone."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from dispatch.embedded.layout import PROJECT, write_private
from dispatch.embedded.messages import compile_messages
from dispatch.embedded.process import LauncherError, die_with_parent
from dispatch.embedded.servers import Servers, start
from dispatch.embedded.supervisor import answers, serve


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dispatch.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start the servers and keep them until Ctrl-C")
    run = commands.add_parser("run", help="run one command with the servers up")
    serving = commands.add_parser("serve", help="run the whole product")
    serving.add_argument("--data", type=Path)
    serving.add_argument("--with-parent", action="store_true", help="stop when the calling program dies")
    serving.add_argument("--only", choices=["web", "worker", "beat"], default="", help="one part, for containers")
    commands.add_parser("ping", help="0 when the web of this machine answers")
    commands.add_parser("messages", help="compile the translations")
    for command in (up, run):
        command.add_argument("--data", type=Path, help="data folder (default: DISPATCH_DATA or .data)")
        command.add_argument("--max-connections", type=int, default=100)
        command.add_argument("--fast", action="store_true", help="no fsync: for test data only")
        command.add_argument("--postgres-port", type=int)
        command.add_argument("--valkey-port", type=int)
    up.add_argument("--env-file", type=Path, help="write the variables as shell exports into this file")
    run.add_argument("argv", nargs=argparse.REMAINDER, help="-- and the command")
    options = parser.parse_args(argv)
    try:
        if options.command == "serve":
            return serve(options.data, with_parent=options.with_parent, only=options.only)
        if options.command == "ping":
            return 0 if answers(1) else 1
        if options.command == "messages":
            compile_messages(PROJECT / "locale")
            return 0
    except LauncherError as error:
        print(error, file=sys.stderr)
        return 1
    for sig in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, _interrupt)
    try:
        servers = start(
            options.data,
            postgres_port=options.postgres_port,
            valkey_port=options.valkey_port,
            max_connections=options.max_connections,
            durable=not options.fast,
        )
    except LauncherError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    try:
        if options.command == "run":
            return _run(servers, [part for part in options.argv if part != "--" or options.argv.index(part) != 0])
        return _keep(servers, options.env_file)
    except KeyboardInterrupt:
        return 130
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        servers.stop()


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(servers: Servers, command: list[str]) -> int:
    if not command:
        print("Say which command: python -m dispatch.embedded run -- CMD…", file=sys.stderr)
        return 2
    try:
        child = subprocess.Popen(
            command, env=os.environ | servers.environment, preexec_fn=die_with_parent(signal.SIGTERM)
        )
    except OSError as error:
        print(f"Cannot run {command[0]}: {error.strerror}.", file=sys.stderr)
        return 127
    while True:
        try:
            code = child.wait()
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:
            child.send_signal(signal.SIGINT)  # a Ctrl-C reached the child by the terminal too; a second does no harm
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()


def _keep(servers: Servers, env_file: Path | None) -> int:
    exports = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in sorted(servers.environment.items()))
    if env_file:
        write_private(env_file, exports)
    print(f"PostgreSQL and Valkey are up for {servers.place.root}. Ctrl-C stops them.", flush=True)
    while True:
        time.sleep(1)
        for part in servers.parts:
            if not part.alive():
                part.start()


if __name__ == "__main__":
    sys.exit(main())
