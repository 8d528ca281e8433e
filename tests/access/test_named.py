"""What an address or a form names and isn't there for who asks: 404 and no fault; nothing is offered, nothing told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from cases.models import Answer, Attachment, DayPlan, File, LabTest, Part, PartItem, Target
from dispatch.console import undoing
from dispatch.console.frame import _office_name
from dispatch.console.imports import UploadForm
from dispatch.console.intake import TakeForm
from dispatch.console.party_form import PartyForm
from dispatch.console.year_plans import PlanForm
from dispatch.field.frame import _kept
from dispatch.field.rows import is_officer, part_for
from teams.models import Agency, Assignment, Community, District, Grid, Role
from teams.policies import Actor
from teams.selectors import actor_of
from tests.access.test_matrix import undone
from tests.access.world import World
from tests.api.client import program_of
from tests.cast import LONG_AGO, unchanged

USCC = "91149901MA0000000A"

ABSENT: tuple[tuple[str, str, str, list[Any], dict[str, Any]], ...] = (
    ("dispatcher", "GET", "console:queue", ["nonsense"], {}),
    ("dispatcher", "GET", "console:rows", ["nonsense"], {"ids": "1"}),
    ("dispatcher", "GET", "console:newcomers", ["nonsense"], {"ids": "1"}),
    ("dispatcher", "POST", "console:views", [], {"queue": "nonsense", "name": "演示"}),
    ("dispatcher", "POST", "console:export", [], {"queue": "nonsense", "kind": "csv"}),
    ("dispatcher", "POST", "console:export", [], {"queue": "all", "kind": "nonsense"}),
    ("dispatcher", "GET", "console:party_export", [], {"format": "nonsense"}),
    ("dispatcher", "GET", "console:wall", [], {"street": "0"}),
    ("dispatcher", "GET", "console:day_team", ["day plan"], {"team": "0"}),
    ("leader", "POST", "field:item", [0], {}),
    ("system_admin", "GET", "console:admin_clock", ["nonsense", 0], {}),
    ("system_admin", "GET", "console:admin_clock", ["triage", 2], {}),
    ("system_admin", "GET", "console:admin_setting", ["nonsense"], {}),
    ("system_admin", "GET", "console:admin_text", ["nonsense"], {}),
    ("security_admin", "GET", "console:admin_role_end", [0], {}),
)
"""Role, method, address, what it names, what goes with it."""


@pytest.mark.parametrize(
    ("role", "method", "name", "named", "given"), ABSENT, ids=[f"{row[2]} {row[3]} {row[4]}" for row in ABSENT]
)
def test_what_is_not_there_is_404(
    role: str, method: str, name: str, named: list[Any], given: dict[str, Any], world: World
) -> None:
    url = reverse(name, args=[world.own.rows.get(part, part) for part in named])
    client = world.clients[role]
    client.raise_request_exception = False
    with undone():
        answer = client.get(url, given) if method == "GET" else client.post(url, given)
    assert answer.status_code == 404


def test_a_street_s_own_wall_is_there(world: World) -> None:
    wall = reverse("console:wall")
    for street, status in ((world.cast.street.pk, 200), (world.cast.other_street.pk, 404)):
        assert world.clients["dispatcher"].get(wall, {"street": street}).status_code == status


FORMS: dict[str, Callable[[Actor], forms.Form]] = {
    "a file": lambda actor: UploadForm(actor=actor),
    "a complaint": lambda actor: TakeForm(None, actor=actor),
    "a party": lambda actor: PartyForm(None, actor=actor),
    "a year's plan": lambda actor: PlanForm(actor=actor),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms_offer_own_streets_alone(name: str, world: World) -> None:
    offered: Any = FORMS[name](actor_of(world.cast.dispatcher)).fields["street"]
    assert list(offered.queryset) == [world.cast.street]


def test_a_plan_is_of_an_agency_of_the_own_street_or_of_its_whole_district(taken_back: World) -> None:
    cast = taken_back.cast
    away = District.objects.get(code="149902")
    agency = Agency.objects.create(district=away, function="market", code="a1", name="演示·邻区市监")
    made = [cast.agencies["market"], cast.agencies["street"], cast.agencies["other"], agency]
    offered: Any = PlanForm(actor=actor_of(cast.dispatcher)).fields["agency"]
    assert [row in offered.queryset for row in made] == [True, True, False, False]


LISTS = (("console:imports", "console:import", "import"), ("console:party_files", "console:party_file", "party file"),
         ("console:year_plans", "console:year_plan", "year plan"))  # fmt: skip


@pytest.mark.parametrize(("page", "one", "row"), LISTS, ids=[row[0] for row in LISTS])
def test_lists_of_files_are_of_own_streets(page: str, one: str, row: str, world: World) -> None:
    told = world.clients["dispatcher"].get(reverse(page)).content.decode()
    assert reverse(one, args=[world.own.rows[row]]) in told
    assert reverse(one, args=[world.other.rows[row]]) not in told


def test_chosen_rows_of_another_street_fall_out(taken_back: World) -> None:
    """Of a list taken out and of what the stream spoke of."""
    own, other = taken_back.own.case, taken_back.other.case
    desk = taken_back.clients["dispatcher"]
    taken = desk.post(reverse("console:export"), {"queue": "all", "kind": "csv", "pick": [own.pk, other.pk]})
    text = b"".join(taken.streaming_content).decode()  # type: ignore[attr-defined]
    assert own.reference in text
    assert other.reference not in text
    for ids, news in ((f"{own.pk}", True), (f"{other.pk}", False)):
        assert (
            "data-n>" in desk.get(reverse("console:newcomers", args=["all"]), {"ids": ids}).content.decode()
        ) is news
    for case, shown in ((own, True), (other, False)):
        beside = desk.get(reverse("console:board"), {"split": "1", "at": str(case.pk)}).content.decode()
        assert (f'data-preview="{case.pk}"' in beside) is shown


def test_an_office_is_named_by_its_own_street(world: World) -> None:
    assert str(world.cast.street) in _office_name(actor_of(world.cast.dispatcher))


def test_photos_that_came_ahead_are_free_own_and_named(taken_back: World, django_assert_num_queries: Any) -> None:
    """By their keys; when an answer is corrected, those that it holds already too."""
    leader, joint, item = taken_back.cast.leader, taken_back.people["joint"], taken_back.own.rows["lead item"]
    visit = taken_back.own.order.visits.get()
    answer = Answer.objects.create(
        visit=visit, part_item_id=item, result="conforms", answered_by=leader, answered_at=timezone.now()
    )
    made = {
        key: File.objects.create(
            key=f"kept-{key}", client_key=key, sha256="0" * 64, size=1, content_type="image/jpeg",
            uploaded_by=joint if key == "another's" else leader, state="broken" if key == "broken" else "stored",
        )
        for key in ("free", "unnamed", "broken", "another's", "of a report", "of the answer")
    }  # fmt: skip
    Attachment.objects.create(file=made["of a report"], complaint=taken_back.own.complaint)
    Attachment.objects.create(file=made["of the answer"], answer=answer)
    posted = RequestFactory().post("/field/", {"kept": [key for key in made if key != "unnamed"]})
    posted.user = leader
    assert _kept(posted) == [made["free"]]
    assert _kept(posted, item) == [made["free"], made["of the answer"]]
    assert _kept(posted, taken_back.own.rows["joint item"]) == [made["free"]]
    with django_assert_num_queries(0):
        assert _kept(RequestFactory().get("/field/", {"kept": "free"})) == []


def test_a_page_of_the_field_names_own_squads_alone(world: World) -> None:
    leader, told = world.clients["leader"], []
    for name in ("field:today", "field:me", "field:patrol"):
        told.append(leader.get(reverse(name)).content.decode())
    own, joint = world.cast.squads["street"], world.cast.squads["urban"]
    assert own.name in told[1]
    assert not any(joint.name in page for page in told)


def test_a_task_asks_for_the_right_of_tasks_and_for_no_other(world: World) -> None:
    """An auxiliary does a task of the own squad, and neither inspects nor takes a part."""
    task, visit = world.own.rows["task part"], world.own.rows["lead part"]
    request = RequestFactory().get("/field/")
    request.user = world.people["auxiliary"]
    for right in ("visit.report_in", "visit.answer", "visit.close"):
        assert part_for(request, task, right).pk == task
        with pytest.raises(PermissionDenied):
            part_for(request, visit, right)
    with pytest.raises(PermissionDenied):
        part_for(request, task, "part.acknowledge")
    squad = world.cast.squads["street"].pk
    assert [is_officer(actor_of(world.people[who]), squad) for who in ("officer", "auxiliary", "joint")] == [
        True,
        False,
        False,
    ]


OFFERED: tuple[tuple[str, dict[str, str]], ...] = (
    ("console:intake_parties", {"party_name": "{name}"}),
    ("console:party_alike", {"uscc": "{uscc}", "street": "{street}"}),
    ("console:parties", {"street": "{street}"}),
    ("console:parties", {"street": "{street}", "grid": "{grid}"}),
    ("console:party_merge", {"with": "{party}"}),
)
"""Where a page answers to what is typed or chosen: the address, and what is asked of the other street."""


@pytest.mark.parametrize(("name", "asked"), OFFERED, ids=[f"{name} {list(asked)}" for name, asked in OFFERED])
def test_nothing_of_another_street_is_offered(name: str, asked: dict[str, str], taken_back: World) -> None:
    cast, words = taken_back.cast, "演示·隔壁"
    foreign = Target.objects.get(pk=taken_back.other.rows["party"])
    Target.objects.filter(pk=foreign.pk).update(name=f"{words}店", uscc=USCC, address=f"{words}路")
    street = cast.other_street
    community = Community.objects.create(street=street, code="140199999", name=f"{words}社区")
    grid = Grid.objects.create(community=community, code="14019999901", name=f"{words}网格", starts_on=LONG_AGO)
    filled = {"name": words, "uscc": USCC, "street": street.pk, "party": foreign.pk, "grid": grid.pk}
    args = [taken_back.own.rows["party"]] if name == "console:party_merge" else []
    for role, knows in (("dispatcher", False), ("dispatcher_elsewhere", True)):
        if knows and args:
            args = [Target.objects.create(street=street, kind="shop", name="演示·又一家").pk]
        given = {key: text.format(**filled) for key, text in asked.items()}
        answer = taken_back.clients[role].get(reverse(name, args=args), given)
        told = answer.content.decode()
        assert ((words in told) or (f">{street}<" in told)) is knows, (role, told)


def test_a_team_of_the_day_is_there(taken_back: World) -> None:
    plan = DayPlan.objects.get(pk=taken_back.own.rows["day plan"])
    team = plan.teams.create(number=1, starts=540, ends=1020)
    page = reverse("console:day_team", args=[plan.pk])
    for given in ({}, {"team": str(team.pk)}):
        assert taken_back.clients["dispatcher"].get(page, given).status_code == 200


def test_a_district_chooses_among_its_own_streets(world: World) -> None:
    for role, offered in (("supervisor", True), ("supervisor_elsewhere", False)):
        page = world.clients[role].get(reverse("console:parties")).content.decode()
        assert (f">{world.cast.street}<" in page) is offered


@pytest.mark.parametrize("part", ["rows", "said"])
def test_what_a_session_remembers_is_asked_again(part: str, taken_back: World) -> None:
    """Who decided something and lost the street since takes nothing back, and is told of no case."""
    case, client = taken_back.other.case, taken_back.clients["dispatcher"]
    session = client.session
    session[undoing.KEY] = {"act": "assign", "done": "x", "kept": {str(case.pk): [None, None]}}
    session[undoing.KEY]["at"] = timezone.now().timestamp()
    session.save()
    with unchanged():
        answer = client.post(reverse("console:undo"), headers={"X-Board": "1"})
    assert not [told for told in answer.json()[part] if told == case.pk or case.reference in str(told)]


def test_who_works_in_two_places_sees_the_parties_of_both(taken_back: World) -> None:
    """An office's parties without a visit too; of the other work those that the squad was called to, and none that the
    laboratory only has a sample of."""
    cast, client = taken_back.cast, taken_back.clients["dispatcher_elsewhere"]
    unvisited = Target.objects.create(street=cast.other_street, kind="shop", name="演示·无人去过")
    own, status = reverse("console:party", args=[taken_back.own.rows["party"]]), []
    order, told = reverse("console:order", args=[taken_back.own.order.pk]), []
    assert client.get(reverse("console:party", args=[unvisited.pk])).status_code == 200
    for role, squad in ((Role.LAB_TECHNICIAN, "laboratory"), (Role.OFFICER, "urban")):
        Assignment.objects.create(user=cast.outsider, role=role, squad=cast.squads[squad], starts_on=LONG_AGO)
        status.append(client.get(own).status_code)
        told.append(reverse("console:case", args=[taken_back.own.case.pk]) in client.get(order).content.decode())
    assert status == [404, 200]
    assert told == [False, True], "nor the case behind the order of a sample"


def test_a_laboratory_sees_its_own_commission_and_no_other_of_the_order(taken_back: World) -> None:
    test = LabTest.objects.get(pk=taken_back.own.rows["test"])
    items = PartItem.objects.filter(part=test.part_item.part).exclude(pk=test.part_item_id)
    test.pk, test.number, test.part_item = None, "演示-2", items.earliest("pk")
    test.laboratory = taken_back.cast.squads["laboratory_elsewhere"]
    test.save()
    status = [
        taken_back.clients[role].get(reverse("field:lab", args=[test.pk])).status_code
        for role in ("technician", "technician_elsewhere")
    ]
    assert status == [404, 200]


def test_lists_for_programs_are_of_the_own_squads(taken_back: World) -> None:
    world, rows, program = taken_back, taken_back.own.rows, program_of(taken_back.cast.leader)
    parts = program.get("parts/")["results"]
    assert {row["id"] for row in parts} == {rows["lead part"], rows["task part"]}
    members = {row["id"] for row in program.get("members/")["results"]}
    assert world.cast.leader.pk in members
    assert not members & {world.people[role].pk for role in ("joint", "officer_elsewhere", "dispatcher", "left")}


BODIES: tuple[tuple[str, str, str, int], ...] = (
    ("dispatcher", "targets/", '{"street_id": {street}, "name": "x"}', 403),
    ("dispatcher", "orders/", '{"target_id": {party}}', 404),
    ("dispatcher", "complaints/taken/", '{"street_id": {street}, "text": "x"}', 403),
    ("dispatcher", "cases/{own case}/merge/", '{"into_case_id": {case}, "reason": "x"}', 404),
    ("leader", "items/{own lead item}/answer/", '{"result": "conforms", "photo_ids": [{photo}]}', 422),
)
"""Who, where, a body that names a row of the other street or another's photo, the answer."""


