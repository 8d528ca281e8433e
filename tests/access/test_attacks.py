"""What somebody tries who knows the addresses: forged forms, other streets' numbers, old rights, foreign hosts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from redis import Redis

from cases.models import Case, Part, Target
from cases.refusals import Refused
from cases.services import feedback, files, followups, identity, triage, visits
from dispatch.web.live.hints import CONTROL
from dispatch.web.live.topics import read_grants
from teams.models import Assignment, Certificate, Role, User
from teams.selectors import actor_of
from tests.access.matrix import ROUTES, Route, answers
from tests.access.test_matrix import kind_of, url_of
from tests.access.world import World
from tests.cast import person, unchanged

EVIL = ("https://evil.example/x", "//evil.example/x", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def admitted(route: Route) -> str:
    """A role that the matrix lets in with an object of the own street."""
    roles = [role for role, cells in answers(route.table).items() if cells[0] == "ok"]
    return next((role for role in roles if role != "anonymous"), roles[0])


def test_a_form_of_another_site_does_nothing(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    said = {}
    with unchanged(world.untouched):
        for route in ROUTES:
            if "POST" in route.methods:
                client.cookies = world.clients[admitted(route)].cookies
                said[f"{route.name} {route.subject}"] = client.post(url_of(route, world.own.rows)).status_code
    assert len(said) > 150
    assert {name: code for name, code in said.items() if code != 403} == {}


FOR_ALL = {"map_ground", "field:manifest", "field:worker", "field:offline", "api:schema", "api:docs"}
"""The same for everybody: public outlines, the app's own files, the description of the API."""


@pytest.mark.parametrize("route", [r for r in ROUTES if "GET" in r.methods], ids=lambda r: f"{r.name} {r.subject}")
def test_pages_are_kept_nowhere_and_answer_head(route: Route, world: World) -> None:
    client, url = world.clients[admitted(route)], url_of(route, world.own.rows)
    page, head = client.get(url), client.head(url)
    assert head.status_code == page.status_code, "the stream's grant is renewed by HEAD"
    assert b"".join(head) == b""
    if route.name in FOR_ALL:
        return
    assert "no-store" in page.headers.get("Cache-Control", ""), page.headers
    assert "Cookie" in page.headers.get("Vary", "") or "no-store" in page.headers["Cache-Control"]


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"])
def test_no_other_method_is_a_way_in(method: str, world: World) -> None:
    rows = world.own.rows
    with unchanged():
        for name, subject in (("console:case", "case"), ("console:case_note", "case"), ("field:arrive", "lead part")):
            url = reverse(name, args=[rows[subject]])
            for role in ("anonymous", "dispatcher_elsewhere", "left"):
                assert kind_of(world.clients[role].generic(method, url)) in ("login", "403", "404", "405"), (role, url)


@pytest.mark.parametrize("there", EVIL)
def test_nobody_is_sent_to_another_host(there: str, taken_back: World) -> None:
    world, rows = taken_back, taken_back.own.rows
    desk = world.clients["dispatcher"]
    sent = [
        desk.post(reverse("appearance_set"), {"theme": "dark", "next": there}),
        desk.post(reverse("set_language"), {"language": "en", "next": there}),
        desk.post(reverse("console:case_note", args=[rows["case"]]), {"text": "演示", "next": there}),
    ]
    User.objects.filter(username="dispatcher").update(password="x")
    user = User.objects.get(username="dispatcher")
    user.set_password("long-enough-123")
    user.save()
    said = {"login": "dispatcher", "password": "long-enough-123", "next": there}
    sent.append(Client().post(reverse("account_login"), said))
    for answer in sent:
        assert answer.status_code == 302
        assert "evil" not in answer.headers["Location"]
        assert "javascript" not in answer.headers["Location"]
    asked = Client().get(reverse("console:board"), headers={"HX-Request": "true", "HX-Current-URL": there})
    assert asked.headers["HX-Redirect"].startswith("/accounts/login/")


