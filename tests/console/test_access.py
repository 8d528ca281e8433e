"""What the matrix of all addresses (tests/access) does not say: lost sessions, first pages, what is offered."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from cases.models import Target
from tests.cast import Cast
from tests.console.conftest import Login
from tests.stage import issued_order, planned_case


def test_only_the_head_approves(cast: Cast, login: Login) -> None:
    order = issued_order(cast)
    url = reverse("console:order_approve", args=[order.pk])
    assert login(cast.dispatcher).get(url).status_code == 403
    assert login(cast.head).get(url).status_code == 200


def test_a_lost_session_moves_the_whole_page(cast: Cast) -> None:
    case, _need = planned_case(cast)
    page = f"http://testserver/console/cases/{case.pk}/"
    answer = Client().get(reverse("console:rows", args=["all"]), headers={"HX-Request": "true", "HX-Current-URL": page})
    assert answer.status_code == 204
    assert answer["HX-Redirect"].endswith(f"?next=%2Fconsole%2Fcases%2F{case.pk}%2F")


def test_everybody_starts_at_their_own_work(cast: Cast, login: Login) -> None:
    for user, home in (
        (cast.dispatcher, "/console/"),
        (cast.leader, "/field/"),
        (cast.lab_technician, "/field/"),
        (cast.grid_worker, "/field/alert/"),
        (cast.auditor, "/console/"),
        (cast.supervisor, "/console/"),
    ):
        assert login(user).get(reverse("landing")).headers["Location"] == home


def test_a_party_of_another_street_is_not_offered(cast: Cast, login: Login) -> None:
    listed = login(cast.dispatcher).get(reverse("console:parties")).context["rows"]
    assert {row.target.pk for row in listed} == set(
        Target.objects.filter(street=cast.street).values_list("pk", flat=True)
    )
