"""Every operation × every role × a row of the own and of another street, by token with all scopes."""

from __future__ import annotations

import pytest
from django.core.cache import caches
from django.urls import get_resolver

from dispatch.web.scopes import SCOPES
from tests.access.conftest import world as world
from tests.access.matrix import ROLES, Route, answers
from tests.access.test_matrix import overheard, routes_of, undone, url_of
from tests.access.world import World
from tests.api.client import Program, program_of
from tests.cast import unchanged

pytestmark = pytest.mark.django_db  # so that the file stands by itself

OPERATIONS: tuple[Route, ...] = (
    Route("api:me", "GET", "everybody"),
    Route("api:complaints", "POST", "everybody"),
    Route("api:complaint_take", "POST", "the office"),
    Route("api:cases", "GET", "the desk"),
    Route("api:case", "GET", "a row is read at the desk", "case"),
    *(Route(f"api:case_{act}", "POST", "the office acts", "case") for act in ("accept", "triage", "reject", "merge")),
    *(Route(f"api:case_{act}", "POST", "the office and its checkers act", "case") for act in ("check_after", "close")),
    Route("api:targets", "GET", "the desk"),
    Route("api:targets", "POST", "the office"),
    Route("api:target", "GET", "a row is read at the desk", "party"),
    Route("api:orders", "GET", "the desk"),
    Route("api:orders", "POST", "the office"),
    Route("api:order", "GET", "a row is read at the desk", "order"),
    *(Route(f"api:order_{act}", "POST", "the office acts", "order") for act in ("submit", "issue", "cancel")),
    Route("api:order_approve", "POST", "the head approves", "order"),
    Route("api:photos", "POST", "officers"),
    Route("api:part", "GET", "the lead squad reads its part", "lead part"),
    *(
        Route(f"api:part_{act}", "POST", f"the {squad} squad's officers act", f"{squad} part")
        for act in ("acknowledge", "return", "report_in", "finish", "findings")
        for squad in ("lead", "joint")
    ),
    *(
        Route(f"api:item_{act}", method, f"the {squad} squad's officers act", f"{squad} item")
        for act, method in (("answer", "PUT"), ("test", "POST"))
        for squad in ("lead", "joint")
    ),
    Route("api:lab_report", "POST", "the laboratory reports", "test"),
    Route("api:visit_close", "POST", "the lead squad's officers act", "visit"),
    Route("api:ruling", "POST", "the lead squad's officers act", "finding"),
    Route("api:webhooks", "GET", "the desk"),
    Route("api:webhooks", "POST", "the desk"),
    *(Route("api:webhook", method, "one's own alone", "webhook") for method in ("GET", "PATCH", "DELETE")),
    *(Route(f"api:webhook_{act}", "POST", "one's own alone", "webhook") for act in ("test", "secret")),
    Route("api:webhook_deliveries", "GET", "one's own alone", "webhook"),
    Route("api:webhook_delivery_retry", "POST", "one's own alone", "delivery"),
)
"""Answers are those of the faces; where a face leads to the login, the API says 401."""
OPEN = {"api:complaint_track", "api:feedback", "api:unknown"}
"""By the private link's secret, and addresses that are none: tests of their own."""
GROUND = {"api:streets", "api:agencies", "api:squads", "api:categories", "api:members", "api:parts"}
"""Names without rows of anybody, and one's own rows: for every account with the scope."""
SCOPE_OF = {
    "cases:read": "cases case orders:GET order targets:GET target streets agencies squads categories",
    "complaints:write": "complaint_take",
    "cases:write": "case_accept case_triage case_reject case_merge case_check_after case_close",
    "targets:write": "targets:POST",
    "orders:write": "orders:POST order_submit order_approve order_issue order_cancel",
    "field:read": "part parts members",
    "field:write": "photos part_acknowledge part_return part_report_in part_finish part_findings item_answer item_test"
    " lab_report visit_close ruling",
    "webhooks:manage": "webhooks webhook webhook_test webhook_secret webhook_deliveries webhook_delivery_retry",
}
"""What a token must be for."""
SCOPED = {
    (row.name, row.methods): row
    for row in (*OPERATIONS, *(Route(name, "GET", "") for name in sorted(GROUND)))
    if row.name not in {"api:me", "api:complaints"}  # for everybody
}
GIVEN = {401: "login", 403: "403", 404: "404"}