def test_numbers_of_another_street_in_the_office_s_forms(taken_back: World) -> None:
    world, own, other, cast = taken_back, taken_back.own.rows, taken_back.other.rows, taken_back.cast
    desk = world.clients["dispatcher"]
    spare = Case.objects.exclude(pk=own["case"]).filter(street=cast.street).order_by("pk")[0]
    fresh = Case.objects.create(
        reference="260101-9001", street=cast.street, stage="accepted", source="office", title="演示", address="演示路",
        opened_at=timezone.now(), stage_at=timezone.now(),
    )  # fmt: skip
    category, foreign = cast.categories["05-10"].pk, cast.foreign_target.pk
    brief = {"brief": "演示", "brief_confirmed": "on", "category": category}
    strangers = [
        ("console:triage", fresh.pk, {**brief, "disposition": "inspection", "target": foreign, "agencies": ""}),
        ("console:triage", fresh.pk, {"disposition": "answered", "target": foreign, "reply": "-"}),
        ("console:triage", fresh.pk, {"disposition": "joined", "into": other["case"]}),
        (
            "console:triage",
            fresh.pk,
            {**brief, "disposition": "inspection", "target": "place", "agencies": cast.agencies["other"].pk},
        ),
        (
            "console:triage",
            fresh.pk,
            {**brief, "disposition": "handling", "target": "place", "squad": cast.squads["other"].pk},
        ),
        ("console:triage", fresh.pk, {"disposition": "question", "complaint": other["complaint"], "question": "x"}),
        ("console:case_ask", fresh.pk, {"complaint": other["complaint"], "question": "x"}),
        ("console:case_join", spare.pk, {"into": world.other.case.reference}),
        ("console:order_change-target", own["order"], {"target": foreign, "reason": "x"}),
        ("console:part_reassign", own["lead part"], {"squad": cast.squads["other"].pk, "reason": "x"}),
        ("console:order_open", own["party"], {"open": "1", "needs": "999999"}),
        ("console:intake", None, {"street": cast.other_street.pk, "text": "x", "kind": "complaint",
                                  "urgency": "general", "client_key": "k1"}),
        ("console:party_new", None, {"street": cast.other_street.pk, "name": "x", "kind": "business"}),
        ("console:imports", None, {"street": cast.other_street.pk, "file": SimpleUploadedFile("a.csv", b"a,b\n1,2\n")}),
        ("console:bulk_accept", None, {"pick": [other["case"]]}),
        ("console:order_bulk_submit", None, {"pick": [other["order"]], "seen": f"{other['order']}:1", "sure": "1"}),
        ("console:order_bulk_issue", None, {"pick": [other["order"]], "seen": f"{other['order']}:1", "sure": "1"}),
    ]  # fmt: skip
    for name, pk, data in strangers:
        url = reverse(name, args=[pk] if pk else [])
        with unchanged():
            answer = desk.post(url, data)
        assert answer.status_code in (302, 403, 409, 422), (name, data, answer.status_code)


def test_a_party_of_another_street_is_not_written_on_a_case(taken_back: World) -> None:
    """A decision without a visit took any number: the title then told the other office's register."""
    cast = taken_back.cast
    case = Case.objects.create(
        reference="260101-9002", street=cast.street, stage="accepted", source="office", title="演示",
        opened_at=timezone.now(), stage_at=timezone.now(),
    )  # fmt: skip
    for disposition, more in (
        ("answered", {"reply": "演示"}),
        ("mediation", {}),
        ("transfer", {"transfer_to": "演示"}),
    ):
        with unchanged(), pytest.raises(Refused) as caught:
            triage.case_triage(
                actor=cast.act(cast.dispatcher),
                case_id=case.pk,
                disposition=disposition,
                category_id=cast.categories["05-10"].pk,
                target_id=cast.foreign_target.pk,
                **more,  # type: ignore[arg-type]
            )
        assert caught.value.code == "other_street"


def test_agencies_of_another_place_are_not_called(taken_back: World) -> None:
    cast = taken_back.cast
    case = Case.objects.create(
        reference="260101-9003", street=cast.street, stage="accepted", source="office", title="演示", address="演示路",
        opened_at=timezone.now(), stage_at=timezone.now(),
    )  # fmt: skip
    for agency in (cast.agencies["other"].pk, 999_999):
        with unchanged(), pytest.raises(Refused) as caught:
            triage.case_triage(
                actor=cast.act(cast.dispatcher),
                case_id=case.pk,
                disposition="inspection",
                category_id=cast.categories["05-10"].pk,
                place_address="演示路",
                brief="演示",
                brief_confirmed=True,
                agency_ids=[agency],
            )
        assert caught.value.code == "agency_elsewhere"


