"""The board: counts, order, pages, filters, cached rows, new arrivals, accepting several."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, CaseStage
from cases.selectors import board
from cases.services import orders, triage
from dispatch.console.rows import rows_of
from tests.cast import Cast
from tests.console.conftest import Login, complaint
from tests.stage import issued_order, planned_case


def many(cast: Cast, count: int) -> list[Case]:
    return [complaint(cast, text=f"演示·第{n}件诉求", phone="")[0] if n < 0 else _plain(cast, n) for n in range(count)]


def _plain(cast: Cast, n: int) -> Case:
    now = timezone.now()
    return Case.objects.create(
        reference=f"test-{n:04}",
        street=cast.street,
        stage=CaseStage.RECEIVED,
        source="office",
        title=f"演示·第{n}件",
        opened_at=now,
        stage_at=now,
        due_at=None if n % 7 == 0 else now + timedelta(minutes=n % 5 - 2),
    )


def test_queues_count_and_cap(cast: Cast) -> None:
    many(cast, 130)
    counts = board.queues(cast.act(cast.dispatcher))
    assert counts["accept"].count == board.CAP
    assert counts["all"].count == board.CAP
    assert 0 < counts["accept"].late <= board.CAP
    assert counts["triage"].count == 0
    assert board.queues(cast.act(cast.outsider))["all"].count == 0


def test_pages_follow_each_other_without_gap(cast: Cast) -> None:
    made = many(cast, 47)
    seen: list[int] = []
    cursor: str | None = None
    while True:
        page, _form = board.board_rows(actor=cast.act(cast.dispatcher), queue="accept", cursor=cursor, size=10)
        seen += [case.pk for case in page.cases]
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(seen) == sorted(case.pk for case in made)
    dues = [Case.objects.get(pk=pk).due_at for pk in seen]
    known = [due for due in dues if due]
    assert known == sorted(known), "the nearest deadline first"
    assert dues[len(known) :] == [None] * (len(dues) - len(known)), "those without one last"


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"text": "第3件"}, 1),
        ({"light": "late"}, 12),
        ({"source": "hotline"}, 0),
        ({"age": "7"}, 0),
        ({"light": "x"}, 30),
    ],
)
def test_filters(cast: Cast, filters: dict[str, str], count: int) -> None:
    many(cast, 30)
    page, chosen = board.board_rows(actor=cast.act(cast.dispatcher), queue="all", filters=filters)
    if filters == {"light": "x"}:
        assert chosen.unknown, "an unknown value is said, not silently applied"
        return
    late = Case.objects.filter(due_at__lt=timezone.now()).count()
    assert len(page.cases) == (late if filters == {"light": "late"} else count)


def test_the_board_stays_within_its_budget(cast: Cast, login: Login, django_assert_max_num_queries: Any) -> None:
    issued_order(cast)
    many(cast, 110)
    client = login(cast.dispatcher)
    client.get(reverse("console:board"))
    caches["rows"].clear()
    with django_assert_max_num_queries(12):
        answer = client.get(reverse("console:board"))
    with django_assert_max_num_queries(8):
        assert client.get(reverse("console:board")).content.count(b"<tr data-row") == board.PAGE
    assert answer.status_code == 200
    assert answer.content.count(b"<tr data-row") == board.PAGE == 100


def test_a_row_is_rendered_once_and_anew_when_its_order_moves(cast: Cast, django_assert_num_queries: Any) -> None:
    order = issued_order(cast)
    actor = cast.act(cast.dispatcher)

    def row() -> str:
        page, _form = board.board_rows(actor=actor, queue="way")
        return rows_of(page.cases, actor)[0].cells

    first = row()
    assert "sq-silent" in first
    page, _form = board.board_rows(actor=actor, queue="way")
    with django_assert_num_queries(1):
        rows_of(page.cases, actor)
    lead = order.parts.get(is_lead=True)
    orders.part_acknowledge(actor=cast.act(cast.leader), part_id=lead.pk)
    assert "sq-ack" in row()


def test_a_row_is_drawn_as_the_case_is_now_and_kept_under_that(cast: Cast) -> None:
    """What moved between reading the page and drawing a row is drawn, and no later reader finds it under the old."""
    issued_order(cast)
    case = Case.objects.get()
    actor = cast.act(cast.dispatcher)
    caches["rows"].clear()
    [glance] = board.board_rows(actor=actor, queue="way")[0].cases
    party = case.target
    assert party is not None
    old = party.name
    party.name = "演示·改名店"
    party.save()
    assert "演示·改名店" in rows_of([glance], actor)[0].cells
    party.name = old
    party.save()
    again = board.board_rows(actor=actor, queue="way")[0].cases
    assert again == [glance]
    assert "演示·改名店" not in rows_of(again, actor)[0].cells


def test_a_row_that_left_its_queue_is_marked_gone(cast: Cast, login: Login) -> None:
    case, _complaint, _token = complaint(cast)
    client = login(cast.dispatcher)
    url = reverse("console:rows", args=["accept"])
    assert b"is-gone" not in client.get(url, {"ids": case.pk}).content
    triage.case_accept(actor=cast.act(cast.dispatcher), case_id=case.pk)
    assert b"is-gone" in client.get(url, {"ids": case.pk}).content


def test_rows_that_moved_come_in_one_answer_for_as_many_queries(
    cast: Cast, login: Login, django_assert_num_queries: Any
) -> None:
    issued_order(cast)
    for _ in range(3):
        complaint(cast)
    ids = list(Case.objects.values_list("pk", flat=True))
    foreign = Case.objects.create(
        reference="test-other",
        street=cast.other_street,
        source="office",
        title="演示",
        opened_at=timezone.now(),
        stage_at=timezone.now(),
    )
    client, url = login(cast.dispatcher), reverse("console:rows", args=["all"])
    asked = {"ids": ",".join(map(str, [*ids, foreign.pk, 0, "x"]))}
    first = client.get(url, asked).content.decode()
    assert [f'id="case-{pk}"' in first for pk in (*ids, foreign.pk)] == [True] * len(ids) + [False]
    with django_assert_num_queries(4):  # session with its person, roles, cases, their orders
        again = client.get(url, asked).content.decode()
    assert again == first


def test_new_arrivals_are_counted_only_when_they_belong_here(cast: Cast, login: Login) -> None:
    case, _complaint, _token = complaint(cast)
    foreign = Case.objects.create(
        reference="test-other",
        street=cast.other_street,
        source="office",
        title="演示",
        opened_at=case.opened_at,
        stage_at=case.opened_at,
    )
    url = reverse("console:newcomers", args=["accept"])
    answer = login(cast.dispatcher).get(url, {"ids": f"{case.pk},{foreign.pk},x"})
    assert "1 new" in answer.content.decode()
    other = login(cast.dispatcher).get(reverse("console:newcomers", args=["plan"]), {"ids": str(case.pk)})
    assert "new" not in other.content.decode().split("newcomers", 3)[-1].split(">", 1)[1]


def test_accepting_several_takes_what_it_can_and_names_the_rest(cast: Cast, login: Login) -> None:
    first, second = complaint(cast)[0], complaint(cast)[0]
    done, _need = planned_case(cast)
    answer = login(cast.dispatcher).post(
        reverse("console:bulk_accept"),
        {"pick": [first.pk, done.pk, second.pk], "queue": "accept", "query": "source=office&x=1"},
        follow=True,
    )
    assert answer.redirect_chain == [(reverse("console:queue", args=["accept"]) + "?source=office", 302)]
    said = answer.content.decode()
    assert "2 cases accepted." in said
    assert done.reference in said
    assert set(Case.objects.filter(stage="accepted").values_list("pk", flat=True)) == {first.pk, second.pk}


def test_the_page_hears_its_street(cast: Cast, login: Login) -> None:
    answer = login(cast.dispatcher).get(reverse("console:board"))
    assert any(name.startswith("live_") for name in answer.cookies)


def test_a_system_administrator_is_led_to_the_messages(cast: Cast, login: Login) -> None:
    admin = login(cast.system_admin)
    assert admin.get(reverse("console:board")).headers["Location"] == reverse("console:messages")
    queue = reverse("console:queue", args=["triage"])
    for page in ("messages", "rail", "palette"):
        assert f'"{queue}"' not in admin.get(reverse(f"console:{page}")).content.decode(), (
            "no queue that is always empty"
        )
    assert f'"{queue}"' in login(cast.dispatcher).get(reverse("console:rail")).content.decode()
