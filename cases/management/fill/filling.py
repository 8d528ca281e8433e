"""The whole filling: what it may touch, stretch after stretch of history, the look at the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.management import catalogue
from cases.management.demo import ground, people
from cases.management.fill import world
from cases.management.fill.copying import Book, write
from cases.management.fill.telling import Teller
from cases.models import Case, Setting
from cases.refusals import Refused
from cases.selectors import timeline
from cases.services import deadlines
from teams.models import District, User

BATCH = 2_000
"""Cases written in one transaction."""
OPEN_AT_MOST = 4_000
RECENT, SETTLED = timedelta(days=10), timedelta(days=4)
"""Cases still open were opened within the first; those that are over, before the second."""
MARK = "filled"
"""Setting that says how many cases of a database are made up."""


def allowed() -> None:
    """Only an empty database, the demo's, or one that was filled before: nothing made up beside real cases.

    ``Refused``: ``holds_real_cases``.
    """
    if Setting.objects.filter(key=MARK).exists() or Setting.objects.filter(source="load_demo").exists():
        return
    if District.objects.exists() or User.objects.exists() or Case.objects.exists():
        raise Refused(
            "holds_real_cases",
            _(
                "This database is in real use: made-up cases are only written into an empty one or into the demo's."
                " Nothing was changed."
            ),
        )


def fill(
    *,
    cases: int,
    streets: Sequence[str] = (),
    years: int = 3,
    still_open: int | None = None,
    seed: int = 7,
    told: Callable[[int], None] = lambda _count: None,
) -> int:
    """Write a history of so many cases; returns how many. ``told`` hears how many are there.

    1. what it happens in: read, or made in an empty database; 2. cases that are over, oldest first, then those still
    open; each stretch is told while the one before is written; 3. the nearest deadline of the open ones, by the
    product's own statement; 4. fresh statistics for the planner.
    ``Refused``: ``holds_real_cases``, ``no_office`` (none of the streets has an office and a team).
    """
    allowed()
    if not District.objects.exists():
        with transaction.atomic():
            catalogue.load()
            people.make(ground.make())
    dice, now = Random(seed), timezone.now()  # noqa: S311 - a story, no secret
    scene = world.read(streets, dice)
    if not scene.offices or not scene.categories:
        raise Refused("no_office", _("None of these streets has an office and an enforcement team of its own."))
    world.people(scene, cases)
    book = Book()
    world.parties(scene, book, cases, dice)
    teller = Teller(scene, book, now, dice)
    open_ones = min(OPEN_AT_MOST, cases // 10 + 1) if still_open is None else min(still_open, cases)
    _mark(cases)
    with _Writer(alongside=cases > BATCH) as writer:
        count = written = 0
        for opened_at, over in _moments(cases, open_ones, years, now, dice):
            if count >= cases - open_ones and over:
                continue
            count += teller.ended(opened_at) if over else teller.open(opened_at)
            if count - written >= BATCH:
                writer.write(book.drain())
                written = count
                told(count)
        writer.write(book.drain())
    for first in range(0, len(teller.open_cases), BATCH):
        deadlines.case_due_refresh(case_ids=teller.open_cases[first : first + BATCH])
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("ANALYZE")
        cursor.execute("RESET statement_timeout")
    told(count)
    return count


def verify(*, chains: int, seed: int = 7) -> tuple[int, list[int]]:
    """Check so many chains at least, of cases chosen at random and of their orders, as the case page does.

    How many were checked, and the cases where one does not hold.
    """
    span = Case.objects.order_by("pk").values_list("pk", flat=True)
    first, last = span.first(), span.last()
    if first is None or last is None:
        return 0, []
    dice, checked, broken = Random(seed), 0, []  # noqa: S311 - a sample
    wanted = set(dice.sample(range(first, last + 1), min(2 * chains, last + 1 - first)))
    for case in Case.objects.filter(pk__in=wanted).iterator():
        found = timeline.verify(case)
        checked += len(found)
        broken += [case.pk for one in found if one.broken]
        if checked >= chains:
            break
    return checked, broken


def _mark(cases: int) -> None:
    mark, _made = Setting.objects.get_or_create(key=MARK, street=None, defaults={"value": 0, "source": "fill"})
    mark.value = int(mark.value) + cases
    mark.save(update_fields=["value"])


def _moments(cases: int, open_ones: int, years: int, now: datetime, dice: Random) -> list[tuple[datetime, bool]]:
    """When each case was opened, in order, and whether it is over by now: more each year, most in the evening."""
    over = cases - open_ones
    span = timedelta(days=365 * years)
    found = []
    for nth in range(over):
        day = now - SETTLED - span + span * ((nth + 0.5) / over) ** 0.8
        hour = dice.choices((8, 10, 13, 16, 19, 21, 22), (2, 3, 2, 3, 5, 5, 2))[0]
        moment = timezone.localtime(day).replace(hour=hour, minute=dice.randrange(60), second=dice.randrange(60))
        found.append((moment, True))
    found += [(now - RECENT * ((open_ones - nth) / (open_ones + 1)), False) for nth in range(open_ones)]
    return sorted(found)


class _Writer:
    """Writes on a connection of its own while the next stretch is told; at once where one stretch is all."""

    def __init__(self, *, alongside: bool) -> None:
        self._pool = ThreadPoolExecutor(1) if alongside else None
        self._pending: Future[None] | None = None

    def __enter__(self) -> _Writer:
        return self

    def write(self, tables: list[tuple[str, str]]) -> None:
        if self._pool is None:
            write(tables)
            return
        self._wait()
        self._pending = self._pool.submit(write, tables)

    def _wait(self) -> None:
        if self._pending is not None:
            self._pending.result()

    def __exit__(self, *_error: object) -> None:
        if self._pool is not None:
            try:
                self._wait()
            finally:
                self._pool.submit(lambda: connection.close()).result()  # the connection of that thread, not of ours
                self._pool.shutdown()
