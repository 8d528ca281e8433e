"""Orders and pages of the board: exact in every order, both ways, whatever happens to the rows meanwhile."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.models import Case, CaseQuerySet, CaseStage
from cases.selectors import board
from cases.selectors.boardsort import SORTS, cursor_of, page_of, values_of
from tests.cast import Cast


def rows(cast: Cast, count: int, seed: int = 7) -> None:
    """Cases whose keys collide often: that is where pages go wrong."""
    dice, now = random.Random(seed), timezone.now()
    Case.objects.bulk_create(
        Case(
            reference=f"page-{seed}-{n:04}",
            street=cast.street,
            stage=CaseStage.RECEIVED,
            source="office",
            title=f"演示·{n}",
            severity=dice.choice("ABC"),
            complaint_count=dice.randrange(4),
            opened_at=now - timedelta(minutes=dice.randrange(5)),
            stage_at=now,
            due_at=dice.choice([None, *(now + timedelta(minutes=m) for m in range(4))]),
        )
        for n in range(count)
    )


def whole(sort: str) -> list[int]:
    """What the order says, worked out in Python."""

    def due(case: Case) -> tuple[bool, float]:
        return case.due_at is None, case.due_at.timestamp() if case.due_at else 0.0

    keys = {
        "due": lambda case: (*due(case), case.pk),
        "new": lambda case: (-case.opened_at.timestamp(), -case.pk),
        "old": lambda case: (case.opened_at.timestamp(), case.pk),
        "severity": lambda case: (case.severity, *due(case), case.pk),
        "repeats": lambda case: (-case.complaint_count, *due(case), case.pk),
    }
    return [case.pk for case in sorted(Case.objects.all(), key=keys[sort])]


def forward(everything: CaseQuerySet, sort: str, size: int) -> list[list[int]]:
    pages, cursor = [], None
    while True:
        page = page_of(everything, sort=sort, after=cursor, size=size)
        pages.append([case.pk for case in page.cases])
        assert (page.before is None) == (cursor is None), "only the first page has none before it"
        cursor = page.after
        if cursor is None:
            return pages


@pytest.mark.parametrize("sort", SORTS)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 13), seed=st.integers(0, 3))
def test_paging_gives_every_row_once_in_order(cast: Cast, sort: str, size: int, seed: int) -> None:
    Case.objects.filter(reference__startswith="page-").delete()
    rows(cast, 40, seed)
    everything, wanted = Case.objects.all(), whole(sort)
    pages = forward(everything, sort, size)
    assert [pk for page in pages for pk in page] == wanted
    # and back again from the last page
    back = [pages[-1]]
    cursor: str | None = cursor_of(Case.objects.get(pk=pages[-1][0]), sort)
    while cursor is not None:
        page = page_of(everything, sort=sort, before=cursor, size=size)
        back.insert(0, [case.pk for case in page.cases])
        assert page.after is not None
        cursor = page.before
    assert [pk for page in back for pk in page] == wanted


@pytest.mark.parametrize("filters", [{}, {"severity": "A,B", "owner": "none,me"}, {"text": "演示"}])
@pytest.mark.parametrize("sort", SORTS)
def test_the_board_s_pages_are_those_of_the_order(cast: Cast, sort: str, filters: dict[str, str]) -> None:
    """Kept questions, with and without filters, on and back, beyond rows with a deadline and rows without one."""
    rows(cast, 40)
    actor, size = cast.act(cast.dispatcher), 7
    chosen = {case.pk for case in Case.objects.all() if not filters.get("severity") or case.severity in "AB"}
    wanted = [pk for pk in whole(sort) if pk in chosen]
    for _again in range(2):
        found: list[int] = []
        cursor: str | None = None
        while True:
            place: dict[str, Any] = {"actor": actor, "queue": "all", "filters": filters, "sort": sort, "size": size}
            page, _form = board.board_rows(**place, cursor=cursor)
            if page.before:
                earlier, _form = board.board_rows(**place, before=page.before)
                assert [row.pk for row in earlier.cases] == found[-size:]
            found += [row.pk for row in page.cases]
            cursor = page.after
            if cursor is None:
                break
        assert found == wanted


def test_a_row_that_comes_or_goes_shifts_no_page(cast: Cast) -> None:
    """With numbered pages a row is seen twice or never when another one comes before it."""
    rows(cast, 20)
    first = page_of(Case.objects.all(), sort="due", size=10)
    Case.objects.filter(pk__in=[case.pk for case in first.cases[:3]]).delete()
    second = page_of(Case.objects.all(), sort="due", after=first.after, size=10)
    assert [case.pk for case in (*first.cases[3:], *second.cases)] == whole("due")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "due",
        "due~-",
        "due~x~1",
        "due~2026-08-21~1",
        "due~-~-1",
        "due~-~99999999999999999999",
        "new~-~1",
        "due~-~1~2",
    ],
)
def test_a_cursor_that_cannot_be_read_starts_from_the_beginning(cast: Cast, cursor: str) -> None:
    rows(cast, 5)
    assert values_of(cursor, "due") is None
    page, _chosen = board.board_rows(actor=cast.act(cast.dispatcher), queue="all", cursor=cursor)
    assert len(page.cases) == 5