@pytest.mark.parametrize(("role", "path", "body", "status"), BODIES, ids=[row[1] for row in BODIES])
def test_a_body_names_no_row_of_others(role: str, path: str, body: str, status: int, taken_back: World) -> None:
    world, program = taken_back, program_of(taken_back.people[role])
    named = {**world.other.rows, "street": world.cast.other_street.pk, "photo": world.other.rows["photo"][1]}
    named |= {f"own {name}": pk for name, pk in world.own.rows.items()}
    for name, pk in named.items():
        path, body = path.replace(f"{{{name}}}", str(pk)), body.replace(f"{{{name}}}", str(pk))
    with unchanged():
        program._send("PUT" if role == "leader" else "POST", path, json.loads(body), {})
    assert program.answer.status_code == status


def test_a_visit_is_ended_by_its_own_lead(taken_back: World) -> None:
    """Not by a squad that leads another visit, nor by one that was excused from leading."""
    world = taken_back
    path, lead = f"visits/{world.own.order.visits.get().pk}/close/", Part.objects.filter(pk=world.own.rows["lead part"])
    Part.objects.filter(pk=world.other.rows["lead part"]).update(squad=world.cast.squads["urban"])
    joint, leader = program_of(world.people["joint"]), program_of(world.cast.leader)
    joint.post(path, {"outcome": "done"})
    joint.refused(403, "not_allowed")
    lead.update(state="released")
    leader.post(path, {"outcome": "done"})
    assert leader.answer.status_code in (403, 404)


