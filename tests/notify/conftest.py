"""Real servers of the tests' own: a Valkey, Celery workers and beats, an SMTP server that can be told to hang."""

from __future__ import annotations

import contextlib
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from dispatch.embedded.layout import PROJECT
from tests.web.conftest import eventually as eventually
from tests.web.conftest import own_valkey as own_valkey


def environment(redis_url: str, **variables: str) -> dict[str, str]:
    """This process's, with the test database and a broker of our own."""
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    name = str(connection.settings_dict["NAME"])
    return os.environ | {"DATABASE_URL": f"{base}/{name}", "REDIS_URL": redis_url} | variables


@contextlib.contextmanager
def celery(redis_url: str, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker or beat as in production, in a process group of its own; ended at the end of the block."""
    child = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "dispatch.celery:app", "--quiet", *arguments],
        cwd=PROJECT,
        env=environment(redis_url, **variables),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield child
    finally:
        kill(child)


def kill(child: subprocess.Popen[bytes]) -> None:
    """kill -9 of the process and its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait(10)


WORKER = ("worker", "--without-gossip", "--without-mingle", "--loglevel=WARNING", "-c", "2")


class Post(socketserver.ThreadingTCPServer):
    """An SMTP server: keeps what it is given; ``hang`` makes it fall silent before it takes a letter."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.letters: list[str] = []
        self.refuse: dict[str, str] = {}
        self.hang = threading.Event()
        self.reached = threading.Event()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Conversation(socketserver.StreamRequestHandler):
    server: Post

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self) -> None:
        self.say("220 post")
        while line := self.rfile.readline().decode().strip():
            word = line.split(":")[0].split(" ")[0].upper()
            if word == "RCPT":
                address = line.partition("<")[2].rstrip(">")
                self.say(self.server.refuse.get(address, "250 ok"))
            elif word == "DATA":
                self.say("354 go on")
                letter = b""
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    letter += part
                self.server.reached.set()
                while self.server.hang.is_set():
                    time.sleep(0.05)
                self.server.letters.append(letter.decode())
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


@pytest.fixture
def post() -> Iterator[Post]:
    server = Post()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.hang.clear()
    server.shutdown()
    server.server_close()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads with connections of their own; answers in order, errors raised."""
    results: list[Any] = [None] * len(acts)
    errors: list[BaseException] = []
    gate = threading.Barrier(len(acts))

    def run(number: int) -> None:
        try:
            gate.wait(10)
            results[number] = acts[number]()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    if errors:
        raise errors[0]
    return results
