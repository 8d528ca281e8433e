"""Every address of the console: strangers are led to the login, insiders of another place get 404 or 403."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from cases.models import Feedback, ImportRun, PartyRun, Target
from cases.services import triage
from dispatch.console.bulk import BULK
from dispatch.console.urls import urlpatterns
from tests.cast import Cast
from tests.console.conftest import Login, complaint
from tests.stage import issued_order, planned_case

OWN = {"view_change", "lab_cancel"}  # rows of their own: tests/console/test_board_views.py, tests/access/matrix.py
ROUTES = [
    pattern
    for pattern in urlpatterns
    if isinstance(pattern, URLPattern) and pattern.name not in OWN and not str(pattern.pattern).startswith("admin/")
]
"""The administration has rows and rights of its own: see tests/access/matrix.py."""
POST_ONLY = {
    "undo",
    "export",
    "search_live",
    "presence",
    *(f"bulk_{act}" for act in BULK),
    "notices_read",
    "message_retry",
    "outbox_retry",
    "triage_undo",
    "triage_hold",
    "triage_brief",
    "intake_alike",
    "party_file_choose",
    "party_doubles_look",
    "party_different",
}
WITHOUT_ROW = {"message_retry", "outbox_retry"}  # an unknown id answers "not failed any more"


@pytest.fixture
def rows(cast: Cast) -> dict[str, int]:
    """A row for every kind of address, all on the own street."""
    case, told, _token = complaint(cast)
    triage.case_accept(actor=cast.act(cast.dispatcher), case_id=case.pk)
    order = issued_order(cast)
    rating = Feedback.objects.create(
        case=case, complaint=told, contacted=True, solved=False, satisfied=1, at=case.opened_at, rework="asked"
    )
    run = ImportRun.objects.create(street=cast.street, file_name="a.csv", path="/nowhere")
    return {
        "case": case.pk,
        "complaint": told.pk,
        "order": order.pk,
        "part": order.parts.get(is_lead=False).pk if order.parts.count() == 2 else order.parts.latest("pk").pk,
        "feedback": rating.pk,
        "import": run.pk,
        "party": cast.target.pk,
        "party file": PartyRun.objects.create(street=cast.street, file_name="p.csv", path="/nowhere").pk,
        "message": 1,
    }


def address(pattern: URLPattern, rows: dict[str, int]) -> str:
    route, name = str(pattern.pattern), str(pattern.name)
    if "<slug:queue>" in route:
        return reverse(f"console:{name}", args=["all"])
    if "<int:pk>" not in route:
        return reverse(f"console:{name}")
    kind = next(
        kind
        for prefix, kind in (
            ("cases/", "case"),
            ("rows/", "case"),
            ("complaints/", "complaint"),
            ("feedback/", "feedback"),
            ("orders/", "order"),
            ("parts/", "part"),
            ("parties/files/", "party file"),
            ("parties/", "party"),
            ("imports/", "import"),
            ("messages/", "message"),
            ("outbox/", "message"),
        )
        if route.startswith(prefix)
    )
    return reverse(f"console:{name}", args=[rows[kind]])


def ask(client: Client, pattern: URLPattern, url: str) -> int:
    return (client.post(url) if pattern.name in POST_ONLY else client.get(url)).status_code


@pytest.mark.parametrize("pattern", ROUTES, ids=lambda pattern: str(pattern.name))
def test_every_address(pattern: URLPattern, cast: Cast, rows: dict[str, int], login: Login) -> None:
    url = address(pattern, rows)
    has_row = "<int:pk>" in str(pattern.pattern) and pattern.name not in WITHOUT_ROW

    assert ask(Client(), pattern, url) == 302, "nobody logged in: to the login"
    assert ask(login(cast.leader), pattern, url) == 403, "the field has no desk"
    stranger = ask(login(cast.outsider), pattern, url)
    assert stranger == 404 if has_row else stranger in (200, 302, 403)
    insider = ask(login(cast.auditor), pattern, url)
    assert insider in (200, 302, 403), "an auditor sees everything and changes nothing"
    owner = ask(login(cast.dispatcher), pattern, url)
    assert owner in (200, 302, 403, 409)


def test_an_auditor_changes_nothing(cast: Cast, rows: dict[str, int], login: Login) -> None:
    client = login(cast.auditor)
    for name, kind in (
        ("case_note", "case"),
        ("case_accept", "case"),
        ("triage", "case"),
        ("order_cancel", "order"),
        ("part_reassign", "part"),
        ("complaint_line", "complaint"),
        ("complaint_reveal", "complaint"),
        ("feedback_decide", "feedback"),
        ("party_edit", "party"),
        ("order_open", "party"),
    ):
        assert client.post(reverse(f"console:{name}", args=[rows[kind]])).status_code == 403, name
    assert client.get(reverse("console:case", args=[rows["case"]])).status_code == 200


def test_only_the_head_approves(cast: Cast, login: Login) -> None:
    order = issued_order(cast)
    url = reverse("console:order_approve", args=[order.pk])
    assert login(cast.dispatcher).get(url).status_code == 403
    assert login(cast.head).get(url).status_code == 200


def test_a_lost_session_moves_the_whole_page(cast: Cast) -> None:
    case, _need = planned_case(cast)
    page = f"http://testserver/console/cases/{case.pk}/"
    answer = Client().get(
        reverse("console:row", args=[case.pk]), headers={"HX-Request": "true", "HX-Current-URL": page}
    )
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