def test_who_led_and_was_excused_ends_no_visit_with_another_squad(taken_back: World) -> None:
    """Seen through the joint squad, refused before the body is read."""
    cast = taken_back.cast
    Part.objects.filter(pk=taken_back.own.rows["lead part"]).update(state="released")
    Assignment.objects.create(user=cast.leader, role=Role.OFFICER, squad=cast.squads["urban"], starts_on=LONG_AGO)
    program = program_of(cast.leader)
    with unchanged():
        program.post(f"visits/{taken_back.own.order.visits.get().pk}/close/", {"outcome": "nonsense"})
    program.refused(403, "not_allowed")


def test_a_case_that_is_only_looked_on_takes_no_other_in(taken_back: World) -> None:
    """Seen through the district, with the right for the other case alone."""
    cast = taken_back.cast
    Assignment.objects.create(user=cast.outsider, role=Role.SUPERVISOR, district=cast.district, starts_on=LONG_AGO)
    program = program_of(cast.outsider)
    assert program.get(f"cases/{taken_back.own.case.pk}/")["id"] == taken_back.own.case.pk
    with unchanged():
        program.post(f"cases/{taken_back.other.case.pk}/merge/", {"into_case_id": taken_back.own.case.pk})
    program.refused(403, "not_allowed")


ON_OWN_STREETS: tuple[tuple[str, str, int], ...] = (
    ("targets/", '{"street_id": {street}, "name": "演示·新店"}', 201),
    ("complaints/taken/", '{"street_id": {street}, "text": "演示·来电说油烟"}', 201),
    ("orders/", '{"target_id": {party}}', 409),
)
"""Where, a body that names a street or its party, what comes of it on the own one."""


