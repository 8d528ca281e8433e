"""The whole filling: what it may touch, stretch after stretch of history, the look at the result."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from random import Random

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.management import catalogue
from cases.management.demo import ground, people
from cases.management.fill import words, world
from cases.management.fill.bare import bare
from cases.management.fill.copying import Book, tables, write
from cases.management.fill.tellers import side_by_side
from cases.management.fill.telling import Stretch, Teller
from cases.models import Case, Setting
from cases.refusals import Refused
from cases.selectors import timeline
from cases.services import deadlines
from teams.models import District, Street, User

BATCH = 2_000
"""Cases told at a time."""
MANY = 10_000
"""From so many on, tables are written bare."""
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
    without_indexes: bool | None = None,
    tellers: int | None = None,
    told: Callable[[int], None] = lambda _count: None,
) -> int:
    """Write a history of so many cases; returns how many. ``told`` hears how many are there.

    1. what it happens in: read, or made in an empty database; 2. cases that are over, oldest first, then those still
    open, told by ``tellers`` processes (as many as processors) and written by this one, all in one transaction; many
    are written ``without_indexes``, with their search words; 3. the nearest deadline of the open ones, by the
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
    many = cases >= MANY if without_indexes is None else without_indexes
    book = Book(words=many)
    world.parties(scene, book, cases, dice)
    teller = Teller(scene, book, now)
    open_ones = min(OPEN_AT_MOST, cases // 10 + 1) if still_open is None else min(still_open, cases)
    stretches = _stretches(cases - open_ones, open_ones, years, now, seed)
    hands = (os.cpu_count() or 1) if tellers is None else tellers
    count, still = 0, list[int]()
    with transaction.atomic():
        _mark(cases)
        with bare(tables()) if many else nullcontext():
            write(book.drain())
            for rows, more, ids in side_by_side(teller.stretch, stretches, tellers=hands if cases > BATCH else 0):
                write(rows)
                count += more
                still += ids
                told(count)
        if many and (wrong := words.differing()):
            raise RuntimeError(f"the database cuts other words than were written: cases {wrong[:20]}")
        for first in range(0, len(still), BATCH):
            deadlines.case_due_refresh(case_ids=still[first : first + BATCH])
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("ANALYZE")
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
    # Measurements stand on what is open: no night plan works at it unless it is asked to.
    for street in Street.objects.all():
        Setting.objects.get_or_create(key="plan_nightly", street=street, defaults={"value": 0, "source": MARK})


def _stretches(over: int, open_ones: int, years: int, now: datetime, seed: int) -> list[Stretch]:
    """The history in parts that can be told side by side, each by dice of its own: the same however many tell it.

    The cases still open are one part: a party has one live order at most."""
    span = timedelta(days=365 * years)
    found = []
    for first in range(0, over, BATCH):
        nths = range(first, min(first + BATCH, over))
        days = [now - SETTLED - span + span * ((nth + 0.5) / over) ** 0.8 for nth in nths]
        found.append(Stretch(f"{seed} {first}", days, True))
    if open_ones:
        moments = [now - RECENT * ((open_ones - nth) / (open_ones + 1)) for nth in range(open_ones)]
        found.append(Stretch(f"{seed} open", moments, False))
    return found
