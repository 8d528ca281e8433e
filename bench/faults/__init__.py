"""What holds when things fall: the product is driven over HTTP while its servers and processes are killed.

``python -m bench faults [--orders 500] [--rounds 3] [--seed 7] [--without sweep|claim]`` starts the product as a user
would; eight clients take complaints, issue orders, acknowledge, send photos and report in, while Valkey is killed,
stopped and emptied, PostgreSQL killed, stopped and slowed down, web, worker and beat killed and the disk of the photos
filled. Afterwards nothing that was answered may be missing, nothing told twice. Prints a table and ends with 1 if a
line of it does not hold.

``--without`` takes a guard out of a copy of the product: the table must then fail, or it would prove nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench.faults.broken import broken
from bench.faults.clients import Clients
from bench.faults.media import Media, small_disk
from bench.faults.storm import ROUNDS, Stack, Storm
from dispatch.embedded.layout import PROJECT
from tests.product import Product, forget, running

SETTLED_WITHIN = 240
"""Seconds: a sender that was killed holds its message for two minutes."""
QUICK = 1.0
"""Seconds that an act may take with Valkey gone."""
SLUGGISH = 15.0
"""Seconds that it may take with a database that is slow: where the limit for a statement stands."""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench faults")
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each fault comes")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--without", choices=["sweep", "claim"])
    options = parser.parse_args(arguments)
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    with contextlib.ExitStack() as held:
        mail = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="dispatch-mail-")))
        project = held.enter_context(broken(options.without)) if options.without else PROJECT
        folder = Path(tempfile.mkdtemp(prefix="dispatch-product-"))
        held.callback(forget, folder)
        media, why = small_disk(folder / "data")
        if media is None:
            print(f"The disk of the photos is never full here: {why}.\n")
        product = held.enter_context(running(project, folder, WEB_WORKERS="2", EMAIL_URL=f"filemail:///{mail}"))
        lines = _run(product, mail, media, options)
    print("\n| what | found | must be | holds |\n|---|--:|--:|---|")
    for line in lines:
        print(f"| {line['what']} | {line['found']} | {line['must']} | {'yes' if line['holds'] else '**no**'} |")
    sys.exit(not all(line["holds"] for line in lines))


def _run(product: Product, mail: Path, media: Media | None, options: argparse.Namespace) -> list[dict[str, Any]]:
    product.manage("fill", "--cases", "1500", "--open", "1200", "--verify", "100")
    facts = _inside(product, "prepare")
    clients = Clients(product.url, facts, random.Random(options.seed))  # noqa: S311
    stack = Stack(product.data)
    storm = Storm(stack, random.Random(options.seed), media, options.rounds)  # noqa: S311
    begun = time.monotonic()
    with _running_thread(storm.rage):
        clients.work(options.orders, until=lambda: storm.over)
    spent = time.monotonic() - begun
    settled = _settle(product, SETTLED_WITHIN)
    again = ", ".join(f"{status or 'no answer'} × {count}" for status, count in sorted(clients.tries.items()))
    print(
        f"{len(clients.acked)} writes answered in {spent:.0f} s at a load of {os.getloadavg()[0]:.1f},"
        f" the slowest after {clients.slowest:.1f} s with {clients.tries.total()} tries again ({again});"
        f" settled {settled:.0f} s later.\n",
        flush=True,
    )
    print("| what fell | how often |\n|---|--:|")
    for name, count in sorted(storm.fallen.items()):
        print(f"| {name} | {count} |")
    calm = []
    for name, away in (("refuses", stack.valkey_gone), ("is silent", partial(stack.silent, "Valkey"))):
        order = clients.approved()
        with away():
            slowest = max(clients.timed(order))
        back = _settle(product, 60)
        calm += [
            _line(
                f"Valkey {name}: the slowest of complaint, issue, acknowledge, in s",
                round(slowest, 2),
                "≤ 1",
                slowest <= QUICK,
            ),
            _line(f"Valkey {name}: all told after it was back, in s", round(back, 1), "< 60", back < 60),
        ]
    order = clients.approved()
    with stack.slow_database():
        slowest = max(clients.timed(order))
    name = "PostgreSQL at a tenth of its speed: the slowest of them, in s"
    calm.append(_line(name, round(slowest, 2), "≤ 15", slowest <= SLUGGISH))
    _settle(product, 60)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as acked:
        json.dump({"acked": clients.acked, "refused": clients.refused, "start": facts}, acked)
        acked.flush()
        return [*_inside(product, "check", acked.name, str(mail), options.orders), *calm]


def _line(what: str, found: object, must: str, holds: bool) -> dict[str, Any]:
    return {"what": what, "found": found, "must": must, "holds": holds}


def _settle(product: Product, within: float) -> float:
    """Seconds until nothing is left to relay, to send or to chase; at most ``within``."""
    begun = time.monotonic()
    while time.monotonic() - begun < within:
        left = _inside(product, "left")
        if not any(left.values()):
            break
        time.sleep(1)
    else:
        print(f"still there after {within} s: {left}", file=sys.stderr)
    return time.monotonic() - begun


def _inside(product: Product, act: str, *arguments: Any) -> Any:
    """Run a function of ``inside`` beside the product, with its settings."""
    code = f"from bench.faults import inside; inside.say(inside.{act}{arguments!r})"
    told = product.manage("shell", "--no-imports", "-c", code)
    return json.loads(told.splitlines()[-1])


@contextlib.contextmanager
def _running_thread(work: Any) -> Iterator[None]:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    thread.join()
