"""Stretches of a history, told by processes side by side while the caller writes what they have told."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, Full
from typing import Any, TypeVar

from django.db import connection

Part = TypeVar("Part")
Told = TypeVar("Told")
AHEAD = 2
"""Stretches that each teller may be ahead of the writing."""
_LOOK = 2.0
"""Seconds after which somebody who waits looks whether the others are still there."""


def side_by_side(tell: Callable[[Part], Told], stretches: Sequence[Part], *, tellers: int) -> Iterator[Told]:
    """What ``tell`` makes of each stretch, in no certain order. ``tellers`` processes begin as copies of this one,
    with a connection of their own; with none of them this one tells. RuntimeError with what went wrong in one."""
    if tellers < 1 or len(stretches) < 2:
        yield from map(tell, stretches)
        return
    context = multiprocessing.get_context("fork")
    queue: Any = context.Queue(AHEAD * tellers)
    shares = [stretches[nth::tellers] for nth in range(min(tellers, len(stretches)))]
    children = [context.Process(target=_tell, args=(tell, share, queue), daemon=True) for share in shares]
    for child in children:
        child.start()
    try:
        left = len(children)
        while left:
            kind, told = _next(queue, children)
            if kind == "failed":
                raise RuntimeError(told)
            if kind == "over":
                left -= 1
            else:
                yield told
    finally:
        for child in children:
            child.terminate()
            child.join()


def _next(queue: Any, children: Sequence[Any]) -> tuple[str, Any]:
    while True:
        try:
            return queue.get(timeout=_LOOK)  # type: ignore[no-any-return]
        except Empty:
            if any(child.exitcode for child in children):
                return "failed", "a process that told a part of the history was killed"


def _tell(tell: Callable[[Any], Any], share: Sequence[Any], queue: Any) -> None:
    connection.connection = None  # the socket is the caller's; the next question opens one of our own
    caller = os.getppid()
    try:
        for stretch in share:
            _say(queue, ("told", tell(stretch)), caller)
        _say(queue, ("over", None), caller)
    except Exception:
        _say(queue, ("failed", traceback.format_exc()), caller)
    finally:
        connection.close()


def _say(queue: Any, said: tuple[str, Any], caller: int) -> None:
    while True:
        try:
            return queue.put(said, timeout=_LOOK)  # type: ignore[no-any-return]
        except Full:
            if os.getppid() != caller:
                raise SystemExit(1) from None
