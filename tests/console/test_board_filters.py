"""Filters of the board: what each finds, what it does with nonsense, and that they are links without scripts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from cases.models import BoardView, Case, CaseStage
from cases.selectors import board
from cases.selectors.boardfilters import FILTERS, LABELS, RULES, options_of, rule_of
from cases.services import casefile, triage
from dispatch.console.pinyin import initials
from dispatch.notify.models import Message
from dispatch.notify.relay import relay
from tests.cast import Cast
from tests.console.conftest import Login, complaint
from tests.stage import issued_order


def made(cast: Cast, n: int, **more: Any) -> Case:
    now = timezone.now()
    facts = {"stage": CaseStage.RECEIVED, "source": "office", "opened_at": now, "stage_at": now} | more
    return Case.objects.create(reference=f"f-{n:04}", street=cast.street, title=f"演示·{n}", **facts)


def found(cast: Cast, **filters: object) -> set[int]:
    page, chosen = board.board_rows(actor=cast.act(cast.dispatcher), queue="all", filters=filters)
    assert not chosen.unknown, chosen.unknown
    # What a saved view counts is what the form finds.
    counted = Case.objects.visible_to(cast.act(cast.dispatcher)).filter(board.queue_rule("all"))
    assert set(
        counted.filter(rule_of(chosen.chosen, chosen.actor.user_id, chosen.moment)).values_list("pk", flat=True)
    ) == {case.pk for case in page.cases}
    view = BoardView(pk=7, queue="all", filters=chosen.chosen)
    assert board.queues(chosen.actor, [view])["view7"].count == len(page.cases)
    return {case.pk for case in page.cases}


def test_each_filter_finds_its_rows(cast: Cast) -> None:
    now, category = timezone.now(), cast.categories["05-10"]
    plain = made(cast, 1)
    rich = made(
        cast,
        2,
        grid=cast.grid,
        category=category,
        source="hotline",
        urgency="urgent",
        severity="A",
        complaint_count=4,
        owner=cast.head,
        opened_at=now - timedelta(days=4),
        due_at=now - timedelta(minutes=5),
        warn_at=now - timedelta(minutes=9),
    )
    soon = made(cast, 3, due_at=now + timedelta(hours=1), warn_at=now - timedelta(minutes=1), owner=cast.dispatcher)
    wanted: list[tuple[dict[str, object], set[int]]] = [
        ({"street": cast.street.pk}, {plain.pk, rich.pk, soon.pk}),
        ({"grid": cast.grid.pk}, {rich.pk}),
        ({"category": category.pk}, {rich.pk}),
        ({"source": "hotline"}, {rich.pk}),
        ({"urgency": "urgent"}, {rich.pk}),
        ({"severity": "A"}, {rich.pk}),
        ({"repeats": "3"}, {rich.pk}),
        ({"repeats": "5"}, set()),
        ({"age": "3"}, {rich.pk}),
        ({"light": "late"}, {rich.pk}),
        ({"light": "soon"}, {soon.pk}),
        ({"light": "ok"}, {plain.pk}),
        ({"owner": "me"}, {soon.pk}),
        ({"owner": "none"}, {plain.pk}),
        ({"owner": cast.head.pk}, {rich.pk}),
        ({"text": "演示·2"}, {rich.pk}),
        ({"severity": "A", "source": "office"}, set()),
        ({"light": "late,soon"}, {rich.pk, soon.pk}),
        ({"source": "hotline,office"}, {plain.pk, rich.pk, soon.pk}),
        ({"owner": f"me,{cast.head.pk}"}, {rich.pk, soon.pk}),
        ({"owner": "none,me"}, {plain.pk, soon.pk}),
        ({"light": "late,soon", "owner": "me"}, {soon.pk}),
    ]
    for filters, rows in wanted:
        assert found(cast, **filters) == rows, filters
    assert set(RULES) == set(LABELS) == set(FILTERS)


def test_the_squad_of_the_present_order(cast: Cast) -> None:
    order = issued_order(cast)
    case = Case.objects.get()
    part = order.parts.get(is_lead=True)
    assert found(cast, squad=part.squad_id) == {case.pk}
    assert found(cast, squad=cast.squads["fire"].pk) == set()
    assert found(cast, squad=f"{cast.squads['fire'].pk},{part.squad_id}") == {case.pk}


@pytest.mark.parametrize(
    ("name", "value"),
    [("street", "999999"), ("street", "x"), ("grid", "0"), ("light", "blue"), ("severity", "Z"), ("owner", "-1"),
     ("category", "1e9"), ("age", "2"), ("text", "x" * 81)],
)  # fmt: skip
def test_an_unknown_value_is_said_and_filters_nothing(cast: Cast, login: Login, name: str, value: str) -> None:
    case = made(cast, 1)
    answer = login(cast.dispatcher).get(reverse("console:queue", args=["all"]), {name: value})
    said = answer.content.decode()
    assert "left out" in said
    assert case.reference in said


def test_another_streets_things_are_no_choices(cast: Cast) -> None:
    options = options_of(cast.act(cast.dispatcher))
    assert [key for key, _label in options["street"]] == [str(cast.street.pk)]
    assert str(cast.outsider.pk) not in {key for key, _label in options["owner"]}
    assert str(cast.squads["other"].pk) not in {key for key, _label in options["squad"]}
    assert str(cast.squads["laboratory"].pk) not in {key for key, _label in options["squad"]}


def test_filters_are_links_that_keep_the_rest(cast: Cast, login: Login) -> None:
    made(cast, 1)
    said = login(cast.dispatcher).get(reverse("console:queue", args=["all"]), {"light": "ok", "sort": "new", "x": "y"})
    page = said.content.decode()
    assert "?source=hotline&amp;light=ok&amp;sort=new" in page or "light=ok&amp;sort=new&amp;source=hotline" in page
    assert not [link for link in re.findall(r'href="([^"]*)"', page) if "x=y" in link]


def test_several_values_of_one_filter_by_links_alone(cast: Cast, login: Login) -> None:
    """Without scripts: the box before a choice adds it, once more takes it away; a saved view keeps both."""
    made(cast, 1, source="hotline")
    client, here = login(cast.dispatcher), reverse("console:queue", args=["all"])
    page = client.get(here, {"source": "hotline", "sort": "new"}).content.decode()
    assert "?source=hotline%2Coffice&amp;sort=new" in page
    both = client.get(here, {"source": ["office", "hotline"]})
    assert both.context["chosen"].chosen == {"source": "office,hotline"}
    assert client.get(here, {"source": "hotline,office"}).context["chosen"].chosen == {"source": "office,hotline"}
    assert f'href="{here}?source=office"' in both.content.decode()
    saved = client.post(
        reverse("console:views"), {"queue": "all", "query": "source=hotline,office", "name": "演示·两源"}
    )
    view = BoardView.objects.get()
    assert view.filters == {"source": "office,hotline"}
    assert saved["Location"] == f"{here}?source=office%2Chotline&view={view.pk}"
    assert not client.get(saved["Location"]).context["view_changed"]


def test_one_strange_value_beside_a_good_one(cast: Cast, login: Login) -> None:
    """What is offered holds, what is not is said."""
    made(cast, 1, source="hotline")
    answer = login(cast.dispatcher).get(reverse("console:queue", args=["all"]), {"source": "hotline,moon"})
    assert answer.context["chosen"].chosen == {"source": "hotline"}
    assert "moon" in answer.content.decode()


def test_the_bar_of_filters_shows_a_change_of_the_ground_at_once(cast: Cast, login: Login) -> None:
    """It is drawn once for the same choices; a new name, another language or another query are not the same."""
    made(cast, 1)
    client, here = login(cast.dispatcher), reverse("console:queue", args=["all"])
    squad, category = cast.squads["market"], cast.categories["05-10"]
    before = client.get(here).content.decode()
    assert client.get(here).content.decode().count("data-menu=") == before.count("data-menu=") > 5
    squad.short_name_en, category.name_en = "Renamed squad", "Renamed category"
    squad.save()
    category.save()
    cast.head.name = "改名的人"
    cast.head.save()
    after = client.get(here).content.decode()
    for word in ("Renamed squad", "Renamed category", "改名的人"):
        assert (word in before, word in after) == (False, True), word
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    chinese = client.get(here).content.decode()
    assert (squad.short_name in chinese, "Renamed squad" in chinese) == (True, False)
    assert 'aria-current="true"' not in re.findall('data-menu="source".*?</details>', chinese, re.S)[0]
    chosen = client.get(here, {"source": "office"}).content.decode()
    assert 'aria-current="true"' in re.findall('data-menu="source".*?</details>', chosen, re.S)[0]
    assert f'href="{here}?source=office&amp;severity=A"' in chosen
    squad.active = False
    squad.save()
    assert (
        squad.short_name not in re.findall('data-menu="squad".*?</details>', client.get(here).content.decode(), re.S)[0]
    )


def test_the_loser_of_two_who_accept_reads_who_was_first(cast: Cast, login: Login) -> None:
    case, _complaint, _token = complaint(cast)
    triage.case_accept(actor=cast.act(cast.head), case_id=case.pk)
    answer = login(cast.dispatcher).post(reverse("console:bulk_accept"), {"only": case.pk}, headers={"X-Board": "1"})
    [said] = answer.json()["said"]
    assert said["kind"] == "error"
    assert cast.head.name in said["text"]
    assert case.reference in said["text"]


def test_assigning_tells_the_owner_alone(cast: Cast) -> None:
    case, _complaint, _token = complaint(cast)
    relay()
    known = set(Message.objects.values_list("pk", flat=True))
    casefile.case_assign(actor=cast.act(cast.dispatcher), case_id=case.pk, owner_id=cast.head.pk)
    relay()
    told = Message.objects.exclude(pk__in=known)
    assert set(told.values_list("recipient_id", "text")) == {(cast.head.pk, "assigned")}


def test_initials_of_pinyin() -> None:
    assert initials("待受理") == "dsl"
    assert initials("超时 late") == "cs"
    assert initials("Late") == ""