def test_numbers_of_another_street_in_the_field_s_forms(taken_back: World) -> None:
    world, own, other, cast = taken_back, taken_back.own.rows, taken_back.other.rows, taken_back.cast
    officer = world.clients["leader"]
    strangers = [
        ("field:close", own["lead part"], {"outcome": "done", "absent": other["lead part"]}),
        ("field:arrive", own["task part"], {"officers": [cast.other_officers[0].pk]}),
        ("field:patrol", None, {"squad": cast.squads["other"].pk, "category": cast.categories["05-10"].pk, "text": "x",
                                "target": cast.foreign_target.pk, "officers": cast.other_officers[0].pk,
                                "outcome": "guidance", "reason": "x"}),
        ("field:patrol", None, {"squad": cast.squads["street"].pk, "category": cast.categories["05-10"].pk,
                                "text": "x", "target": cast.foreign_target.pk, "outcome": "guidance", "reason": "x",
                                "officers": cast.street_officers[0].pk}),
    ]  # fmt: skip
    for name, pk, data in strangers:
        with unchanged():
            answer = officer.post(reverse(name, args=[pk] if pk else []), data)
        assert answer.status_code in (403, 409, 422), (name, data, answer.status_code)
    joint = world.clients["joint"]
    with unchanged():
        sent = joint.post(reverse("field:sample", args=[own["joint item"]]), {"laboratory": cast.squads["street"].pk})
    assert sent.status_code in (409, 422), "a squad that is no laboratory gets no sample"
    found = officer.get(reverse("field:parties"), {"q": "演示·乙街道饭馆"}).content.decode()
    assert "演示·乙街道饭馆" not in found


def test_an_excused_squad_sees_nothing_any_more(world: World) -> None:
    fire, order = world.cast.act(world.cast.fire_officers[0]), world.own.order
    assert Part.objects.filter(order=order, squad=world.cast.squads["fire"], state="released").exists()
    assert not Case.objects.visible_to(fire).exists()
    assert not type(order).objects.visible_to(fire).exists()
    joint = world.cast.act(world.cast.urban_officers[0])
    assert set(Case.objects.visible_to(joint)) == {world.own.case}


def test_a_role_counts_from_its_first_to_its_last_day(taken_back: World) -> None:
    squad, today = taken_back.cast.squads["street"], timezone.localdate()
    url = reverse("field:part", args=[taken_back.own.rows["lead part"]])
    user = person("dated", "有期", Role.OFFICER, squad=squad)
    row = Assignment.objects.get(user=user)
    client = Client()
    client.force_login(user)
    for starts, ends, status in (
        (today, today, 200),
        (today + timedelta(days=1), None, 404),
        (date(2020, 1, 1), today - timedelta(days=1), 404),
    ):
        row.starts_on, row.ends_on = starts, ends
        row.save()
        assert client.get(url).status_code == status
    row.starts_on, row.ends_on = today, None
    row.save()
    user.is_active = False
    user.save()
    assert kind_of(client.get(url)) == "login"
    assert actor_of(user).grants == (), "nor does a task of the machine in the name of this person"


def test_an_expired_certificate_rules_on_nothing(taken_back: World) -> None:
    cast, finding = taken_back.cast, taken_back.own.rows["finding"]
    user = taken_back.people["officer"]
    Certificate.objects.filter(user=user).update(valid_until=timezone.localdate() - timedelta(days=1))
    with unchanged(), pytest.raises(Refused):
        followups.ruling_issue(actor=cast.act(user), finding_id=int(finding), outcome="guidance", reason="演示")


def test_a_private_link_opens_its_own_report_only(taken_back: World) -> None:
    own, other = taken_back.own, taken_back.other
    client = Client()
    for token in (own.token[:-1] + ("A" if own.token[-1] != "A" else "B"), own.complaint.reference, "x" * 32):
        for name in ("portal:private", "portal:withdraw", "portal:code"):
            with unchanged():
                assert client.get(reverse(name, args=[token])).status_code == 404
                assert client.post(reverse(name, args=[token])).status_code in (404, 405)
    with unchanged(), pytest.raises(Refused) as caught:
        feedback.feedback_create(
            token_hash=identity.token_hash(own.token), case_id=other.case.pk, contacted=True, solved=False, satisfied=1
        )
    assert caught.value.status == 404
    page = client.get(reverse("portal:private", args=[own.token])).content.decode()
    assert other.complaint.reference not in page


@pytest.mark.parametrize("role", ["dispatcher", "supervisor", "auditor", "leader", "joint", "technician", "left"])
def test_a_page_grants_the_topics_of_its_reader_only(role: str, world: World) -> None:
    cast, user = world.cast, world.people[role]
    at_desk = role in ("dispatcher", "supervisor", "auditor")
    client = Client()
    client.force_login(user)
    client.get(reverse("console:board" if at_desk else "field:me"))
    heard = {topic for grant in read_grants({k: m.value for k, m in client.cookies.items()}) for topic in grant.topics}
    own = {
        "dispatcher": {f"office:{cast.street.pk}"},
        "supervisor": {f"office:{cast.street.pk}", f"office:{cast.other_street.pk}"},
        "leader": {f"squad:{cast.squads['street'].pk}"},
        "joint": {f"squad:{cast.squads['urban'].pk}"},
        "technician": {f"squad:{cast.squads['laboratory'].pk}"},
    }
    assert heard == (set() if role == "left" else {f"user:{user.pk}"} | own.get(role, set()))