@pytest.fixture(scope="module")
def programs(world: World) -> dict[str, Program]:
    return {role: program_of(world.people[role]) if role != "anonymous" else Program() for role in ROLES}


@pytest.fixture(autouse=True)
def visits(world: World) -> None:
    """The visit of each street's order, which the world doesn't name."""
    for street in (world.own, world.other):
        street.rows.setdefault("visit", street.order.visits.get().pk)


def test_every_operation_stands_here() -> None:
    found = {name for name, path in routes_of(get_resolver()) if path.startswith("api/v1/")}
    assert found == {row.name for row in OPERATIONS} | OPEN | GROUND


@pytest.mark.parametrize("route", OPERATIONS, ids=lambda row: f"{row.methods} {row.name} {row.subject}".strip())
def test_operation(route: Route, world: World, programs: dict[str, Program]) -> None:
    wanted = answers(route.table)
    columns = len(next(iter(wanted.values())))
    urls = [url_of(route, rows) for rows in (world.own.rows, world.other.rows)[:columns]]
    wrong: list[str] = []
    allowed: list[tuple[str, str]] = []
    caches["default"].clear()
    with unchanged():
        for role in ROLES:
            for url, cell in zip(urls, wanted[role], strict=True):
                if cell == "ok" and route.methods != "GET":
                    allowed.append((role, url))
                else:
                    wrong += compare(programs[role], role, route.methods, url, cell)
                    wrong += overheard(world, role, url, programs[role].answer)
    for role, url in allowed:
        with undone():
            wrong += compare(programs[role], role, route.methods, url, "ok")
    assert not wrong, "\n".join(["", *wrong])


def compare(program: Program, role: str, method: str, url: str, wanted: str) -> list[str]:
    program._send(method, url.removeprefix("/api/v1/"), None if method == "GET" else {}, {})
    status = program.answer.status_code
    said = "500" if status >= 500 else GIVEN.get(status, "ok")
    return [] if said == wanted else [f"{role}: {method} {url} is {status}, not {wanted}"]


@pytest.mark.parametrize("route", SCOPED.values(), ids=lambda row: f"{row.methods} {row.name}")
def test_a_token_for_everything_else_is_refused(route: Route, world: World) -> None:
    """Before the right and the row: whoever it belongs to, and whatever row it asks for."""
    short = route.name.removeprefix("api:")
    names = {short, f"{short}:{route.methods}"}
    (scope,) = (scope for scope, opened in SCOPE_OF.items() if names & set(opened.split()))
    url = url_of(route, world.own.rows).removeprefix("/api/v1/")
    with undone():
        program = program_of(world.people["dispatcher"], *(set(SCOPES) - {scope}))
        program._send(route.methods, url, None if route.methods == "GET" else {}, {})
    program.refused(403, "not_allowed")
    assert program.answer.json()["detail"].endswith(f"it lacks the scope {scope}.")


@pytest.mark.parametrize("name", sorted(GROUND))
def test_names_are_for_accounts_only(name: str, world: World, programs: dict[str, Program]) -> None:
    url = url_of(Route(name, "GET", ""), {})
    assert compare(programs["anonymous"], "anonymous", "GET", url, "login") == []
    assert compare(programs["nobody"], "nobody", "GET", url, "ok") == []


def test_a_report_is_followed_by_its_secret_alone(world: World) -> None:
    anybody = Program()
    anybody.get("complaints/track/")
    anybody.refused(401, "token_needed")
    assert anybody.answer["WWW-Authenticate"].startswith("Tracking")
    anybody.authorization = f"Tracking {world.own.token}"
    told = anybody.get("complaints/track/")
    assert told["reference"] == world.own.complaint.reference
    assert world.own.signs.phone not in str(told)
    for word in (world.own.signs.name, "演示·调度员"):
        assert word not in str(told), "neither complainants nor staff are named"
    anybody.authorization = f"Tracking {world.own.token[:-1]}"
    anybody.post("complaints/feedback/", {"case_id": 1, "contacted": True, "solved": True, "satisfied": 5})
    anybody.refused(401, "token_invalid")
