"""Saved views: one's own alone, counted in the rail, one of them where the day starts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import BoardView
from cases.services import desk
from tests.cast import Cast, refused, unchanged
from tests.console.conftest import Login, complaint


def save(client: Client, name: str, query: str = "severity=C&sort=new", queue: str = "accept") -> Any:
    return client.post(reverse("console:views"), {"name": name, "queue": queue, "query": query}, follow=True)


def test_a_view_is_saved_shown_counted_and_opened(cast: Cast, login: Login, django_assert_max_num_queries: Any) -> None:
    complaint(cast)
    client = login(cast.dispatcher)
    answer = save(client, "  夜间  烧烤 ")
    view = BoardView.objects.get()
    assert (view.name, view.queue, view.filters, view.sort) == ("夜间 烧烤", "accept", {"severity": "C"}, "new")
    assert answer.redirect_chain[-1][0].endswith(f"/queue/accept/?severity=C&sort=new&view={view.pk}")
    assert answer.context["title"] == "夜间 烧烤"
    [link] = answer.context["views"]
    assert (link["count"], link["current"]) == (1, True)
    rail = client.get(reverse("console:rail"), {"view": view.pk})
    assert "夜间 烧烤" in rail.content.decode()
    for n in range(desk.VIEWS_MAX - 1):
        save(client, f"v{n}", query=f"squad={cast.squads['fire'].pk}")
    with django_assert_max_num_queries(12):
        client.get(reverse("console:queue", args=["all"]))


def test_filters_that_do_not_hold_are_not_saved(cast: Cast, login: Login) -> None:
    save(login(cast.dispatcher), "x", query="severity=Z&light=late&nonsense=1&sort=upwards")
    assert BoardView.objects.get().filters == {"light": "late"}
    assert BoardView.objects.get().sort == "due"


def test_the_same_name_replaces_and_there_is_a_limit(cast: Cast, login: Login) -> None:
    client = login(cast.dispatcher)
    save(client, "mine")
    save(client, "mine", query="light=late", queue="all")
    assert BoardView.objects.get().queue == "all"
    for n in range(desk.VIEWS_MAX - 1):
        save(client, f"v{n}")
    with refused("too_many"):
        desk.view_save(actor=cast.act(cast.dispatcher), name="one more", queue="all", filters={}, sort="due")
    with unchanged():
        assert "Delete one" in save(client, "one more").content.decode()
    assert BoardView.objects.count() == desk.VIEWS_MAX


@pytest.mark.parametrize(("name", "code"), [("  ", "name_needed"), ("长" * 25, "name_long")])
def test_a_view_needs_a_name_that_fits(cast: Cast, name: str, code: str) -> None:
    with refused(code, status=422):
        desk.view_save(actor=cast.act(cast.dispatcher), name=name, queue="all", filters={}, sort="due")


def test_rename_start_and_delete(cast: Cast, login: Login) -> None:
    client = login(cast.dispatcher)
    save(client, "one")
    save(client, "two", query="light=late", queue="all")
    one, two = BoardView.objects.order_by("pk")
    change = reverse("console:view_change", args=[one.pk])
    wrong = client.post(change, {"name": "two"})
    assert wrong.status_code == 422
    assert "You have a view of this name already." in wrong.content.decode()
    client.post(change, {"name": "late ones"})
    for view in (one, two):
        client.post(reverse("console:view_change", args=[view.pk]), {"start": "1"})
    assert list(BoardView.objects.order_by("pk").values_list("name", "is_start")) == [
        ("late ones", False),
        ("two", True),
    ]
    start = client.get(reverse("console:board"))
    assert start.headers["Location"] == f"/console/queue/all/?light=late&view={two.pk}"
    assert client.get(reverse("console:queue", args=["all"])).status_code == 200, (
        "all that is open can still be reached"
    )
    client.post(reverse("console:view_change", args=[two.pk]), {"start": "0"})
    assert client.get(reverse("console:board")).status_code == 200
    client.post(reverse("console:view_change", args=[two.pk]), {"delete": "1"})
    assert list(BoardView.objects.values_list("name", flat=True)) == ["late ones"]


def test_the_views_of_others_do_not_exist(cast: Cast, login: Login) -> None:
    save(login(cast.dispatcher), "mine")
    view = BoardView.objects.get()
    colleague = login(cast.head)
    with unchanged():
        for data in ({"name": "x"}, {"start": "1"}, {"delete": "1"}):
            assert colleague.post(reverse("console:view_change", args=[view.pk]), data).status_code == 404
    with refused("not_found", status=404):
        desk.view_delete(actor=cast.act(cast.head), view_id=view.pk)
    assert "mine" not in colleague.get(reverse("console:views")).content.decode()
    page = colleague.get(reverse("console:queue", args=["all"]), {"view": view.pk})
    assert page.context["view"] is None