def newest_of(stream: str) -> list[tuple[str, dict[str, str]]]:
    found: Any = Redis.from_url(settings.REDIS_URL, decode_responses=True).xrevrange(stream, count=5)
    return list(found)


def test_a_changed_role_cuts_the_streams(taken_back: World, django_capture_on_commit_callbacks: object) -> None:
    user = taken_back.people["officer"]
    before = {entry for entry, _fields in newest_of(CONTROL)}
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        Assignment.objects.get(user=user).delete()
    newest = [fields for entry, fields in newest_of(CONTROL) if entry not in before]
    assert {"kill": str(user.pk)} in newest


def test_signing_out_ends_it(taken_back: World) -> None:
    client = Client()
    client.force_login(taken_back.people["dispatcher"])
    url = reverse("console:case", args=[taken_back.own.rows["case"]])
    old = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert client.get(url).status_code == 200
    client.post(reverse("account_logout"))
    assert kind_of(client.get(url)) == "login"
    client.cookies[settings.SESSION_COOKIE_NAME] = old
    assert kind_of(client.get(url)) == "login", "the old cookie opens nothing"


def test_the_administration_has_one_door(world: World) -> None:
    for role, client in world.clients.items():
        answer = client.get(reverse("admin:index"), follow=False)
        assert answer.status_code in (302, 403), role
        entered = client.get(reverse("admin:login"))
        assert kind_of(entered) == ("login" if role == "anonymous" else "403"), role
    assert Client().post(reverse("admin:login"), {"username": "a", "password": "b"}).status_code == 302


def test_nobody_signs_up(world: World) -> None:
    said = {"username": "newcomer", "password1": "long-enough-123", "password2": "long-enough-123"}
    with unchanged():
        assert Client().post(reverse("account_signup"), said).status_code in (200, 302, 403)
    assert not User.objects.filter(username="newcomer").exists()


@pytest.mark.parametrize("page", ["portal:home", "console:board", "account_login"])
def test_a_foreign_host_is_refused(page: str, world: World) -> None:
    assert world.clients["dispatcher"].get(reverse(page), headers={"host": "evil.example"}).status_code == 400


def test_a_key_of_another_s_photo_brings_nothing(taken_back: World, settings: object, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    cast = taken_back.cast

    def photo() -> SimpleUploadedFile:
        return SimpleUploadedFile("a.png", PNG, "image/png")

    first = files.file_store(actor=cast.act(cast.leader), upload=photo(), client_key="k.1")
    assert files.file_store(actor=cast.act(cast.leader), upload=photo(), client_key="k.1") == first
    with unchanged(), pytest.raises(Refused) as caught:
        files.file_store(actor=cast.act(cast.urban_officers[0]), upload=photo(), client_key="k.1")
    assert caught.value.code == "already_sent"


def test_a_target_of_another_street_stays_unknown(world: World) -> None:
    """Lists and searches of an office name nothing of the other one."""
    foreign = Target.objects.get(pk=world.other.rows["party"])
    texts = [
        world.clients["dispatcher"].get(reverse("console:search"), {"q": word}).content.decode()
        for word in (world.other.case.reference, world.other.order.number, foreign.address)
    ]
    for name in ("console:board", "console:orders", "console:plan", "console:parties", "console:feedback"):
        texts.append(world.clients["dispatcher"].get(reverse(name)).content.decode())
    for text in texts:
        assert f"/cases/{world.other.case.pk}/" not in text
        assert f"/orders/{world.other.order.pk}/" not in text
        assert foreign.name not in text


def test_no_photo_joins_a_visit_that_is_closed(taken_back: World, settings: object, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    cast, part_id = taken_back.cast, int(taken_back.own.rows["task part"])
    actor, client = cast.act(cast.auxiliary), taken_back.clients["auxiliary"]
    report = visits.visit_report_in(actor=actor, part_id=part_id)
    followups.visit_close(actor=actor, visit_id=report.visit_id, outcome="done", note="演示")
    said = {"outcome": "done", "note": "演示", "photos": SimpleUploadedFile("a.png", PNG, "image/png")}
    with unchanged():
        assert client.post(reverse("field:task", args=[part_id]), said).status_code == 302


def test_a_dissolved_squad_patrols_no_more(taken_back: World) -> None:
    taken_back.cast.squads["ecology"].active = False
    taken_back.cast.squads["ecology"].save()
    client = taken_back.clients["uncalled"]
    for name in ("field:patrol", "field:parties"):
        assert client.get(reverse(name)).status_code == 403