@pytest.mark.parametrize(("path", "body", "status"), ON_OWN_STREETS, ids=[row[0] for row in ON_OWN_STREETS])
def test_a_street_that_is_only_looked_on_is_not_written_on(
    path: str, body: str, status: int, taken_back: World
) -> None:
    """Seen through the district, with the office's rights on another street."""
    cast = taken_back.cast
    Assignment.objects.create(user=cast.outsider, role=Role.SUPERVISOR, district=cast.district, starts_on=LONG_AGO)
    program = program_of(cast.outsider)
    for street, made, wanted in (
        (cast.other_street, taken_back.other, status),
        (cast.street, taken_back.own, 403),
    ):
        named = body.replace("{street}", str(street.pk)).replace("{party}", str(made.rows["party"]))
        program.post(path, json.loads(named))
        assert program.answer.status_code == wanted
    program.refused(403, "not_allowed")


SEEN: tuple[tuple[str, str, dict[str, Any], dict[str, str], dict[str, Any], int], ...] = (
    ("POST", "parts/{lead part}/acknowledge/", {}, {"Idempotency_Key": "no key"}, {}, 409),
    ("POST", "parts/{lead part}/finish/", {"note": 5}, {}, {}, 409),
    ("PUT", "items/{lead item}/answer/", {"result": "nonsense"}, {}, {"result": "conforms"}, 200),
)
"""Acts of a squad, sent wrongly; sent rightly, and what comes of that to the squad."""


