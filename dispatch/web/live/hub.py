"""One reader of Redis a worker, many listeners: who listens to what, and what each has seen."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import secrets
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from dispatch.web.live.hints import CONTROL, EPOCH, KEEP, PREFIX
from dispatch.web.live.topics import LIFETIME

BLOCK_MS = 200  # the longest a new listener waits for its first read; a hint wakes the reader at once
QUEUE = 256  # hints a slow listener may be behind before it is told to refetch
OVERLAP_MS = 2000  # a resumed stream repeats this much: hints are safe twice, and two streams share no clock tick
BACKLOG = 200

Client = Any  # redis-py types every answer as a union over protocols; ours are text
Entry = tuple[str, dict[str, str]]


@dataclass(frozen=True)
class Item:
    """What a listener is told: a hint, or an order to its stream (``reset``, ``bye``)."""

    event: str
    data: dict[str, Any] = field(default_factory=dict)
    id: str = ""


@dataclass(eq=False)
class Listener:
    """One open stream. ``until`` maps each topic to the Unix second its grant ends; ``users`` are persons and sessions
    that it may be cut off by."""

    until: dict[str, float]
    users: frozenset[str]
    since: str  # Redis id ("ms-seq") after which hints are wanted
    resumed: str = ""  # epoch of the Last-Event-ID, '' for a first connection
    queue: asyncio.Queue[Item] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    behind: bool = False

    def put(self, item: Item) -> None:
        if self.behind and item.event == "hint":
            return
        try:
            self.queue.put_nowait(item)
        except asyncio.QueueFull:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.behind = True
            self.queue.put_nowait(Item("reset"))
            if item.event == "bye":
                self.queue.put_nowait(item)

    def wants(self, topic: str) -> bool:
        return self.until.get(topic, 0) > time.time()


def key(redis_id: str) -> tuple[int, int]:
    """Redis ids compare as two numbers."""
    head, _, tail = redis_id.partition("-")
    return int(head), int(tail or 0)


class Hub:
    """Reads every topic somebody here listens to through one connection, and spreads what comes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.epoch = ""
        self.up = False
        self.listeners: set[Listener] = set()
        self._by_topic: dict[str, set[Listener]] = defaultdict(set)
        self._cursor: dict[str, str] = {}
        self._fresh: list[Listener] = []
        self._killed: dict[str, float] = {}
        self._control = "0-0"
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="live-hub")

    async def stop(self) -> None:
        """End the reading. The flag counts, the cancelling only hurries: one that comes with an answer gets lost."""
        self._stopping = True
        for listener in list(self.listeners):
            listener.put(Item("bye"))
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=2)

    def killed(self, holder: str, granted: float) -> bool:
        """Whether a grant of that second to this person or session was taken back since."""
        return granted <= self._killed.get(holder, 0)

    def join(self, listener: Listener) -> None:
        self.listeners.add(listener)
        self._fresh.append(listener)

    def leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)
        for topic in listener.until:
            self._by_topic[topic].discard(listener)
            if not self._by_topic[topic]:
                del self._by_topic[topic]
                self._cursor.pop(topic, None)

    async def _run(self) -> None:
        first = True
        while not self._stopping:
            client: Client = Redis.from_url(
                self.url,
                decode_responses=True,
                single_connection_client=True,
                socket_connect_timeout=2,
                socket_timeout=10,
                retry=Retry(NoBackoff(), 0),
            )
            try:
                await self._greet(client, first)
                first = False
                while not self._stopping:
                    await self._read(client)
            except (RedisError, OSError, TimeoutError):
                if self.up:
                    self.up = False
                    self._tell_all(Item("state", {"up": False}))
            finally:
                with contextlib.suppress(Exception):
                    await client.aclose()
            await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311  (spreads the reconnects)

    async def _greet(self, client: Client, first: bool) -> None:
        """After every (re)connection: the epoch, the kills of the last minutes, and a reset for who was here."""
        await client.set(EPOCH, secrets.token_hex(4), nx=True)
        self.epoch = str(await client.get(EPOCH))
        since = int((time.time() - LIFETIME - 60) * 1000)
        for entry_id, fields in await client.xrange(CONTROL, min=f"{since}-0"):
            self._control = entry_id
            self._note_kill(entry_id, fields)
        if first:
            await self._skip_control(client)
        self.up = True
        self._tell_all(Item("state", {"up": True}))
        if not first:  # hints may have been dropped while nobody could write them
            self._tell_all(Item("reset"))
            self._cursor = {topic: f"{int(time.time() * 1000) - OVERLAP_MS}-0" for topic in self._by_topic}

    async def _skip_control(self, client: Client) -> None:
        newest = await client.xrevrange(CONTROL, count=1)
        if newest:
            self._control = newest[0][0]

    async def _read(self, client: Client) -> None:
        while self._fresh:
            listener = self._fresh.pop()
            if listener in self.listeners:
                await self._admit(client, listener)
        streams: dict[Any, Any] = {CONTROL: self._control}
        streams |= {PREFIX + topic: last for topic, last in self._cursor.items()}
        found = await client.xread(streams, count=500, block=BLOCK_MS)
        for stream, entries in found or []:
            for entry_id, fields in entries:
                if stream == CONTROL:
                    self._control = entry_id
                    self._obey(entry_id, fields)
                else:
                    self._spread(stream.removeprefix(PREFIX), entry_id, fields)

    async def _admit(self, client: Client, listener: Listener) -> None:
        """Bring a listener up to date, then let the common reading carry it."""
        now_ms = int(time.time() * 1000)
        lost = bool(listener.resumed) and listener.resumed != self.epoch
        lost = lost or key(listener.since)[0] < now_ms - (KEEP - 3600) * 1000
        for topic in listener.until:
            stream = PREFIX + topic
            if not lost:
                lost = await self._trimmed(client, stream, listener.since)
            entries: list[Entry] = (
                [] if lost else await client.xrange(stream, min=f"({listener.since}", count=BACKLOG + 1)
            )
            if len(entries) > BACKLOG:
                lost, entries = True, []
            cursor = self._cursor.get(topic)
            for entry_id, fields in entries:
                # what the common reading has not reached yet will come by it
                if cursor is None or key(entry_id) <= key(cursor):
                    listener.put(self._hint(topic, entry_id, fields))
            self._by_topic[topic].add(listener)
            if cursor is None:
                newest = await client.xrevrange(stream, count=1) if lost else []
                last = entries[-1][0] if entries else (newest[0][0] if newest else listener.since)
                self._cursor[topic] = last
        if lost:
            listener.put(Item("reset"))

    async def _trimmed(self, client: Client, stream: str, since: str) -> bool:
        """Whether entries after ``since`` have already fallen off the stream's old end."""
        try:
            facts = await client.xinfo_stream(stream)
        except RedisError as error:
            if "no such key" in str(error):
                return False
            raise
        first = facts.get("first-entry")
        dropped = int(facts.get("entries-added", facts["length"])) > int(facts["length"])
        return dropped and (first is None or key(first[0]) > key(since))

    def _hint(self, topic: str, entry_id: str, fields: dict[str, str]) -> Item:
        body: dict[str, Any] = {"topic": topic, **json.loads(fields["d"])}
        return Item("hint", body, f"{self.epoch}:{entry_id}")

    def _spread(self, topic: str, entry_id: str, fields: dict[str, str]) -> None:
        if topic not in self._by_topic:
            return
        self._cursor[topic] = entry_id
        item = self._hint(topic, entry_id, fields)
        for listener in self._by_topic[topic]:
            if listener.wants(topic):
                listener.put(item)

    def _obey(self, entry_id: str, fields: dict[str, str]) -> None:
        if "reset" in fields:
            self._tell_all(Item("reset"))
        self._note_kill(entry_id, fields)
        user = fields.get("kill")
        for listener in [one for one in self.listeners if user in one.users]:
            listener.put(Item("bye"))

    def _note_kill(self, entry_id: str, fields: dict[str, str]) -> None:
        if user := fields.get("kill"):
            self._killed[user] = max(self._killed.get(user, 0), key(entry_id)[0] / 1000)
            oldest = time.time() - LIFETIME - 60
            self._killed = {one: at for one, at in self._killed.items() if at > oldest}

    def _tell_all(self, item: Item) -> None:
        for listener in list(self.listeners):
            listener.put(item)