@pytest.mark.parametrize(("method", "path", "wrong", "headers", "right", "done"), SEEN, ids=[row[1] for row in SEEN])
def test_who_sees_a_part_is_refused_before_anything_is_read(
    method: str,
    path: str,
    wrong: dict[str, Any],
    headers: dict[str, str],
    right: dict[str, Any],
    done: int,
    taken_back: World,
) -> None:
    for name, pk in taken_back.own.rows.items():
        path = path.replace(f"{{{name}}}", str(pk))
    for role, status in (("checker", 403), ("joint", 403), ("leader", 400)):
        program = program_of(taken_back.people[role])
        with unchanged():
            program._send(method, path, wrong, headers)
        assert program.answer.status_code == status, role
    program._send(method, path, right, {})
    assert program.answer.status_code == done


def test_what_was_read_before_counts_for_writing_a_row_that_has_a_tag(taken_back: World) -> None:
    """Reading answers what is there now; a part has no tag, so an act on it asks for none."""
    rows, outdated = taken_back.own.rows, {"If_Match": '"case-0-0"'}
    desk, leader = program_of(taken_back.cast.dispatcher), program_of(taken_back.cast.leader)
    assert desk.get(f"cases/{rows['case']}/", **outdated)["id"] == rows["case"]
    desk.post(f"cases/{rows['case']}/accept/", **outdated)
    desk.refused(412, "changed_meanwhile")
    path = f"parts/{rows['lead part']}/acknowledge/"
    plain = (leader.post(path), leader.answer.status_code)
    assert (leader.post(path, **outdated), leader.answer.status_code) == plain
